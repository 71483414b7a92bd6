#pragma once
// Every setting of the service, with its default. What a setting means, its variable, its flag and its
// limits stand in one table (options.cc), from which --help, `fanfinity config` and docs/CONFIGURATION.md
// come.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ip_address.h"

namespace fanfinity::config {

using Milliseconds = std::chrono::milliseconds;

struct ServerSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  unsigned threads = 0;
  std::size_t max_connections = 50'000;
  std::size_t max_connections_per_address = 0;
  std::size_t max_buffered_bytes = 512U << 20U;
  Milliseconds header_timeout{10'000};
  Milliseconds body_timeout{30'000};
  Milliseconds idle_timeout{75'000};
  Milliseconds request_timeout{10'000};
  Milliseconds drain_timeout{15'000};
  double rate_limit = 0;
  double rate_burst = 0;
  std::vector<std::string> write_keys;
  std::vector<std::string> read_keys;
  Milliseconds metrics_refresh{100};
  std::chrono::seconds cache_max_age{1};
  std::chrono::seconds cache_stale{2};
  Milliseconds stale_reads{600'000};
  std::vector<std::string> cors_origins;
  std::vector<std::string> allowed_hosts;
  std::vector<base::IpNetwork> trusted_proxies;
  std::string client_address_header = "x-forwarded-for";
  std::size_t max_streams = 20'000;
  Milliseconds stream_interval{200};
  Milliseconds stream_heartbeat{5'000};
  Milliseconds stream_stall_timeout{30'000};
};

/// The small HTTP server of `fanfinity consumer`.
struct ConsumerSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8081;
};

struct LogSettings {
  std::uint32_t partitions = 4;
  std::uint64_t segment_bytes = 64ULL << 20U;
  std::uint64_t max_bytes = 8ULL << 30U;
  std::uint64_t dead_max_bytes = 0;  ///< 0: an eighth of max_bytes.
  std::uint64_t queue_bytes = 256ULL << 20U;
};

struct KafkaSettings {
  std::string bootstrap_servers;  ///< Empty: the embedded log.
  std::string events_topic = "events";
  std::string retry_topic = "retry";
  std::string dead_topic = "dead";
  std::string group = "fanfinity";
  std::uint32_t partitions = 3;
  std::uint16_t replication_factor = 0;  ///< 0: the brokers' default.
  std::string compression = "snappy";
  Milliseconds linger{1};
  Milliseconds delivery_timeout{8'000};
  Milliseconds session_timeout{10'000};
  std::string security_protocol = "plaintext";
  std::string sasl_mechanism;
  std::string sasl_user;
  std::string sasl_password;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string key_password;
};

struct ClickHouseSettings {
  std::string host;  ///< Empty: the embedded ClickHouse.
  std::uint16_t port = 8123;
  std::string database = "fanfinity";
  std::string user = "default";
  std::string password;
  bool secure = false;  ///< HTTPS.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  Milliseconds request_timeout{30'000};
  std::uint32_t retention_days = 0;  ///< 0: for ever.
  std::string library;               ///< Path of the embedded ClickHouse's library; empty: look for it.
  std::uint64_t memory_bytes = 2ULL << 30U;
  bool fsync = true;
};

struct PipelineSettings {
  std::size_t batch_max_events = 100'000;
  Milliseconds batch_max_age{200};
  double max_inserts_per_second = 0;  ///< 0: see inserts_per_second().
  std::chrono::hours dedup_window{24 * 7};
  std::uint64_t dedup_filter_bytes = 256ULL << 20U;
  unsigned retry_max_attempts = 5;
  Milliseconds retry_first_delay{1'000};
  Milliseconds retry_max_delay{60'000};
  Milliseconds intent_max_age{3'600'000};
};

struct Settings {
  ServerSettings server;
  ConsumerSettings consumer;
  LogSettings log;
  KafkaSettings kafka;
  ClickHouseSettings clickhouse;
  PipelineSettings pipeline;
  std::string data_dir = "./data";
  std::string log_level = "info";
};

/// Most inserts of one consumer. On one machine all partitions share one consumer, and twice as many make
/// what is counted a tenth of a second younger; on Kafka each partition may have a consumer of its own, and
/// ClickHouse has to remember a token of each insert of all of them.
[[nodiscard]] inline double inserts_per_second(const Settings& settings) {
  if (settings.pipeline.max_inserts_per_second > 0) return settings.pipeline.max_inserts_per_second;
  return settings.kafka.bootstrap_servers.empty() ? 20 : 10;
}

}  // namespace fanfinity::config
