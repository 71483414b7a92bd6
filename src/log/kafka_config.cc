#include "log/kafka_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "base/log_line.h"
#include "log/kafka_errors.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kErrorText = 512;
/// The most that a request may be late before its connection is given up.
constexpr std::chrono::milliseconds kSocketTimeout{5'000};
/// Members learn of a rebalance by their heartbeats, so this is how long a partition waits for its new owner.
constexpr std::chrono::milliseconds kHeartbeat{500};
constexpr std::size_t kMostKilobytes = 2'097'151;

KafkaEvents& events_of(void* opaque) {
  return *static_cast<KafkaEvents*>(opaque);
}

void on_error(rd_kafka_t* handle, int code, const char* text, void* opaque) {
  auto err = static_cast<rd_kafka_resp_err_t>(code);
  std::array<char, kErrorText> fatal{};
  if (err == RD_KAFKA_RESP_ERR__FATAL && rd_kafka_fatal_error(handle, fatal.data(), fatal.size()) != 0) {
    text = fatal.data();
  }
  events_of(opaque).on_error(err, text);
}

void on_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
  events_of(opaque).on_delivery(*message);
}

void on_rebalance(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t code,
                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  events_of(opaque).on_rebalance(code, *partitions);
}

int on_close_socket(int socket, void* opaque) {
  events_of(opaque).on_disconnect();
  return ::close(socket);
}

// What matters reaches us as errors too, and is logged once by whoever handles it.
void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  constexpr int kCritical = 2;  // syslog(3)
  base::log_line(level <= kCritical ? base::Level::kError : base::Level::kDebug, "librdkafka says.",
                 {{"client", rd_kafka_name(handle)}, {"facility", facility}, {"text", text}});
}

/// Collects settings; keeps the first refusal.
class Settings {
 public:
  Settings() : conf_(rd_kafka_conf_new()) {}

  void set(const char* name, const std::string& value) {
    std::array<char, kErrorText> text{};
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK) {
      return;
    }
    refuse(fmt::format("Kafka's setting {} is refused: {}", name, text.data()));
  }
  void set(const char* name, std::chrono::milliseconds value) { set(name, std::to_string(value.count())); }

  void set_file(const char* name, const char* what, const std::string& file) {
    if (file.empty()) return;
    if (!std::ifstream(file).good()) {
      refuse(fmt::format("The {} for Kafka, {}, cannot be read: correct its name or its permissions.", what,
                         file));
    }
    set(name, file);
  }
  void refuse(std::string sentence) {
    if (status_) status_ = Error{Errc::kInvalid, std::move(sentence)};
  }

  [[nodiscard]] rd_kafka_conf_t* conf() const { return conf_.get(); }
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] Result<KafkaHandle> make(rd_kafka_type_t type) {
    if (!status_) return status_.error();
    std::array<char, kErrorText> text{};
    KafkaHandle handle(rd_kafka_new(type, conf_.get(), text.data(), text.size()));
    if (!handle) {
      return Error{Errc::kInvalid, fmt::format("Kafka's settings are refused: {}. Correct the certificate, "
                                               "key, password or mechanism.",
                                               text.data())};
    }
    // The handle owns them now.
    [[maybe_unused]] const auto* taken = conf_.release();
    return handle;
  }

 private:
  KafkaConf conf_;
  Status status_;
};

void set_security(Settings& settings, const KafkaSecurity& security) {
  const bool sasl = !security.sasl_mechanism.empty();
  settings.set("security.protocol",
               security.tls ? (sasl ? "sasl_ssl" : "ssl") : (sasl ? "sasl_plaintext" : "plaintext"));
  if (security.tls) {
    settings.set("enable.ssl.certificate.verification", "true");
    settings.set("ssl.endpoint.identification.algorithm", "https");
    settings.set_file("ssl.ca.location", "CA file", security.ca_file);
    settings.set_file("ssl.certificate.location", "client certificate", security.certificate_file);
    settings.set_file("ssl.key.location", "client key", security.key_file);
    if (!security.key_password.empty()) settings.set("ssl.key.password", security.key_password);
  }
  if (!sasl) return;
  constexpr std::array<std::string_view, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
  if (std::ranges::find(kMechanisms, security.sasl_mechanism) == kMechanisms.end()) {
    settings.refuse(
        fmt::format("{} is no SASL mechanism known here: use PLAIN, SCRAM-SHA-256 or "
                    "SCRAM-SHA-512.",
                    security.sasl_mechanism));
    return;
  }
  settings.set("sasl.mechanism", security.sasl_mechanism);
  settings.set("sasl.username", security.sasl_user);
  settings.set("sasl.password", security.sasl_password);
}

