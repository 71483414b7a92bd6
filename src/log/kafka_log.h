#pragma once
// The log on Apache Kafka: the three ports of log.h over librdkafka. Topics `events`, `retry` and `dead`;
// key = the event's id, so that an event's copies meet in one partition; value = the record's JSON, readable
// by anyone; headers carry the rest (kafka_record.h). Protocol: https://kafka.apache.org/protocol.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace fanfinity::log {

/// How to talk to the brokers. Files are PEM; an empty name means none (for `ca_file`: the system's).
struct KafkaSecurity {
  bool tls = false;  ///< Certificates are always verified, host names included.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string key_password;
  std::string sasl_mechanism;  ///< Empty, PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
  std::string sasl_user;
  std::string sasl_password;

  bool operator==(const KafkaSecurity&) const = default;
};

struct KafkaLogConfig {
  std::string bootstrap_servers;  ///< host:port, comma-separated.
  std::string events_topic = "events";
  std::string retry_topic = "retry";
  std::string dead_topic = "dead";
  std::string group = "fanfinity";  ///< Consumer group of `events`; "-retry" is appended for `retry`.
  std::string client_id = "fanfinity";
  std::uint32_t partitions = 3;  ///< Of `events` and `retry` (`dead` has one); agreed by every process (C3).
  bool leave_surplus = false;    ///< The topics may have more partitions, which are left alone; else refused.
  std::optional<std::uint16_t> replication_factor;  ///< Of topics to be created; empty: the broker's default.
  std::string compression = "snappy";               ///< none, gzip, snappy, lz4 or zstd.
  std::chrono::milliseconds linger{1};
  std::chrono::milliseconds delivery_timeout{8'000};  ///< From append to its answer at the latest.
  std::chrono::milliseconds session_timeout{10'000};  ///< A member that is silent so long is replaced.
  std::size_t max_queued_bytes = 256U << 20U;         ///< In flight; beyond either an append answers kFull.
  std::size_t max_queued_records = 200'000;
  std::size_t max_fetch_bytes = 64U << 20U;  ///< Fetched ahead, for each owned partition.
  KafkaSecurity security;

  bool operator==(const KafkaLogConfig&) const = default;
};

/// A moment's reading, for metrics.
struct KafkaLogStats {
  std::size_t queued_records = 0;
  std::size_t queued_bytes = 0;
  std::uint64_t appended_records = 0;  ///< Acknowledged since open.
  std::uint64_t rebalances = 0;        ///< Assignments and revocations of this process since open.
};

/// Thread-safe. Stop every `run`, fetch and read before destroying it; appends still queued are sent and
/// answered by the destructor, or fail after delivery_timeout.
class KafkaLog final : public Producer, public Group, public Reader {
 public:
  /// Never waits for a broker: topics are created or checked behind it, and again whenever the brokers come
  /// back; until then health() says why and appends answer kUnavailable.
  /// kInvalid: settings that librdkafka refuses (a certificate that cannot be read, an unknown mechanism).
  [[nodiscard]] static base::Result<std::unique_ptr<KafkaLog>> open(KafkaLogConfig config);
  ~KafkaLog() override;
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;

  /// Waits until the brokers were reached and the topics are what they must be. kUnavailable: not within
  /// `wait`; the sentence says whether name or port is at fault. kInvalid: no waiting will help. A password,
  /// certificate or right is refused, or a topic's settings break a promise (partitions, cleanup.policy,
  /// min.insync.replicas), with advice.
  [[nodiscard]] base::Status check(std::chrono::milliseconds wait, const std::stop_token& stop);

  void append(Stream stream, std::vector<Record> records, Done done) override;
  [[nodiscard]] base::Status health() const override;
  [[nodiscard]] std::uint32_t partitions(Stream stream) const override;

  /// `dead` has no group: kInvalid.
  base::Status run(Stream stream, Listener& listener, std::stop_token stop) override;
  /// Leaves the group and joins it anew, so that a commit of unknown outcome, should it still land, is fenced
  /// by its generation: every partition of this member is revoked and assigned again.
  void rejoin(Stream stream, PartitionId partition) override;

  [[nodiscard]] base::Result<std::vector<PartitionState>> state(Stream stream) override;
  [[nodiscard]] base::Result<Fetched> read(const Position& from, const FetchLimits& limits,
                                           std::stop_token stop) override;

  [[nodiscard]] KafkaLogStats stats() const;

 private:
  struct Parts;
  explicit KafkaLog(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace fanfinity::log
