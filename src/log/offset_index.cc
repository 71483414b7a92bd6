#include "log/offset_index.h"

#include <algorithm>

#include "log/segment.h"

namespace fanfinity::log {
namespace {

constexpr std::uint64_t kMinStride = 64U << 10U;
// Keeps the entries of a segment about the same in number however many partitions share it.
constexpr std::uint64_t kStridePerPartition = 16U << 10U;

}  // namespace

OffsetIndex::OffsetIndex(std::uint32_t partitions)
    : stride_(std::max(kMinStride, kStridePerPartition * partitions)), partitions_(partitions) {}

void OffsetIndex::add(PartitionId partition, Offset offset, std::uint64_t at) {
  auto& entries = partitions_[number(partition)];
  if (!entries.empty() && at < entries.back().at + stride_) return;
  entries.push_back({offset, static_cast<std::uint32_t>(at)});
}

std::uint64_t OffsetIndex::find(PartitionId partition, Offset offset) const {
  const auto& entries = partitions_[number(partition)];
  const auto after = std::ranges::upper_bound(entries, offset, {}, &Entry::offset);
  return after == entries.begin() ? kSegmentHeaderBytes : std::prev(after)->at;
}

}  // namespace fanfinity::log
