#include "store/event_insert.h"

namespace fanfinity::store {

// One HTTP insert must be one block: a refusal then comes before anything is written, and a part of the
// batch takes one entry of the token window. So no size at which ClickHouse would cut is within reach.
// async_insert would answer for, and merge, other people's inserts. The rest are ClickHouse's defaults
// that correctness rests on; a user's profile may differ.
ClickHouseQuery::Pairs insert_settings(std::string_view token) {
  return {{"insert_deduplication_token", std::string(token)},
          {"insert_deduplicate", "1"},
          {"deduplicate_blocks_in_dependent_materialized_views", "1"},
          {"materialized_views_ignore_errors", "0"},
          {"async_insert", "0"},
          {"max_insert_block_size", "100000000"},
          {"min_insert_block_size_rows", "100000000"},
          {"min_insert_block_size_bytes", "100000000000"},
          {"max_partitions_per_insert_block", "0"}};
}

ClickHouseQuery events_insert(std::string_view token) {
  return {.sql =
              "INSERT INTO events (event_id, match_id, event_type, event_time, team, player_id, "
              "metadata, received_at, topic, partition, offset) FORMAT RowBinary",
          .params = {},
          .settings = insert_settings(token)};
}

void append_event_row(const EventRow& row, log::PartitionId partition, std::string_view topic,
                      RowBinaryWriter& out) {
  const domain::Event& event = row.event;
  out.uuid(event.id);
  out.text(event.match_id);
  out.integer(static_cast<std::int8_t>(event.type));
  out.timestamp(event.at);
  out.integer(event.team);
  out.integer(static_cast<std::uint8_t>(event.player ? 0 : 1));  // NULL flag
  if (event.player) out.text(*event.player);
  out.text(event.metadata);
  out.timestamp(row.received_at);
  out.text(topic);
  out.integer(log::number(partition));
  out.integer(log::number(row.offset));
}

}  // namespace fanfinity::store
