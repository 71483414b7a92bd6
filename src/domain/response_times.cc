#include "domain/response_times.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fanfinity::domain {
namespace {

using std::chrono::nanoseconds;

constexpr double kGamma = (1 + kResponseTimeAccuracy) / (1 - kResponseTimeAccuracy);
constexpr nanoseconds kShortest = std::chrono::microseconds{1};
constexpr nanoseconds kLongest = std::chrono::hours{1};

double log_gamma() {
  static const double value = std::log(kGamma);
  return value;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - a;
  return a + std::min(b, room);
}

/// ceil(count * percent / 100), which must not overflow nor be rounded as a double would be.
std::uint64_t rank_of(std::uint64_t count, std::uint64_t percent) {
  return count / 100 * percent + (count % 100 * percent + 99) / 100;
}

}  // namespace

std::int16_t response_time_bucket(std::chrono::nanoseconds duration) {
  const double microseconds = static_cast<double>(std::clamp(duration, kShortest, kLongest).count()) / 1e3;
  return static_cast<std::int16_t>(std::ceil(std::log(microseconds) / log_gamma()));
}

double response_time_of_bucket(std::int16_t bucket) {
  // The value with the same relative distance to both ends of (gamma^(bucket-1), gamma^bucket].
  const double microseconds = 2 * std::exp(bucket * log_gamma()) / (kGamma + 1);
  return microseconds / 1e3;
}

void ResponseTimes::add(std::chrono::nanoseconds duration) {
  add_bucket(response_time_bucket(duration), 1);
}

void ResponseTimes::add_bucket(std::int16_t bucket, std::uint64_t count) {
  if (count == 0) return;
  std::uint64_t& held = buckets_[bucket];
  held = saturating_add(held, count);
  count_ = saturating_add(count_, count);
}

void ResponseTimes::merge(const ResponseTimes& other) {
  for (const auto& [bucket, count] : other.buckets_) add_bucket(bucket, count);
}

std::optional<ResponseTimePercentiles> ResponseTimes::percentiles() const {
  if (count_ == 0) return std::nullopt;
  ResponseTimePercentiles found;
  const std::uint64_t rank50 = rank_of(count_, 50);
  const std::uint64_t rank95 = rank_of(count_, 95);
  const std::uint64_t rank99 = rank_of(count_, 99);
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    const std::uint64_t before = seen;
    seen = saturating_add(seen, count);
    const auto holds = [&](std::uint64_t rank) { return before < rank && rank <= seen; };
    const double value = response_time_of_bucket(bucket);
    if (holds(rank50)) found.p50 = value;
    if (holds(rank95)) found.p95 = value;
    if (holds(rank99)) found.p99 = value;
  }
  return found;
}

}  // namespace fanfinity::domain
