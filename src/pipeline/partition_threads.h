#pragma once
// A thread for each partition that is assigned, joined before the partition is given back.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "log/log.h"

namespace fanfinity::pipeline {

class PartitionThreads final : public log::Group::Listener {
 public:
  /// Runs on a thread of the partition's own until it returns or `stop` is requested.
  using Work = std::function<void(log::OwnedPartition& partition, std::stop_token stop)>;

  explicit PartitionThreads(Work work) : work_(std::move(work)) {}
  ~PartitionThreads() override;

  void on_assigned(std::shared_ptr<log::OwnedPartition> partition) override;
  void on_revoked(log::PartitionId partition) override;

  /// Asks all of them at once, and those still to come.
  void request_stop();
  /// Waits until no thread works; false when `timeout` passed first.
  [[nodiscard]] bool wait_until_idle(std::chrono::milliseconds timeout);

 private:
  Work work_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t working_ = 0;
  bool stopping_ = false;
  std::map<log::PartitionId, std::jthread> threads_;
};

}  // namespace fanfinity::pipeline
