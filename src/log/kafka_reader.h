#pragma once
// Reader on Kafka: handles that assign themselves what is to be read and never join a group.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/kafka_availability.h"
#include "log/kafka_handle.h"
#include "log/kafka_log.h"
#include "log/log.h"

namespace fanfinity::log {

/// Thread-safe; reads wait for each other.
class KafkaReader final : private KafkaEvents {
 public:
  /// Both outlive it.
  [[nodiscard]] static base::Result<std::unique_ptr<KafkaReader>> open(const KafkaLogConfig& config,
                                                                       KafkaAvailability& availability);

  [[nodiscard]] base::Result<std::vector<PartitionState>> state(Stream stream);
  [[nodiscard]] base::Result<Fetched> read(const Position& from, const FetchLimits& limits,
                                           const std::stop_token& stop);
  /// Fit for metadata and administrative requests, too.
  [[nodiscard]] rd_kafka_t* handle() const { return handle_.get(); }

 private:
  KafkaReader(const KafkaLogConfig& config, KafkaAvailability& availability)
      : config_(config), availability_(availability) {}
  void on_error(rd_kafka_resp_err_t code, std::string_view text) override { availability_.note(code, text); }
  [[nodiscard]] base::Status check_open() const;
  [[nodiscard]] base::Result<Fetched> read_alone(const Position& from, const FetchLimits& limits,
                                                 const std::stop_token& stop);

  const KafkaLogConfig& config_;
  KafkaAvailability& availability_;
  KafkaHandle handle_;
  KafkaHandle retry_handle_;  ///< As `handle_`, of the other group: to ask what it committed.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool reading_ = false;
};

}  // namespace fanfinity::log
