#pragma once
// Many calls in a row on one thread, and what is better done once after them than after each: whoever makes
// the calls opens a Burst around them, whoever is called defers to its end.

#include <functional>
#include <vector>

namespace fanfinity::base {

/// Bursts of a thread may be nested; what is deferred runs at the end of the outermost.
class Burst {
 public:
  Burst();
  ~Burst();
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;

  /// Runs `work`, which must not throw, at the end of this thread's burst, or at once when there is none.
  static void at_end(std::function<void()> work);
  /// Runs what is deferred on this thread now: for whoever is about to wait for its effect.
  static void flush();

 private:
  std::vector<std::function<void()>> deferred_;
  Burst* outer_;
};

}  // namespace fanfinity::base
