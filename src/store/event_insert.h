#pragma once
// How rows go to ClickHouse: the query they follow.

#include <string_view>

#include "store/clickhouse_http.h"

namespace fanfinity::store {

/// What every insert asks of ClickHouse, so that it is stored once for a token.
[[nodiscard]] ClickHouseQuery::Pairs insert_settings(std::string_view token);
/// Of EventRows.
[[nodiscard]] ClickHouseQuery events_insert(std::string_view token);

}  // namespace fanfinity::store
