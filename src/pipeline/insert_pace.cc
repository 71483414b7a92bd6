#include "pipeline/insert_pace.h"

#include <algorithm>

namespace fanfinity::pipeline {
namespace {

// More at a time would wait for each other inside ClickHouse.
constexpr int kTogether = 8;

}  // namespace

InsertPace::InsertPace(double inserts_per_second)
    : interval_(inserts_per_second > 0 ? static_cast<std::int64_t>(1e9 / inserts_per_second) : 0) {}

base::SteadyTime InsertPace::reserve(base::SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  if (now > slot_ || inserts_ >= kTogether) {
    slot_ = std::max(now, slot_ + inserts_ * interval_);
    inserts_ = 0;
  }
  ++inserts_;
  return slot_;
}

void InsertPace::charge(base::SteadyTime now) {
  static_cast<void>(reserve(now));
}

}  // namespace fanfinity::pipeline
