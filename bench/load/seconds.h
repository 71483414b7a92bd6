#pragma once

#include <chrono>

namespace fanfinity::bench {

/// Seconds as options give them, as a duration that a clock can add.
[[nodiscard]] inline std::chrono::nanoseconds seconds(double value) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(value));
}

}  // namespace fanfinity::bench
