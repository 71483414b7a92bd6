#pragma once
// Appends that wait together, as the bytes of one write: a block (or several) of each partition.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "log/block.h"
#include "log/log.h"

namespace fanfinity::log {

/// One call of Producer::append on its way.
struct Append {
  std::vector<Record> records;
  Producer::Done done;
  std::size_t bytes = 0;  ///< Of all encoded records.
  Position last;          ///< Filled in when it is encoded.
};

/// Reused from write to write, so that encoding allocates nothing once it has grown. One thread.
class Batch {
 public:
  struct Block {
    PartitionId partition{};
    Offset base{};
    std::uint64_t at = 0;
  };

  explicit Batch(Stream stream, std::uint32_t partitions);

  /// At most so many bytes does a batch of appends take whose encoded records sum up to `bytes`.
  [[nodiscard]] std::uint64_t bound(std::uint64_t bytes) const;
  /// Encodes for the place `at` of a segment, after a checkpoint if one is given. Advances `next`, the
  /// partitions' offsets.
  void encode(std::span<Append> appends, std::uint64_t at, std::uint64_t salt,
              std::span<const std::byte> checkpoint, std::vector<Offset>& next);
  [[nodiscard]] std::span<const std::byte> bytes() const { return {buffer_.get(), used_}; }
  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  struct Routed {
    const Record* record;
    Append* append;
  };

  void reserve(std::uint64_t bytes);
  void route(std::span<Append> appends);
  void encode_partition(PartitionId partition, Offset& next);
  void add_block(BlockHeader header, std::span<const std::byte> payload);

  Stream stream_;
  std::vector<std::vector<Routed>> routed_;
  std::vector<Block> blocks_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t salt_ = 0;
};

}  // namespace fanfinity::log
