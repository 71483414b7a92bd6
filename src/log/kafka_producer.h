#pragma once
// Producer on Kafka: idempotent, acknowledged by every in-sync replica, bounded.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "log/kafka_append.h"
#include "log/kafka_availability.h"
#include "log/kafka_handle.h"
#include "log/kafka_log.h"
#include "log/log.h"

namespace fanfinity::log {

/// Thread-safe.
class KafkaProducer final : private KafkaEvents {
 public:
  /// Both outlive it.
  [[nodiscard]] static base::Result<std::unique_ptr<KafkaProducer>> open(const KafkaLogConfig& config,
                                                                         KafkaAvailability& availability);
  /// Sends and answers what is queued, or fails it after the delivery timeout.
  ~KafkaProducer() override;
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// Gets to know the topics' leaders, so that the first append need not wait for librdkafka to ask.
  [[nodiscard]] base::Status prepare();
  void append(Stream stream, std::vector<Record> records, Producer::Done done);
  [[nodiscard]] std::size_t queued_records() const { return queued_records_; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] std::uint64_t appended_records() const { return appended_records_; }

  /// For tests of injected errors.
  [[nodiscard]] rd_kafka_t* handle() const { return sender_.handle.get(); }

 private:
  struct Sender {
    KafkaHandle handle;
    std::array<KafkaTopic, kStreams> topics;  // Destroyed first.
  };

  KafkaProducer(const KafkaLogConfig& config, KafkaAvailability& availability)
      : config_(config), availability_(availability) {}
  void on_error(rd_kafka_resp_err_t code, std::string_view text) override;
  void on_delivery(const rd_kafka_message_t& message) override;

  [[nodiscard]] base::Result<Sender> make_sender();
  [[nodiscard]] base::Status reserve(KafkaAppend& append);
  /// How many were handed to librdkafka before the first that was not.
  [[nodiscard]] std::size_t send(KafkaAppend& append, rd_kafka_resp_err_t& refused);
  [[nodiscard]] rd_kafka_resp_err_t send_one(rd_kafka_topic_t* topic, KafkaAppend& append, std::size_t index);
  void finish(KafkaAppend* append);
  void run(const std::stop_token& stop);
  void replace_sender();
  static void drain(rd_kafka_t* handle, std::chrono::milliseconds wait);

  const KafkaLogConfig& config_;
  KafkaAvailability& availability_;
  std::shared_mutex mutex_;  ///< Of `sender_`, which is replaced after a fatal error.
  Sender sender_;
  std::atomic<std::size_t> queued_records_{0};
  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<std::uint64_t> appended_records_{0};
  std::atomic<bool> closing_{false};
  bool fatal_ = false;  ///< Of the polling thread alone.
  std::jthread thread_;
};

}  // namespace fanfinity::log