void set_common(Settings& settings, const KafkaLogConfig& config, KafkaEvents& events) {
  settings.set("bootstrap.servers", config.bootstrap_servers);
  settings.set("client.id", config.client_id);
  settings.set("allow.auto.create.topics", "false");
  settings.set("socket.timeout.ms", kSocketTimeout);
  settings.set("socket.keepalive.enable", "true");
  settings.set("socket.nagle.disable", "true");
  // A broker that is back shall be found back soon; one attempt a second costs nothing.
  settings.set("reconnect.backoff.ms", "50");
  settings.set("reconnect.backoff.max.ms", "1000");
  settings.set("topic.metadata.refresh.interval.ms", "5000");
  settings.set("log.connection.close", "false");
  set_security(settings, config.security);
  rd_kafka_conf_set_opaque(settings.conf(), &events);
  rd_kafka_conf_set_error_cb(settings.conf(), on_error);
  rd_kafka_conf_set_log_cb(settings.conf(), on_log);
  rd_kafka_conf_set_closesocket_cb(settings.conf(), on_close_socket);
}

void set_producer(Settings& settings, const KafkaLogConfig& config) {
  settings.set("enable.idempotence", "true");
  settings.set("acks", "all");
  // A broker that knows nothing of a producer yet takes whatever sequence number comes first. With a second
  // request under way, a first one that is refused (a leader not ready, too few replicas) counts as written
  // once the second is, for librdkafka concludes the one from the other: acknowledged and lost. Brokers serve
  // the requests of a connection one after the other anyway.
  settings.set("max.in.flight.requests.per.connection", "1");
  settings.set("compression.codec", config.compression);
  settings.set("linger.ms", config.linger);
  settings.set("message.timeout.ms", config.delivery_timeout);
  // The bounds that answer kFull are KafkaProducer's, which knows whole appends; these stand behind them.
  settings.set("queue.buffering.max.messages", std::to_string(config.max_queued_records + 1));
  settings.set("queue.buffering.max.kbytes",
               std::to_string(std::clamp<std::size_t>(config.max_queued_bytes / 512, 1, kMostKilobytes)));
  rd_kafka_conf_set_dr_msg_cb(settings.conf(), on_delivery);
}

void set_consumer(Settings& settings, const KafkaLogConfig& config) {
  settings.set("enable.auto.commit", "false");
  settings.set("enable.auto.offset.store", "false");
  // An offset that is not in the log is an answer (kNotFound), never a jump.
  settings.set("auto.offset.reset", "error");
  settings.set("enable.partition.eof", "true");  // Tells of offsets at the end that hold no record.
  settings.set("check.crcs", "true");
  // Nobody writes our topics in transactions. If somebody did, an open one would hide records of ours that
  // were acknowledged, and the end of what is readable would no longer be the end (EXACTLY-ONCE C6).
  settings.set("isolation.level", "read_uncommitted");
  settings.set("fetch.min.bytes", "1");
  settings.set("fetch.error.backoff.ms", "50");
  // librdkafka stops fetching a partition whose own queue holds this much, and goes on when it was read.
  settings.set("queued.max.messages.kbytes",
               std::to_string(std::clamp<std::size_t>(config.max_fetch_bytes / 1024, 1, kMostKilobytes)));
}

void set_member(Settings& settings, const KafkaLogConfig& config) {
  settings.set("partition.assignment.strategy", "cooperative-sticky");
  settings.set("session.timeout.ms", config.session_timeout);
  settings.set("heartbeat.interval.ms", std::min(config.session_timeout / 4, kHeartbeat));
  // A revocation waits for its worker, whose insert may take as long as ClickHouse lets it; meanwhile nobody
  // polls. That must not look like a dead member: death is noticed by the session timeout, whose
  // heartbeats come from a thread of librdkafka's.
  settings.set("max.poll.interval.ms", std::chrono::minutes(15));
  rd_kafka_conf_set_rebalance_cb(settings.conf(), on_rebalance);
}

}  // namespace

const std::string& topic_of(const KafkaLogConfig& config, Stream stream) {
  switch (stream) {
    case Stream::kEvents:
      return config.events_topic;
    case Stream::kRetry:
      return config.retry_topic;
    case Stream::kDead:
      break;
  }
  return config.dead_topic;
}

std::string group_of(const KafkaLogConfig& config, Stream stream) {
  return stream == Stream::kRetry ? config.group + "-retry" : config.group;
}

std::uint32_t partitions_of(const KafkaLogConfig& config, Stream stream) {
  return stream == Stream::kDead ? 1 : config.partitions;
}

Result<KafkaHandle> make_kafka_handle(const KafkaLogConfig& config, KafkaRole role, const std::string& group,
                                      KafkaEvents& events) {
  Settings settings;
  set_common(settings, config, events);
  switch (role) {
    case KafkaRole::kProducer:
      set_producer(settings, config);
      return settings.make(RD_KAFKA_PRODUCER);
    case KafkaRole::kMember:
      set_member(settings, config);
      settings.set("fetch.wait.max.ms", "100");
      break;
    case KafkaRole::kReader:
      // A read begins and ends at any time, and the next one waits for what the last one has asked for.
      settings.set("fetch.wait.max.ms", "5");
      break;
  }
  settings.set("group.id", group);
  set_consumer(settings, config);
  return settings.make(RD_KAFKA_CONSUMER);
}

}  // namespace fanfinity::log
