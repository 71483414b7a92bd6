#include "pipeline/insert_pace.h"

#include <algorithm>

namespace fanfinity::pipeline {

InsertPace::InsertPace(double inserts_per_second)
    : interval_(inserts_per_second > 0 ? static_cast<std::int64_t>(1e9 / inserts_per_second) : 0) {}

base::SteadyTime InsertPace::reserve(base::SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  const base::SteadyTime slot = std::max(now, next_);
  next_ = slot + interval_;
  return slot;
}

void InsertPace::charge(base::SteadyTime now) {
  static_cast<void>(reserve(now));
}

}  // namespace fanfinity::pipeline
