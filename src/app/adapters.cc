#include "app/adapters.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/log_line.h"
#include "config/consistency.h"
#include "store/migrations.h"
#include "store/partition_agreement.h"

namespace fanfinity::app {

log::LocalLogConfig local_log_config(const config::Settings& settings) {
  log::LocalLogConfig config;
  config.directory = std::filesystem::path(settings.data_dir) / "log";
  config.partitions = settings.log.partitions;
  config.segment_bytes = settings.log.segment_bytes;
  config.max_bytes = settings.log.max_bytes;
  config.retry_max_bytes = settings.log.max_bytes / 8;
  config.dead_max_bytes =
      settings.log.dead_max_bytes > 0 ? settings.log.dead_max_bytes : settings.log.max_bytes / 8;
  config.max_queued_bytes = settings.log.queue_bytes;
  return config;
}

log::KafkaLogConfig kafka_log_config(const config::Settings& settings) {
  const config::KafkaSettings& from = settings.kafka;
  log::KafkaLogConfig config;
  config.bootstrap_servers = from.bootstrap_servers;
  config.events_topic = from.events_topic;
  config.retry_topic = from.retry_topic;
  config.dead_topic = from.dead_topic;
  config.group = from.group;
  config.partitions = from.partitions;
  if (from.replication_factor > 0) config.replication_factor = from.replication_factor;
  config.compression = from.compression;
  config.linger = from.linger;
  config.delivery_timeout = from.delivery_timeout;
  config.session_timeout = from.session_timeout;
  config.max_queued_bytes = settings.log.queue_bytes;
  config.security.tls = from.security_protocol.ends_with("ssl");
  config.security.ca_file = from.ca_file;
  config.security.certificate_file = from.cert_file;
  config.security.key_file = from.key_file;
  config.security.key_password = from.key_password;
  config.security.sasl_mechanism = from.sasl_mechanism;
  config.security.sasl_user = from.sasl_user;
  config.security.sasl_password = from.sasl_password;
  return config;
}

std::string events_topic(const config::Settings& settings) {
  return settings.kafka.bootstrap_servers.empty() ? std::string(log::to_string(log::Stream::kEvents))
                                                  : settings.kafka.events_topic;
}

store::ClickHouseEndpoint clickhouse_endpoint(const config::Settings& settings) {
  store::ClickHouseEndpoint endpoint;
  endpoint.host = settings.clickhouse.host;
  endpoint.port = settings.clickhouse.port;
  endpoint.database = settings.clickhouse.database;
  endpoint.user = settings.clickhouse.user;
  endpoint.password = settings.clickhouse.password;
  endpoint.https = settings.clickhouse.secure;
  endpoint.ca_file = settings.clickhouse.ca_file;
  endpoint.client_cert_file = settings.clickhouse.cert_file;
  endpoint.client_key_file = settings.clickhouse.key_file;
  endpoint.compression = store::compression_for(endpoint.host);
  endpoint.request_timeout = settings.clickhouse.request_timeout;
  return endpoint;
}

store::EmbeddedClickHouseConfig embedded_clickhouse_config(const config::Settings& settings) {
  store::EmbeddedClickHouseConfig config;
  config.directory = std::filesystem::path(settings.data_dir) / "clickhouse";
  config.library = settings.clickhouse.library;
  config.database = settings.clickhouse.database;
  config.memory_bytes = settings.clickhouse.memory_bytes;
  config.request_timeout = settings.clickhouse.request_timeout;
  return config;
}

pipeline::ConsumerConfig consumer_config(const config::Settings& settings) {
  const config::PipelineSettings& from = settings.pipeline;
  pipeline::ConsumerConfig config;
  config.topic = events_topic(settings);
  config.batch_max_events = from.batch_max_events;
  config.batch_max_age = from.batch_max_age;
  config.max_inserts_per_second = config::inserts_per_second(settings);
  config.dedup_window = from.dedup_window;
  config.dedup_filter_bytes = from.dedup_filter_bytes;
  config.max_attempts = from.retry_max_attempts;
  config.retry_first_delay = from.retry_first_delay;
  config.retry_max_delay = from.retry_max_delay;
  config.intent_max_age = from.intent_max_age;
  return config;
}

namespace {

/// Answers that only holders of a key may read are kept by their browsers at most.
std::string cache_control(const config::ServerSettings& settings) {
  const std::string who = settings.read_keys.empty() ? "public" : "private";
  if (settings.cache_max_age.count() == 0) return who + ", no-cache";
  std::string text = fmt::format("{}, max-age={}", who, settings.cache_max_age.count());
  if (settings.cache_stale.count() > 0) {
    text += fmt::format(", stale-while-revalidate={}", settings.cache_stale.count());
  }
  return text;
}

}  // namespace

api::MatchStreamsConfig match_streams_config(const config::Settings& settings) {
  api::MatchStreamsConfig config;
  config.interval = settings.server.stream_interval;
  config.heartbeat = settings.server.stream_heartbeat;
  config.max_topics = settings.server.max_streams;
  return config;
}

api::ViewCacheConfig view_cache_config(const config::Settings& settings) {
  api::ViewCacheConfig config;
  config.refresh = settings.server.metrics_refresh;
  config.stale = settings.server.stale_reads;
  config.cache_control = cache_control(settings.server);
  return config;
}

api::ViewCacheConfig event_view_cache_config(const config::Settings& settings) {
  api::ViewCacheConfig config = view_cache_config(settings);
  config.rest = 4;
  config.max_entries = 5'000;
  config.max_bytes = 64U << 20U;
  config.max_loads = 1'000;
  config.threads = 2;
  return config;
}

api::ViewCacheConfig status_view_cache_config() {
  api::ViewCacheConfig config;
  config.refresh = std::chrono::milliseconds::zero();
  config.threads = 1;
  return config;
}

http::ServerConfig server_config(const config::Settings& settings) {
  const config::ServerSettings& from = settings.server;
  http::ServerConfig config;
  config.host = from.host;
  config.port = from.port;
  config.threads = from.threads;
  config.max_connections = from.max_connections;
  config.max_connections_per_address = from.max_connections_per_address;
  config.max_streams = from.max_streams;
  config.max_buffered_bytes = from.max_buffered_bytes;
  config.header_timeout = from.header_timeout;
  config.body_timeout = from.body_timeout;
  config.idle_timeout = from.idle_timeout;
  config.stall_timeout = from.stream_stall_timeout;
  config.request_timeout = from.request_timeout;
  config.drain_timeout = from.drain_timeout;
  config.rate_limit = from.rate_limit;
  config.rate_burst = from.rate_burst;
  config.write_keys = from.write_keys;
  config.read_keys = from.read_keys;
  config.cors_origins = from.cors_origins;
  config.allowed_hosts = from.allowed_hosts;
  config.trusted_proxies = from.trusted_proxies;
  if (from.client_address_header == "forwarded") config.forwarded_header = http::ForwardedHeader::kForwarded;
  return config;
}

http::ServerConfig consumer_server_config(const config::Settings& settings) {
  http::ServerConfig config = server_config(settings);
  config.host = settings.consumer.host;
  config.port = settings.consumer.port;
  config.threads = 1;
  config.max_connections = 1'000;
  return config;
}

http::ServerConfig control_server_config(const std::string& unix_socket) {
  http::ServerConfig config;
  config.unix_socket = unix_socket;
  config.threads = 1;
  config.max_connections = 16;
  config.request_timeout = std::chrono::minutes(2);
  return config;
}

base::Status migrate(store::ClickHouseHttp& clickhouse, const config::Settings& settings, log::Reader& log) {
  static_assert(config::kMaxInsertTokens == store::kMaxTokenWindow, "one bound, in modules that do not meet");
  const bool kafka = !settings.kafka.bootstrap_servers.empty();
  const std::uint32_t partitions = kafka ? settings.kafka.partitions : settings.log.partitions;
  store::SchemaConfig schema;
  schema.retention_days = settings.clickhouse.retention_days;
  schema.dedup_window = settings.pipeline.dedup_window;
  // There are at most as many consumers as partitions, and each keeps its own pace.
  schema.token_window = store::token_window_for(
      config::inserts_per_second(settings) * (kafka ? partitions : 1), settings.pipeline.intent_max_age);
  schema.fsync = settings.clickhouse.host.empty() && settings.clickhouse.fsync;
  const auto applied =
      store::Migrator(clickhouse, schema, [&log] { return pipeline::no_intent_pending(log); }).run();
  if (!applied) return applied.error();
  if (*applied > 0) base::log_line(base::Level::kInfo, "schema migrated", {{"migrations", *applied}});
  return store::PartitionAgreement(clickhouse, events_topic(settings)).agree(partitions);
}

}  // namespace fanfinity::app
