#include "log/batch.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "log/checkpoint.h"

namespace fanfinity::log {
namespace {

constexpr std::uint64_t kBlockOverhead = kBlockHeaderBytes + kBlockAlignment;
// A buffer that one huge append has grown beyond this is given back afterwards.
constexpr std::size_t kKeptBufferBytes = 16U << 20U;

}  // namespace

Batch::Batch(Stream stream, std::uint32_t partitions) : stream_(stream), routed_(partitions) {}

std::uint64_t Batch::bound(std::uint64_t bytes) const {
  const auto checkpoint = 16 + routed_.size() * sizeof(std::int64_t);
  const auto blocks = 1 + routed_.size() + bytes / kBlockTargetBytes;
  return checkpoint + bytes + blocks * kBlockOverhead;
}

void Batch::encode(std::span<Append> appends, std::uint64_t at, std::uint64_t salt,
                   std::span<const std::byte> checkpoint, std::vector<Offset>& next) {
  std::uint64_t bytes = 0;
  for (const auto& append : appends) bytes += append.bytes;
  reserve(bound(bytes));
  blocks_.clear();
  used_ = 0;
  records_ = 0;
  at_ = at;
  salt_ = salt;
  if (!checkpoint.empty()) {
    std::memcpy(buffer_.get() + kBlockHeaderBytes, checkpoint.data(), checkpoint.size());
    add_block({.kind = BlockKind::kCheckpoint}, {buffer_.get() + kBlockHeaderBytes, checkpoint.size()});
  }
  route(appends);
  for (std::uint32_t p = 0; p < routed_.size(); ++p) encode_partition(PartitionId{p}, next[p]);
}

void Batch::reserve(std::uint64_t bytes) {
  if (bytes <= capacity_ && (capacity_ <= kKeptBufferBytes || bytes > kKeptBufferBytes)) return;
  capacity_ = std::max<std::size_t>(bytes, std::min(2 * capacity_, kKeptBufferBytes));
  buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
}

void Batch::route(std::span<Append> appends) {
  for (auto& list : routed_) list.clear();
  const auto partitions = static_cast<std::uint32_t>(routed_.size());
  for (auto& append : appends) {
    for (const auto& record : append.records) {
      routed_[number(partition_of(record.key.hash(), partitions))].push_back({&record, &append});
    }
    records_ += append.records.size();
  }
}

void Batch::encode_partition(PartitionId partition, Offset& next) {
  const auto& list = routed_[number(partition)];
  for (std::size_t i = 0; i < list.size();) {
    BlockHeader header{.kind = BlockKind::kRecords, .partition = number(partition), .base = number(next)};
    std::byte* const payload = buffer_.get() + used_ + kBlockHeaderBytes;
    ByteWriter out(payload);
    const auto filled = [&] { return static_cast<std::size_t>(out.at() - payload); };
    for (; i < list.size() && filled() < kBlockTargetBytes; ++i) {
      log::encode(*list[i].record, out);
      if (list[i].record == &list[i].append->records.back()) {
        list[i].append->last = {stream_, partition, next};
      }
      next = next + 1;
      ++header.count;
    }
    blocks_.push_back({partition, Offset{header.base}, at_ + used_});
    add_block(header, {payload, filled()});
  }
}

void Batch::add_block(BlockHeader header, std::span<const std::byte> payload) {
  header.write_at = static_cast<std::uint32_t>(at_);
  std::byte* const out = buffer_.get() + used_;
  seal_block(header, at_ + used_, salt_, payload, out);
  const auto written = kBlockHeaderBytes + payload.size();
  const auto whole = kBlockHeaderBytes + padded(payload.size());
  std::memset(out + written, 0, whole - written);
  used_ += whole;
  assert(used_ <= capacity_);
}

}  // namespace fanfinity::log
