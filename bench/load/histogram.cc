#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fanfinity::bench {
namespace {

constexpr unsigned kBits = 7;
constexpr std::uint64_t kLinear = std::uint64_t{1} << kBits;  // Buckets a power of two.

/// Values below kLinear have a bucket each; above, a value's highest kBits + 1 bits name its bucket.
std::size_t bucket_of(std::uint64_t value) {
  if (value < kLinear) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
  return (shift + 1) * kLinear + ((value >> shift) - kLinear);
}

std::uint64_t middle_of(std::size_t bucket) {
  if (bucket < kLinear) return bucket;
  const std::uint64_t shift = bucket / kLinear - 1;
  const std::uint64_t lowest = (kLinear + bucket % kLinear) << shift;
  return lowest + ((std::uint64_t{1} << shift) >> 1U);
}

}  // namespace

void Histogram::record(std::uint64_t nanoseconds) {
  const std::size_t bucket = bucket_of(nanoseconds);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  max_ = std::max(max_, nanoseconds);
}

void Histogram::merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::quantile(double share) const {
  const auto wanted =
      std::max(std::uint64_t{1}, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  if (wanted >= count_) return max_;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    below += buckets_[i];
    if (below >= wanted) return std::min(middle_of(i), max_);
  }
  return max_;
}

}  // namespace fanfinity::bench
