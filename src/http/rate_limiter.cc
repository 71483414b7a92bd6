#include "http/rate_limiter.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace fanfinity::http {
namespace {

std::uint64_t mix(std::uint64_t x) {  // The finalizer of SplitMix64.
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

std::uint64_t hash(const std::array<std::uint8_t, 16>& bytes, std::uint64_t seed) {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return mix(mix(words[0] ^ seed) + words[1]);
}

std::chrono::nanoseconds seconds_of(double seconds) {
  constexpr double kLongest = 1e9;  // Half a lifetime; keeps a tiny rate from overflowing.
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(std::min(seconds, kLongest)));
}

}  // namespace

RateLimiter::RateLimiter(double rate, double burst)
    : interval_(seconds_of(1.0 / rate)),
      depth_(seconds_of(std::max(1.0, burst > 0 ? burst : rate) / rate)),
      seed_(std::uint64_t{std::random_device()()} << 32U | std::random_device()()),
      shards_(std::make_unique<std::array<Shard, kShards>>()) {}

std::optional<std::chrono::seconds> RateLimiter::take(const ClientAddress& client, base::SteadyTime now) {
  const std::uint64_t where = hash(client.bytes, seed_);
  Shard& shard = (*shards_)[where % kShards];
  auto& set = shard.sets[where / kShards % kSetsPerShard];
  const std::lock_guard lock(shard.mutex);
  auto entry = std::find_if(set.begin(), set.end(), [&](const Entry& e) { return e.client == client.bytes; });
  if (entry == set.end()) {
    entry = std::min_element(set.begin(), set.end(),
                             [](const Entry& a, const Entry& b) { return a.full_at < b.full_at; });
    *entry = Entry{client.bytes, now};
  }
  const base::SteadyTime full_at = std::max(entry->full_at, now) + interval_;
  const std::chrono::nanoseconds missing = full_at - now - depth_;
  if (missing > std::chrono::nanoseconds::zero()) return std::chrono::ceil<std::chrono::seconds>(missing);
  entry->full_at = full_at;
  return std::nullopt;
}

}  // namespace fanfinity::http
