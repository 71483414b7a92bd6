#pragma once
// Stores what waits in Kafka before the number of partitions changes.

#include "base/result.h"
#include "config/settings.h"
#include "store/clickhouse_http.h"

namespace fanfinity::app {

/// Consumes as `fanfinity consumer` does, by settings.kafka.partitions, although the topics may have more,
/// until nothing waits in `events` and `retry`. What stands in the other partitions is left alone. Says on
/// the log how much is left. An error: what an operator must see to.
[[nodiscard]] base::Status drain_kafka(const config::Settings& settings, store::ClickHouseHttp& clickhouse);

}  // namespace fanfinity::app
