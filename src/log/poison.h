#pragma once
// The state after a failed write or sync. The kernel may have dropped the pages and forgotten it, so a
// second sync could lie: nothing is written any more until a restart reads what is really there.

#include <atomic>
#include <mutex>
#include <string>

#include "base/result.h"

namespace fanfinity::log {

/// Thread-safe.
class Poison {
 public:
  /// The first cause stays.
  void set(const base::Error& cause);
  [[nodiscard]] bool is_set() const { return set_.load(std::memory_order_acquire); }
  /// kUnavailable with the cause once it is set.
  [[nodiscard]] base::Status check() const;

 private:
  std::atomic<bool> set_{false};
  mutable std::mutex mutex_;
  std::string cause_;
};

}  // namespace fanfinity::log
