#include "log/block.h"

#include <xxhash.h>

#include <algorithm>

namespace fanfinity::log {
namespace {

constexpr std::size_t kSummedBytes = kBlockHeaderBytes - sizeof(std::uint64_t);

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;
}

std::uint64_t BlockHeader::total_bytes() const {
  return kBlockHeaderBytes + padded(payload_bytes);
}

void seal_block(BlockHeader header, std::uint64_t at, std::uint64_t salt, std::span<const std::byte> payload,
                std::byte* out) {
  ByteWriter writer(out);
  writer.put(kBlockMagic);
  writer.put(static_cast<std::uint8_t>(header.kind));
  writer.put(std::uint8_t{0});
  writer.put(std::uint16_t{0});
  writer.put(header.partition);
  writer.put(header.count);
  writer.put(header.base);
  writer.put(header.write_at);
  writer.put(static_cast<std::uint32_t>(payload.size()));
  writer.put(checksum(payload, salt));
  writer.put(checksum({out, kSummedBytes}, salt + at));
}

std::optional<BlockHeader> parse_block_header(std::span<const std::byte, kBlockHeaderBytes> bytes,
                                              std::uint64_t at, std::uint64_t salt) {
  ByteReader in(bytes);
  if (in.get<std::uint32_t>() != kBlockMagic) return std::nullopt;
  const auto kind = in.get<std::uint8_t>();
  const auto reserved8 = in.get<std::uint8_t>();
  const auto reserved16 = in.get<std::uint16_t>();
  BlockHeader header;
  header.partition = in.get<std::uint32_t>();
  header.count = in.get<std::uint32_t>();
  header.base = in.get<std::int64_t>();
  header.write_at = in.get<std::uint32_t>();
  header.payload_bytes = in.get<std::uint32_t>();
  header.payload_sum = in.get<std::uint64_t>();
  if (in.get<std::uint64_t>() != checksum(bytes.first(kSummedBytes), salt + at)) return std::nullopt;
  if (kind < 1 || kind > 4 || reserved8 != 0 || reserved16 != 0) return std::nullopt;
  if (header.payload_bytes > kMaxPayloadBytes || header.write_at > at) return std::nullopt;
  if (header.base < 0 || header.base > 2 * kMaxOffset) return std::nullopt;  // Sums of offsets stay numbers.
  header.kind = static_cast<BlockKind>(kind);
  return header;
}

}  // namespace fanfinity::log
