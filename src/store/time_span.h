#pragma once
// A stretch of event time.

#include <optional>

#include "base/clock.h"

namespace fanfinity::store {

/// [from, to); without one of them there is no bound.
struct TimeSpan {
  std::optional<base::Timestamp> from;
  std::optional<base::Timestamp> to;
  bool operator==(const TimeSpan&) const = default;
};

}  // namespace fanfinity::store
