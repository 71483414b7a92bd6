#include "store/clickhouse_store.h"

#include <algorithm>

#include "store/clickhouse_values.h"
#include "store/event_insert.h"
#include "store/id_blocks.h"
#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

StoredId read_stored_id(RowBinaryReader& reader) {
  StoredId id;
  id.id = reader.uuid();
  id.partition = log::PartitionId{reader.integer<std::uint32_t>()};
  id.offset = log::Offset{reader.integer<std::int64_t>()};
  id.received_at = reader.timestamp();
  return id;
}
constexpr std::size_t kResponseTimeBytes = 2 + 8;  // Beside the match.

/// The condition that an id's key maps to one of the partitions; base::Uuid::hash() in SQL.
std::string keys_map_to(const IdRange& range) {
  if (range.partitions.size() == range.of) return {};
  std::string list;
  for (const log::PartitionId partition : range.partitions) {
    list += (list.empty() ? "" : ", ") + std::to_string(log::number(partition));
  }
  return " AND xxHash64(UUIDToNum(event_id)) % " + std::to_string(range.of) + " IN (" + list + ")";
}

}  // namespace

Status ClickHouseStore::insert(const Batch& batch, std::string_view token) {
  if (auto stored = insert_events(batch, token); !stored) return stored;
  return insert_response_times(batch, token);
}

Status ClickHouseStore::insert_events(const Batch& batch, std::string_view token) {
  if (batch.events.empty()) return {};
  return http_.insert(events_insert(token), batch.events.bytes());
}

Status ClickHouseStore::insert_response_times(const Batch& batch, std::string_view token) {
  std::string rows;
  for (const auto& record : batch.response_times) {
    const auto& buckets = record.times.buckets();
    const std::size_t before = rows.size();
    rows.resize(before + buckets.size() * (row_binary_bytes(record.match_id) + kResponseTimeBytes));
    RowBinaryWriter out(rows.data() + before);
    for (const auto& [bucket, count] : buckets) {
      out.text(record.match_id);
      out.integer(bucket);
      out.integer(count);
    }
  }
  if (rows.empty()) return {};
  auto stored =
      http_.insert({.sql = "INSERT INTO response_times (match_id, bucket, requests) FORMAT RowBinary",
                    .params = {},
                    .settings = insert_settings(token)},
                   rows);
  // A refusal is only an answer about events: these may be stored already.
  if (!stored && stored.error().code == Errc::kRefused)
    return Error{Errc::kUnknownOutcome, stored.error().detail};
  return stored;
}

Result<std::vector<StoredId>> ClickHouseStore::find(std::span<const base::Uuid> ids, base::Timestamp since) {
  // 113 KB of URL: a parameter may take 128 KiB (http_max_field_value_size).
  constexpr std::size_t kIdsPerQuery = 2'500;
  std::vector<StoredId> found;
  for (std::size_t from = 0; from < ids.size(); from += kIdsPerQuery) {
    std::string list = "[";
    for (const auto& id : ids.subspan(from, std::min(kIdsPerQuery, ids.size() - from))) {
      if (list.size() > 1) list += ',';
      list.append("'").append(id.to_string()).append("'");
    }
    list += ']';
    auto answer = http_.read({.sql = "SELECT event_id, partition, offset, received_at FROM events "
                                     "WHERE event_id IN {ids:Array(UUID)} AND received_at >= "
                                     "fromUnixTimestamp64Milli({since:Int64}, 'UTC') FORMAT RowBinary",
                              .params = {{"ids", std::move(list)}, {"since", milliseconds_of(since)}},
                              .settings = {}});
    if (!answer) return answer.error();
    RowBinaryReader reader(*answer);
    while (!reader.at_end() && reader.ok()) found.push_back(read_stored_id(reader));
    if (!reader.ok()) return torn();
  }
  return found;
}

Result<base::Timestamp> ClickHouseStore::scan_ids(const IdRange& range, const Scanned& each) {
  const auto since = scan_begin(range);
  if (!since) return since.error();
  IdBlocks blocks(each);
  // One thread reads part after part, the oldest first: who keeps ids by their age gets them together.
  auto done = http_.stream({.sql = "SELECT event_id, received_at FROM events "
                                   "WHERE received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')" +
                                   keys_map_to(range) + " FORMAT Native",
                            .params = {{"since", milliseconds_of(*since)}},
                            .settings = {{"max_threads", "1"}}},
                           [&](std::string_view chunk) { return blocks.take(chunk); });
  if (!done) return done.error();
  if (!blocks.whole()) return torn();
  return *since;
}

Result<base::Timestamp> ClickHouseStore::scan_begin(const IdRange& range) {
  // ClickHouse answers this from what it knows of the parts, without reading a row.
  auto answer = http_.read(
      {.sql = "SELECT count(), min(received_at) FROM events FORMAT RowBinary", .params = {}, .settings = {}});
  if (!answer) return answer.error();
  RowBinaryReader reader(*answer);
  const auto rows = reader.integer<std::uint64_t>();
  const base::Timestamp oldest = reader.timestamp();
  if (!reader.ok()) return torn();
  const bool whole = rows <= range.whole_up_to || oldest >= range.since;
  return whole ? base::Timestamp{} : range.since;
}

Result<std::optional<log::Offset>> ClickHouseStore::highest_offset(log::PartitionId partition) {
  // Nothing beyond what the projection of that name holds, or all rows of the table would be read.
  auto answer =
      http_.read({.sql = "SELECT max(offset) FROM events WHERE topic = {topic:String} "
                         "AND partition = {partition:UInt32} GROUP BY topic, partition FORMAT RowBinary",
                  .params = {{"topic", topic_}, {"partition", std::to_string(log::number(partition))}},
                  .settings = {}});
  if (!answer) return answer.error();
  if (answer->empty()) return std::optional<log::Offset>{};
  RowBinaryReader reader(*answer);
  const log::Offset highest{reader.integer<std::int64_t>()};
  if (!reader.ok()) return torn();
  return std::optional(highest);
}

}  // namespace fanfinity::store
