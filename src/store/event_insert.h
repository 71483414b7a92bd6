#pragma once
// How rows of `events` go to ClickHouse: the bytes of a row, and the query they follow.

#include <string_view>

#include "store/clickhouse_http.h"
#include "store/row_binary.h"
#include "store/store.h"

namespace fanfinity::store {

/// The columns are those that events_insert names.
void append_event_row(const EventRow& row, log::PartitionId partition, std::string_view topic,
                      RowBinaryWriter& out);

/// What every insert asks of ClickHouse, so that it is stored once for a token.
[[nodiscard]] ClickHouseQuery::Pairs insert_settings(std::string_view token);
[[nodiscard]] ClickHouseQuery events_insert(std::string_view token);

}  // namespace fanfinity::store
