#pragma once
// One membership of a consumer group, from joining until leaving: a handle of its own.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "log/kafka_availability.h"
#include "log/kafka_handle.h"
#include "log/kafka_log.h"
#include "log/kafka_partition.h"
#include "log/log.h"

namespace fanfinity::log {

class KafkaMember final : private KafkaEvents, private KafkaMembership {
 public:
  /// All of them outlive it.
  KafkaMember(const KafkaLogConfig& config, Stream stream, Group::Listener& listener,
              KafkaAvailability& availability, std::atomic<std::uint64_t>& rebalances);
  ~KafkaMember() override;
  KafkaMember(const KafkaMember&) = delete;
  KafkaMember& operator=(const KafkaMember&) = delete;

  /// Serves assignments until `stop` or start_over; all is revoked when it returns. An error: the group
  /// cannot be joined for good.
  [[nodiscard]] base::Status serve(const std::stop_token& stop);

  [[nodiscard]] bool owns(PartitionId partition) const;
  /// Any thread.
  void start_over() override;

 private:
  void on_error(rd_kafka_resp_err_t code, std::string_view text) override;
  void on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t& partitions) override;
  void on_disconnect() override { ++disconnects_; }
  [[nodiscard]] rd_kafka_t* handle() const override { return handle_.get(); }
  [[nodiscard]] bool still_member() const override;
  [[nodiscard]] std::uint64_t disconnects() const override { return disconnects_; }

  [[nodiscard]] base::Status join();
  void poll();
  void fail(rd_kafka_resp_err_t code, std::string_view text);
  [[nodiscard]] KafkaPartitionList agreed_of(const rd_kafka_topic_partition_list_t& partitions) const;
  void assign(const rd_kafka_topic_partition_list_t& partitions);
  void set_beginnings(rd_kafka_topic_partition_list_t& list) const;
  void revoke(const rd_kafka_topic_partition_list_t& partitions);
  void revoke_one(PartitionId partition);
  void revoke_all();
  void fence_all();
  void leave();
  [[nodiscard]] std::string current_name() const;

  const KafkaLogConfig& config_;
  const Stream stream_;
  const std::string& topic_;
  Group::Listener& listener_;
  KafkaAvailability& availability_;
  std::atomic<std::uint64_t>& rebalances_;
  KafkaHandle handle_;
  KafkaQueue queue_;  ///< Of the handle, to wake its poll.
  std::atomic<std::uint64_t> disconnects_{0};
  std::atomic<bool> start_over_{false};
  bool leaving_ = false;
  std::optional<base::Error> failed_;

  mutable std::mutex mutex_;
  std::string name_;  ///< The member id under which the present partitions were assigned.
  std::map<PartitionId, std::shared_ptr<KafkaPartition>> owned_;
};

}  // namespace fanfinity::log
