#pragma once
// Whether a match has events at all: what tells "nothing of that kind" from "no such match".

#include <string>

#include "store/clickhouse_http.h"

namespace fanfinity::store {

/// kNotFound when it has none.
[[nodiscard]] base::Status check_match(ClickHouseHttp& http, const std::string& match_id);

}  // namespace fanfinity::store
