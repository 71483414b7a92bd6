#pragma once
// SIGTERM and SIGINT: the first asks the process to drain, a second one ends it at once.

#include <stop_token>
#include <thread>

namespace fanfinity::app {

/// Make it before any other thread: it blocks the signals for all of them.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
  /// Returns when a first signal has come, or `request_stop` was called.
  void wait();
  void request_stop() { stop_.request_stop(); }

 private:
  void watch();

  std::stop_source stop_;
  int signal_fd_ = -1;
  int quit_fd_ = -1;
  std::thread thread_;
};

}  // namespace fanfinity::app
