// Reading segments: block by block, and whole after a crash.

#include <algorithm>

#include "log/segment.h"

namespace fanfinity::log {
namespace {

using base::Result;
using base::Status;

// Small blocks are read many at a time. Of large ones most may belong to other partitions, so nothing is
// read but their headers until one is asked for.
constexpr std::size_t kReadChunk = 256U << 10U;
constexpr std::size_t kLargeBlock = 32U << 10U;
constexpr std::size_t kHeaderChunk = 512;
constexpr std::size_t kProbeChunk = 1U << 20U;

/// One past the last header of this life in [from, segment's end), 0 when there is none; kCorrupt when one
/// belongs to a write that began after `from`.
Result<std::uint64_t> probe_beyond(const Segment& segment, std::uint64_t from) {
  const auto ahead = segment.header.bytes - std::min(from, segment.header.bytes);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kProbeChunk, ahead) + kBlockHeaderBytes);
  std::uint64_t last = 0;
  for (auto chunk = from; chunk + kBlockHeaderBytes <= segment.header.bytes; chunk += kProbeChunk) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), segment.header.bytes - chunk);
    const auto got = read_fully(*segment.file, chunk, std::span(buffer).first(wanted));
    if (!got) return got.error();
    for (std::size_t i = 0; i < kProbeChunk && i + kBlockHeaderBytes <= *got; i += kBlockAlignment) {
      std::uint32_t magic = 0;
      std::memcpy(&magic, buffer.data() + i, sizeof magic);
      if (magic != kBlockMagic) continue;
      const auto bytes = std::span(buffer).subspan(i).first<kBlockHeaderBytes>();
      const auto header = parse_block_header(bytes, chunk + i, segment.header.salt);
      if (!header) continue;
      if (header->write_at > from) return corrupt_block(segment, from, "There is no valid block");
      last = chunk + i + kBlockHeaderBytes;
    }
  }
  return last;
}

}  // namespace

BlockReader::BlockReader(File& file, std::uint64_t salt, std::uint64_t at, std::uint64_t limit,
                         ReadBuffer buffer)
    : file_(file), salt_(salt), at_(at), limit_(limit), buffer_(std::move(buffer)) {}

Result<std::span<const std::byte>> BlockReader::bytes(std::uint64_t at, std::size_t count,
                                                      std::size_t ahead) {
  const auto here = [&] {
    return std::span<const std::byte>(buffer_.bytes)
        .first(buffer_.filled)
        .subspan(static_cast<std::size_t>(at - buffer_.at));
  };
  if (at >= buffer_.at && at + count <= buffer_.at + buffer_.filled) return here();
  const auto rest = limit_ > at ? limit_ - at : 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(count, ahead), rest));
  if (buffer_.bytes.size() < wanted) buffer_.bytes.resize(wanted);
  buffer_.filled = 0;
  buffer_.verified = 0;
  const auto got = read_fully(file_, at, std::span(buffer_.bytes).first(wanted));
  if (!got) return got.error();
  buffer_.at = at;
  buffer_.filled = *got;
  return here();
}

Result<std::optional<BlockHeader>> BlockReader::header() {
  const auto available = bytes(at_, kBlockHeaderBytes, large_blocks_ ? kHeaderChunk : kReadChunk);
  if (!available) return available.error();
  if (available->size() < kBlockHeaderBytes) return std::optional<BlockHeader>();
  auto header = parse_block_header(available->first<kBlockHeaderBytes>(), at_, salt_);
  if (header && at_ + header->total_bytes() > limit_) header.reset();
  return header;
}

Result<std::optional<std::span<const std::byte>>> BlockReader::payload(const BlockHeader& header) {
  const auto whole = kBlockHeaderBytes + header.payload_bytes;
  const auto available = bytes(at_, whole, whole + kHeaderChunk);
  if (!available) return available.error();
  if (available->size() < whole) return std::optional<std::span<const std::byte>>();
  const auto payload = available->subspan(kBlockHeaderBytes, header.payload_bytes);
  if (buffer_.verified != at_ && checksum(payload, salt_) != header.payload_sum) {
    return std::optional<std::span<const std::byte>>();
  }
  buffer_.verified = at_;
  return std::optional(payload);
}

void BlockReader::skip(const BlockHeader& header) {
  at_ += header.total_bytes();
  large_blocks_ = header.total_bytes() >= kLargeBlock;
}

Result<SegmentScan> scan_segment(const Segment& segment, const VisitBlock& visit) {
  BlockReader reader(*segment.file, segment.header.salt, kSegmentHeaderBytes, segment.header.bytes);
  for (;;) {
    const auto header = reader.header();
    if (!header) return header.error();
    if (!*header) break;
    const auto payload = reader.payload(**header);
    if (!payload) return payload.error();
    if (!*payload) break;
    if (auto status = visit(**header, reader.at(), **payload); !status) return status.error();
    reader.skip(**header);
  }
  const auto torn_end = probe_beyond(segment, reader.at());
  if (!torn_end) return torn_end.error();
  return SegmentScan{reader.at(), *torn_end};
}

Status erase_torn(const Segment& segment, const SegmentScan& scan) {
  if (scan.torn_end <= scan.end) return {};
  const std::vector<std::byte> zeros(kProbeChunk);
  for (auto at = scan.end; at < scan.torn_end; at += zeros.size()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), scan.torn_end - at));
    if (auto status = write_fully(*segment.file, at, std::span(zeros).first(count)); !status) return status;
  }
  return segment.file->sync();
}

}  // namespace fanfinity::log
