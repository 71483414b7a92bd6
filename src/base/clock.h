#pragma once
// Time, injected. All wall-clock times in this project are UTC and kept to the millisecond.

#include <chrono>
#include <stop_token>

namespace fanfinity::base {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
  /// Waits for `duration`, or less when `stop` is requested. True when the whole wait passed.
  virtual bool wait_for(std::stop_token stop, std::chrono::milliseconds duration) = 0;
};

/// The machine's own clock. Thread-safe; lives for the whole process.
[[nodiscard]] Clock& system_clock();

}  // namespace fanfinity::base
