#pragma once
// A token bucket a client (as GCRA: one point in time each), in a table of fixed size. Thread-safe.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "http/client_address.h"

namespace fanfinity::http {

class RateLimiter {
 public:
  /// `rate` > 0: requests a second. `burst`: how many at once, at least 1; 0: one second's worth.
  RateLimiter(double rate, double burst);

  /// Takes a token. When there is none: how long until there is one, rounded up to whole seconds.
  /// With more clients than the table holds, the one that is closest to a full bucket is forgotten.
  [[nodiscard]] std::optional<std::chrono::seconds> take(const ClientAddress& client, base::SteadyTime now);

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kSetsPerShard = 128;
  static constexpr std::size_t kWays = 8;

  struct Entry {
    std::array<std::uint8_t, 16> client{};
    base::SteadyTime full_at{};  ///< When the bucket is full again; until then it lacks tokens.
  };
  struct Shard {
    std::mutex mutex;
    std::array<std::array<Entry, kWays>, kSetsPerShard> sets{};
  };

  std::chrono::nanoseconds interval_;  ///< One token's worth.
  std::chrono::nanoseconds depth_;     ///< A whole bucket's worth.
  std::uint64_t seed_;                 ///< Nobody can choose addresses that share a set with another's.
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace fanfinity::http
