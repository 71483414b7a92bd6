#pragma once
// Settings turned into what each part wants to know.

#include <string>

#include "api/view_cache.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/server.h"
#include "log/local_log.h"
#include "pipeline/consumer.h"
#include "store/clickhouse_http.h"
#include "store/embedded_clickhouse.h"

namespace fanfinity::app {

[[nodiscard]] log::LocalLogConfig local_log_config(const config::Settings& settings);
[[nodiscard]] store::ClickHouseEndpoint clickhouse_endpoint(const config::Settings& settings);
[[nodiscard]] store::EmbeddedClickHouseConfig embedded_clickhouse_config(const config::Settings& settings);
[[nodiscard]] pipeline::ConsumerConfig consumer_config(const config::Settings& settings);
[[nodiscard]] api::ViewCacheConfig view_cache_config(const config::Settings& settings);
[[nodiscard]] http::ServerConfig server_config(const config::Settings& settings);
[[nodiscard]] http::ServerConfig control_server_config(const std::string& unix_socket);

/// Brings the schema up to date. kInvalid: the operator must change something.
[[nodiscard]] base::Status migrate(store::ClickHouseHttp& clickhouse, const config::Settings& settings);

}  // namespace fanfinity::app
