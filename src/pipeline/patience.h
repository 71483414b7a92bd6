#pragma once
// Doing something again until it is answered: every wait of the pipeline for a log or a store that is
// away goes through here, so all of them back off, and all of them end when the worker is stopped.

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/repetitions.h"

namespace fanfinity::pipeline {

/// Delays that double from `first` up to `max`.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds max) : delay_(first), max_(max) {}
  [[nodiscard]] std::chrono::milliseconds next() {
    const auto delay = std::min(delay_, max_);
    delay_ = std::min(delay_ * 2, max_);
    return delay;
  }

 private:
  std::chrono::milliseconds delay_;
  std::chrono::milliseconds max_;
};

[[nodiscard]] inline base::Error stopped() {
  return base::Error{base::Errc::kStopped, "The worker was asked to stop."};
}

struct Patience {
  base::Clock& clock;
  std::stop_token stop;
  std::chrono::milliseconds first;
  std::chrono::milliseconds max;
  Repetitions& repetitions;

  /// Answers the first result of `attempt` that is a success or a failure `is_final`; between attempts
  /// tells `on_failure(error, delay)` and waits. kStopped when `stop` comes first.
  template <typename Attempt, typename IsFinal, typename OnFailure>
  auto repeat(Attempt attempt, IsFinal is_final, OnFailure on_failure) const -> decltype(attempt()) {
    Backoff backoff(first, max);
    Repetitions::Operation operation(repetitions, clock.steady());
    while (true) {
      auto result = attempt();
      if (result.ok() || is_final(result.error().code)) return result;
      if (stop.stop_requested()) return stopped();
      operation.failed(result.error());
      const auto delay = backoff.next();
      on_failure(result.error(), delay);
      if (!clock.wait_for(stop, delay)) return stopped();
    }
  }
};

}  // namespace fanfinity::pipeline
