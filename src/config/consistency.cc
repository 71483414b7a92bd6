#include "config/consistency.h"

#include <fmt/format.h>

#include "config/values.h"

namespace fanfinity::config {
namespace {

using std::chrono::hours;
using Sentences = std::vector<std::string>;

void check_amounts(const Settings& settings, Sentences& out) {
  const hours kept = hours(24) * settings.clickhouse.retention_days;
  if (kept != hours(0) && kept < settings.pipeline.dedup_window) {
    out.push_back(
        fmt::format("RETENTION_DAYS={} is shorter than DEDUP_WINDOW={}: a repeated event would be counted "
                    "again; raise one or shorten the other",
                    settings.clickhouse.retention_days, format_duration(settings.pipeline.dedup_window)));
  }
  if (settings.log.max_bytes < 4 * settings.log.segment_bytes) {
    out.push_back(fmt::format("LOG_MAX_SIZE={} must hold at least four segments of LOG_SEGMENT_SIZE={}",
                              format_size(settings.log.max_bytes), format_size(settings.log.segment_bytes)));
  }
  if (settings.pipeline.retry_max_delay < settings.pipeline.retry_first_delay) {
    out.emplace_back("RETRY_MAX_DELAY is shorter than RETRY_FIRST_DELAY; raise it");
  }
  const double inserts = settings.pipeline.max_inserts_per_second;
  if (inserts != 0 && inserts < 0.1) {
    out.emplace_back("MAX_INSERTS_PER_SECOND must be 0 or at least 0.1");
  }
}

/// A certificate is of use only with its key.
void check_pair(std::string_view certificate, std::string_view certificate_file, std::string_view key,
                std::string_view key_file, Sentences& out) {
  if (certificate_file.empty() == key_file.empty()) return;
  const bool lacks_key = key_file.empty();
  out.push_back(fmt::format("{}={} needs {} as well; set it, or unset {}", lacks_key ? certificate : key,
                            lacks_key ? certificate_file : key_file, lacks_key ? key : certificate,
                            lacks_key ? certificate : key));
}

/// What ClickHouse would have to remember of every table, so that no insert token is forgotten too soon.
void check_tokens(const Settings& settings, Sentences& out) {
  const PipelineSettings& pipeline = settings.pipeline;
  const bool kafka = !settings.kafka.bootstrap_servers.empty();
  const double consumers = kafka ? settings.kafka.partitions : 1;
  const double seconds = std::chrono::duration<double>(pipeline.intent_max_age).count();
  const double inserts = inserts_per_second(settings);
  const double tokens = 2 * inserts * consumers * seconds;
  if (tokens <= static_cast<double>(kMaxInsertTokens)) return;
  out.push_back(fmt::format(
      "MAX_INSERTS_PER_SECOND={} of {} consumers over INTENT_MAX_AGE={} would need {:.0f} insert tokens, "
      "more than the {} that ClickHouse is made to remember; lower one of the two{}",
      inserts, consumers, format_duration(pipeline.intent_max_age), tokens, kMaxInsertTokens,
      kafka ? fmt::format(", or KAFKA_PARTITIONS={}", settings.kafka.partitions) : std::string()));
}

struct Named {
  std::string_view name;
  const std::string& value;
};

void check_server(const ServerSettings& server, Sentences& out) {
  if (server.max_streams > server.max_connections) {
    out.push_back(
        fmt::format("MAX_STREAMS={} is more than MAX_CONNECTIONS={}, of which streams are a part; "
                    "lower one or raise the other",
                    server.max_streams, server.max_connections));
  }
  if (server.rate_limit == 0 && server.rate_burst != 0) {
    out.push_back(fmt::format("RATE_BURST={} is of use with RATE_LIMIT only; set RATE_LIMIT, or unset it",
                              server.rate_burst));
  }
}

/// A client must hear what became of its event before its request is given up.
void check_delivery(const Settings& settings, Sentences& out) {
  const KafkaSettings& kafka = settings.kafka;
  if (kafka.bootstrap_servers.empty()) return;
  if (kafka.delivery_timeout >= settings.server.request_timeout) {
    out.push_back(fmt::format(
        "KAFKA_DELIVERY_TIMEOUT={} must be shorter than REQUEST_TIMEOUT={}; shorten the "
        "first or raise the second",
        format_duration(kafka.delivery_timeout), format_duration(settings.server.request_timeout)));
  }
  if (kafka.linger >= kafka.delivery_timeout) {
    out.push_back(fmt::format("KAFKA_LINGER={} must be shorter than KAFKA_DELIVERY_TIMEOUT={}; shorten it",
                              format_duration(kafka.linger), format_duration(kafka.delivery_timeout)));
  }
}

void check_clickhouse(const ClickHouseSettings& settings, Sentences& out) {
  check_pair("CLICKHOUSE_CERT_FILE", settings.cert_file, "CLICKHOUSE_KEY_FILE", settings.key_file, out);
  if (settings.secure) return;
  for (const Named& file :
       {Named{"CLICKHOUSE_CA_FILE", settings.ca_file}, Named{"CLICKHOUSE_CERT_FILE", settings.cert_file},
        Named{"CLICKHOUSE_KEY_FILE", settings.key_file}}) {
    if (file.value.empty()) continue;
    out.push_back(fmt::format("{}={} is of use with HTTPS only; set CLICKHOUSE_SECURE=true, or unset it",
                              file.name, file.value));
  }
}

void check_kafka_login(const KafkaSettings& settings, Sentences& out) {
  const bool sasl = settings.security_protocol.starts_with("sasl_");
  const bool named = !settings.sasl_user.empty() || !settings.sasl_password.empty();
  if (!sasl) {
    if (named || !settings.sasl_mechanism.empty()) {
      out.push_back(fmt::format(
          "KAFKA_SECURITY_PROTOCOL={} does not log in, but KAFKA_SASL_{} is set; say sasl_ssl "
          "(or sasl_plaintext), or unset it",
          settings.security_protocol,
          !settings.sasl_user.empty()        ? fmt::format("USER={}", settings.sasl_user)
          : !settings.sasl_mechanism.empty() ? fmt::format("MECHANISM={}", settings.sasl_mechanism)
                                             : std::string("PASSWORD")));
    }
    return;
  }
  if (settings.sasl_mechanism.empty()) {
    out.push_back(
        fmt::format("KAFKA_SECURITY_PROTOCOL={} needs KAFKA_SASL_MECHANISM; set it to what the brokers take, "
                    "SCRAM-SHA-512 if they do",
                    settings.security_protocol));
  }
  if (settings.sasl_user.empty() || settings.sasl_password.empty()) {
    out.push_back(
        fmt::format("KAFKA_SECURITY_PROTOCOL={} needs KAFKA_SASL_USER and KAFKA_SASL_PASSWORD; set both",
                    settings.security_protocol));
  }
}

void check_kafka(const KafkaSettings& settings, Sentences& out) {
  check_kafka_login(settings, out);
  check_pair("KAFKA_CERT_FILE", settings.cert_file, "KAFKA_KEY_FILE", settings.key_file, out);
  if (!settings.security_protocol.ends_with("ssl")) {
    for (const Named& file :
         {Named{"KAFKA_CA_FILE", settings.ca_file}, Named{"KAFKA_CERT_FILE", settings.cert_file},
          Named{"KAFKA_KEY_FILE", settings.key_file}}) {
      if (file.value.empty()) continue;
      out.push_back(fmt::format(
          "{}={} is of use with TLS only, but KAFKA_SECURITY_PROTOCOL={}; say ssl or sasl_ssl, or "
          "unset it",
          file.name, file.value, settings.security_protocol));
    }
  }
  if (settings.events_topic == settings.retry_topic || settings.events_topic == settings.dead_topic ||
      settings.retry_topic == settings.dead_topic) {
    out.push_back(
        fmt::format("KAFKA_EVENTS_TOPIC={}, KAFKA_RETRY_TOPIC={} and KAFKA_DEAD_TOPIC={} must be three "
                    "different topics; rename one",
                    settings.events_topic, settings.retry_topic, settings.dead_topic));
  }
}

std::string_view host_of(std::string_view server) {
  if (const auto scheme = server.find("://"); scheme != std::string_view::npos)
    server.remove_prefix(scheme + 3);
  if (server.starts_with('[')) return server.substr(1, server.find(']') - 1);
  return server.substr(0, server.rfind(':'));
}

}  // namespace

bool is_loopback(std::string_view servers) {
  while (!servers.empty()) {
    const std::string_view server = servers.substr(0, servers.find(','));
    servers.remove_prefix(std::min(servers.size(), server.size() + 1));
    const std::string_view host = host_of(server);
    if (host != "localhost" && host != "::1" && !host.starts_with("127.")) return false;
  }
  return true;
}

Sentences contradictions(const Settings& settings) {
  Sentences out;
  check_amounts(settings, out);
  check_tokens(settings, out);
  check_server(settings.server, out);
  check_delivery(settings, out);
  check_clickhouse(settings.clickhouse, out);
  check_kafka(settings.kafka, out);
  return out;
}

Sentences warnings(const Settings& settings) {
  Sentences out;
  const KafkaSettings& kafka = settings.kafka;
  if (kafka.security_protocol == "sasl_plaintext" && !is_loopback(kafka.bootstrap_servers)) {
    out.push_back(
        fmt::format("KAFKA_SECURITY_PROTOCOL=sasl_plaintext sends the password of {} to {} where others can "
                    "read it; use sasl_ssl.",
                    kafka.sasl_user, kafka.bootstrap_servers));
  }
  const ClickHouseSettings& clickhouse = settings.clickhouse;
  if (!clickhouse.host.empty() && !clickhouse.secure && !clickhouse.password.empty() &&
      !is_loopback(clickhouse.host + ":0")) {
    out.push_back(
        fmt::format("CLICKHOUSE_SECURE=false sends the password of {} to {} where others can read it; use "
                    "HTTPS.",
                    clickhouse.user, clickhouse.host));
  }
  return out;
}

Sentences server_warnings(const ServerSettings& server) {
  if (!server.write_keys.empty() || is_loopback(server.host + ":0")) return {};
  return {
      fmt::format("SERVER_HOST={} without API_WRITE_KEYS lets everyone who can reach it post events; set "
                  "API_WRITE_KEYS, or listen on 127.0.0.1.",
                  server.host)};
}

}  // namespace fanfinity::config
