#pragma once
// Group on Kafka: memberships one after the other, until told to stop.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "log/kafka_availability.h"
#include "log/kafka_log.h"
#include "log/kafka_member.h"
#include "log/log.h"

namespace fanfinity::log {

/// Thread-safe. Group::run and Group::rejoin.
class KafkaGroup {
 public:
  /// Both outlive it.
  KafkaGroup(const KafkaLogConfig& config, KafkaAvailability& availability)
      : config_(config), availability_(availability) {}

  base::Status run(Stream stream, Group::Listener& listener, const std::stop_token& stop);
  void rejoin(Stream stream, PartitionId partition);
  [[nodiscard]] std::uint64_t rebalances() const { return rebalances_; }

 private:
  struct Running {
    Stream stream;
    KafkaMember* member;
  };

  const KafkaLogConfig& config_;
  KafkaAvailability& availability_;
  std::atomic<std::uint64_t> rebalances_{0};
  std::mutex mutex_;
  std::vector<Running> running_;
};

}  // namespace fanfinity::log
