#include "store/event_insert.h"

#include <string>

#include "store/event_rows.h"

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
  return {.sql = "INSERT INTO events (" + std::string(EventRows::kColumns) + ") FORMAT RowBinary",
          .params = {},
          .settings = insert_settings(token)};
}

}  // namespace fanfinity::store
