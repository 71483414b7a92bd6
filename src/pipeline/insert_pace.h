#pragma once
// How often this consumer inserts. Many partitions with small batches would make more parts than
// ClickHouse merges, and fill its window of tokens (EXACTLY-ONCE C2), so all partitions share one row of
// slots; a batch that waits for its slot grows meanwhile.
//
// Partitions that wait insert together, and then all wait together: what is counted of a match is as old as
// its oldest partition, and so is as_of.

#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace fanfinity::pipeline {

/// Thread-safe.
class InsertPace {
 public:
  explicit InsertPace(double inserts_per_second);
  /// The moment from which the caller may insert once. First come, first served.
  [[nodiscard]] base::SteadyTime reserve(base::SteadyTime now);
  /// One more insert was made than was reserved: the slots to come move back.
  void charge(base::SteadyTime now);

 private:
  std::mutex mutex_;
  std::chrono::nanoseconds interval_;
  base::SteadyTime slot_{};  ///< The last one given out ...
  int inserts_ = 0;          ///< ... and to how many; the next slot is as many intervals later.
};

}  // namespace fanfinity::pipeline
