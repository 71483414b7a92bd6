#pragma once
// SIGTERM and SIGINT: the first asks the process to stop, a second one ends it at once. A stop that takes too
// long ends here as well, so that nothing that hangs can hold it.

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "base/clock.h"

namespace fanfinity::app {

/// Make it before any other thread: it blocks the signals for all of them.
class Signals {
 public:
  /// From the first signal to the end of the process: `stop_timeout`, whatever is under way then.
  explicit Signals(std::chrono::milliseconds stop_timeout);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
  /// Returns when a first signal has come, or `fail` was called.
  void wait();
  /// Stops as a signal does, but an end by force is then a failure. Any thread.
  void fail();
  /// When the process ends by force. Only after the stop was requested.
  [[nodiscard]] base::SteadyTime deadline() const { return deadline_; }

 private:
  void watch();
  void request_stop();
  [[nodiscard]] int patience() const;
  [[noreturn]] void end_by_force() const;

  const std::chrono::milliseconds stop_timeout_;
  std::stop_source stop_;
  std::atomic<base::SteadyTime> deadline_{};
  std::atomic<bool> failed_{false};
  std::atomic<bool> quitting_{false};
  int signal_fd_ = -1;
  int wake_fd_ = -1;
  std::thread thread_;
};

}  // namespace fanfinity::app
