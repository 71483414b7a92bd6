#pragma once
// Where in a segment the records of each partition are, sparsely: a reader starts at the entry before
// what it looks for and walks on over block headers.

#include <cstdint>
#include <vector>

#include "log/log.h"

namespace fanfinity::log {

/// Bounded: an entry for each partition and stretch of the segment. Guarded by its owner.
class OffsetIndex {
 public:
  explicit OffsetIndex(std::uint32_t partitions);
  /// A block of `partition` that begins with `offset` lies at `at`. In order of `at`.
  void add(PartitionId partition, Offset offset, std::uint64_t at);
  /// A place at or before the block that holds `offset`.
  [[nodiscard]] std::uint64_t find(PartitionId partition, Offset offset) const;

 private:
  struct Entry {
    Offset offset{};
    std::uint32_t at = 0;
  };
  std::uint64_t stride_;
  std::vector<std::vector<Entry>> partitions_;
};

}  // namespace fanfinity::log
