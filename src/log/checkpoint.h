#pragma once
// The first block of a segment: where every partition stands, and how the segment before ends.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "log/log.h"

namespace fanfinity::log {

struct Checkpoint {
  std::uint64_t previous_end = 0;  ///< Where the blocks of the segment before end; 0 for the first one.
  std::vector<Offset> next;        ///< Of each partition: the offset its next record gets.

  [[nodiscard]] std::vector<std::byte> encode() const;
  [[nodiscard]] static std::optional<Checkpoint> decode(std::span<const std::byte> payload);
};

}  // namespace fanfinity::log
