#pragma once
// A histogram of durations: buckets that are linear within each power of two.

#include <cstdint>
#include <vector>

namespace fanfinity::bench {

/// Nanoseconds of any size, each counted in a bucket at most 1/128 of its value wide. Not thread-safe:
/// one a thread, merged at the end.
class Histogram {
 public:
  void record(std::uint64_t nanoseconds);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Exact. 0 without values.
  [[nodiscard]] std::uint64_t max() const { return max_; }
  /// The least value that has at least `share` (0 to 1) of all at or below it, within 1 %. 0 without values.
  [[nodiscard]] std::uint64_t quantile(double share) const;

 private:
  std::vector<std::uint64_t> buckets_;  // Grows to the largest value seen.
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace fanfinity::bench
