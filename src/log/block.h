#pragma once
// Blocks: what a segment consists of. A header and a payload, both checksummed with the segment's own
// random salt and the block's position, so that bytes of another life, file or place are never taken
// for a block (docs/LOG-FORMAT.md, "Block").

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "log/record_codec.h"

namespace fanfinity::log {

enum class BlockKind : std::uint8_t {
  kRecords = 1,     ///< Consecutive records of one partition.
  kCheckpoint = 2,  ///< First of a segment: where the partitions stand.
  kCommits = 3,     ///< What the group committed.
  kEndMark = 4,     ///< No payload: everything before it was synced.
};

inline constexpr std::int64_t kMaxOffset = std::int64_t{1} << 61U;  ///< A log that is opened ends before it.
inline constexpr std::size_t kBlockHeaderBytes = 48;
inline constexpr std::size_t kBlockAlignment = 8;
inline constexpr std::uint32_t kBlockMagic = 0x4b4c4246;  // "FBLK"
/// A block is closed when it has so much payload; one record may exceed it.
inline constexpr std::size_t kBlockTargetBytes = 256U << 10U;
inline constexpr std::size_t kMaxPayloadBytes = kBlockTargetBytes + kMaxRecordBytes;

struct BlockHeader {
  BlockKind kind = BlockKind::kRecords;
  std::uint32_t partition = 0;
  std::uint32_t count = 0;  ///< Of records or commits.
  std::int64_t base = 0;    ///< Offset of the first record.
  /// Where the write that this block was part of began. Everything before was synced by then.
  std::uint32_t write_at = 0;
  std::uint32_t payload_bytes = 0;
  std::uint64_t payload_sum = 0;

  /// Header, payload and padding.
  [[nodiscard]] std::uint64_t total_bytes() const;
};

[[nodiscard]] std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed);
[[nodiscard]] std::uint64_t padded(std::uint64_t bytes);

/// Fills in payload_sum and writes the header's bytes.
void seal_block(BlockHeader header, std::uint64_t at, std::uint64_t salt, std::span<const std::byte> payload,
                std::byte* out);
/// Empty unless these are the bytes of a header written to this place of this life.
[[nodiscard]] std::optional<BlockHeader> parse_block_header(
    std::span<const std::byte, kBlockHeaderBytes> bytes, std::uint64_t at, std::uint64_t salt);

}  // namespace fanfinity::log
