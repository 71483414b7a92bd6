// The rows about Kafka.

#include "config/option_rows.h"

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;

/// Of a topic or a group: what Kafka takes as the name of a topic.
base::Result<std::string> parse_kafka_name(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (text.empty() || text.size() > 249 || text == "." || text == ".." ||
      text.find_first_not_of(kPlain) != std::string_view::npos) {
    return Error{Errc::kInvalid, "must be up to 249 letters, digits, dots, underscores and hyphens"};
  }
  return std::string(text);
}

std::string as_it_is(const std::string& text) {
  return text;
}

void add_topics(std::vector<Option>& out) {
  Rows<KafkaSettings> rows(out, "Kafka", &Settings::kafka);
  rows.add("KAFKA_BOOTSTRAP_SERVERS", "host:port,...",
           "Kafka brokers. Empty: `fanfinity up` uses the embedded log.", false,
           &KafkaSettings::bootstrap_servers, &parse_brokers, &as_it_is);
  rows.add("KAFKA_EVENTS_TOPIC", "name", "The topic of events; created when missing, as the other two.",
           false, &KafkaSettings::events_topic, &parse_kafka_name, &as_it_is);
  rows.add("KAFKA_RETRY_TOPIC", "name",
           "The topic of events that ClickHouse refused and that are tried again.", false,
           &KafkaSettings::retry_topic, &parse_kafka_name, &as_it_is);
  rows.add("KAFKA_DEAD_TOPIC", "name", "The topic of events that were given up on.", false,
           &KafkaSettings::dead_topic, &parse_kafka_name, &as_it_is);
  rows.add("KAFKA_GROUP", "name", "The consumer group; `-retry` is appended for the retry topic.", false,
           &KafkaSettings::group, &parse_kafka_name, &as_it_is);
  rows.integer("KAFKA_PARTITIONS", "1..10000", &KafkaSettings::partitions, 1, 10'000,
               "Partitions of the topics of events and retries: agreed by all processes and kept in "
               "ClickHouse. docs/OPERATIONS.md says how to grow.")
      .integer("KAFKA_REPLICATION_FACTOR", "0..32", &KafkaSettings::replication_factor, 0, 32,
               "Replicas of topics that have to be created; 0: the brokers' default.");
}

void add_delivery(std::vector<Option>& out) {
  Rows<KafkaSettings>(out, "Kafka", &Settings::kafka)
      .choice("KAFKA_COMPRESSION", "none | gzip | snappy | lz4 | zstd", &KafkaSettings::compression,
              "How batches of records are compressed.")
      .duration("KAFKA_LINGER", &KafkaSettings::linger, 0 * kMs, 1'000 * kMs,
                "How long a record waits for others to be sent with.")
      .duration("KAFKA_DELIVERY_TIMEOUT", &KafkaSettings::delivery_timeout, 1'000 * kMs, 600'000 * kMs,
                "From an event being taken to its being durable; then 503. Shorter than REQUEST_TIMEOUT.")
      .duration("KAFKA_SESSION_TIMEOUT", &KafkaSettings::session_timeout, 6'000 * kMs, 300'000 * kMs,
                "After how much silence of a consumer the others take its partitions over.");
}

void add_security(std::vector<Option>& out) {
  Rows<KafkaSettings>(out, "Kafka", &Settings::kafka)
      .choice("KAFKA_SECURITY_PROTOCOL", "plaintext | ssl | sasl_plaintext | sasl_ssl",
              &KafkaSettings::security_protocol,
              "How to speak to the brokers. With ssl certificates are always verified, host names included.")
      .choice("KAFKA_SASL_MECHANISM", "PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512", &KafkaSettings::sasl_mechanism,
              "How to log in, with sasl_plaintext and sasl_ssl.")
      .text("KAFKA_SASL_USER", "text", &KafkaSettings::sasl_user, "User to log in as.")
      .text("KAFKA_SASL_PASSWORD", "text", &KafkaSettings::sasl_password, "Its password.", true)
      .file("KAFKA_CA_FILE", &KafkaSettings::ca_file, "Certificates to trust (PEM). Empty: the system's.")
      .file("KAFKA_CERT_FILE", &KafkaSettings::cert_file,
            "Certificate to show to the brokers (PEM), for brokers that ask for one.")
      .file("KAFKA_KEY_FILE", &KafkaSettings::key_file, "Its private key (PEM).")
      .text("KAFKA_KEY_PASSWORD", "text", &KafkaSettings::key_password,
            "Password of that key, if it has one.", true);
}

}  // namespace

void add_kafka_options(std::vector<Option>& out) {
  add_topics(out);
  add_delivery(out);
  add_security(out);
}

}  // namespace fanfinity::config
