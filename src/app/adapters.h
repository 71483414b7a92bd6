#pragma once
// Settings turned into what each part wants to know.

#include <string>

#include "api/match_streams.h"
#include "api/view_cache.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/server.h"
#include "log/kafka_log.h"
#include "log/local_log.h"
#include "pipeline/consumer.h"
#include "store/clickhouse_http.h"
#include "store/embedded_clickhouse.h"

namespace fanfinity::app {

[[nodiscard]] log::LocalLogConfig local_log_config(const config::Settings& settings);
[[nodiscard]] log::KafkaLogConfig kafka_log_config(const config::Settings& settings);
/// What the log calls the stream of events: part of insert tokens and of every row.
[[nodiscard]] std::string events_topic(const config::Settings& settings);
[[nodiscard]] store::ClickHouseEndpoint clickhouse_endpoint(const config::Settings& settings);
[[nodiscard]] store::EmbeddedClickHouseConfig embedded_clickhouse_config(const config::Settings& settings);
[[nodiscard]] pipeline::ConsumerConfig consumer_config(const config::Settings& settings);
[[nodiscard]] api::MatchStreamsConfig match_streams_config(const config::Settings& settings);
[[nodiscard]] api::ViewCacheConfig view_cache_config(const config::Settings& settings);
/// Of pages of events: their questions and answers are larger, and fewer of them fit.
[[nodiscard]] api::ViewCacheConfig event_view_cache_config(const config::Settings& settings);
/// Of /ready and /metrics: nothing is kept, but whoever asks meanwhile shares the answer.
[[nodiscard]] api::ViewCacheConfig status_view_cache_config();
[[nodiscard]] http::ServerConfig server_config(const config::Settings& settings);
/// Of `fanfinity consumer`: health and metrics alone.
[[nodiscard]] http::ServerConfig consumer_server_config(const config::Settings& settings);
[[nodiscard]] http::ServerConfig control_server_config(const std::string& unix_socket);

/// Brings the schema up to date and agrees on the number of partitions. `log`: whose intents must be settled
/// before a schema changes. kInvalid: the operator must change something.
[[nodiscard]] base::Status migrate(store::ClickHouseHttp& clickhouse, const config::Settings& settings,
                                   log::Reader& log);

}  // namespace fanfinity::app
