#pragma once
// What questions to ClickHouse and the reading of its answers have in common.

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace fanfinity::store {

/// A parameter that fromUnixTimestamp64Milli() takes.
[[nodiscard]] inline std::string milliseconds_of(base::Timestamp at) {
  return std::to_string(at.time_since_epoch().count());
}

/// An answer was cut off.
[[nodiscard]] inline base::Error torn() {
  return {base::Errc::kUnavailable, "ClickHouse's answer ends within a row; ask again."};
}

}  // namespace fanfinity::store
