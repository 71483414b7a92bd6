#pragma once
// Appends to a log with a bound on how many are under way.

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/result.h"
#include "log/log.h"

namespace fanfinity::bench {

/// Thread-safe. Outlives every append that entered.
class AppendWindow {
 public:
  explicit AppendWindow(std::size_t size) : free_(size), size_(size) {}

  /// Waits until there is room; then the failure of an earlier append, if one failed.
  [[nodiscard]] base::Status enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return free_ > 0; });
    --free_;
    return outcome_;
  }
  void leave(const base::Result<log::Producer::Ack>& ack) {
    const std::lock_guard lock(mutex_);
    if (!ack && outcome_) outcome_ = ack.error();
    ++free_;
    changed_.notify_one();
  }
  /// Waits for all of them.
  [[nodiscard]] base::Status drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return free_ == size_; });
    return outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t free_;
  const std::size_t size_;
  base::Status outcome_;
};

}  // namespace fanfinity::bench
