#pragma once
// Event ids for load: random to look at, yet made again from their number.

#include <cstdint>

#include "base/uuid.h"

namespace fanfinity::bench {

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014): a bijection that leaves no pattern.
[[nodiscard]] constexpr std::uint64_t scrambled(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

/// A sequence of distinct version 4 UUIDs; two seeds give two sequences that do not meet.
class EventIds {
 public:
  explicit EventIds(std::uint64_t seed) : high_(scrambled(seed)), low_(scrambled(~seed)) {}
  /// A sequence that no other process and no other call has.
  [[nodiscard]] static EventIds unlike_any_other() {
    const base::Uuid random = base::Uuid::random();
    return EventIds(random.hash());
  }

  [[nodiscard]] base::Uuid operator()(std::uint64_t number) const {
    constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
    std::uint64_t high = scrambled(high_ + number * kStep);
    std::uint64_t low = scrambled(low_ + number * kStep);
    high = (high & ~std::uint64_t{0xF000}) | 0x4000U;
    low = (low & ~(std::uint64_t{3} << 62U)) | std::uint64_t{1} << 63U;
    base::Uuid id;
    for (unsigned i = 0; i < 8; ++i) {
      id.bytes[i] = static_cast<std::uint8_t>(high >> (56U - 8 * i));
      id.bytes[i + 8] = static_cast<std::uint8_t>(low >> (56U - 8 * i));
    }
    return id;
  }

 private:
  std::uint64_t high_;
  std::uint64_t low_;
};

}  // namespace fanfinity::bench
