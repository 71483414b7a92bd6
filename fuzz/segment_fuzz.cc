// What the embedded log may find on its disk. Checksums stop random bytes early, so most inputs are scripts:
// of segments with right checksums and strange contents, and of the life of a log that the power leaves or
// the disk damages. Whatever is found: no crash, and nothing is read that was not written.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/segment/lives.h"
#include "fuzz/segment/scripts.h"

namespace fanfinity::fuzz {
namespace {

void check_record(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  ByteReader skipped(bytes);
  const auto record = decode_record(in);
  const bool whole = skip_record(skipped);
  if (!record) return;
  require(whole && skipped.left() == in.left(), "a record that can be read can be skipped");
  std::vector<std::byte> again(encoded_bytes(*record));
  ByteWriter out(again.data());
  encode(*record, out);
  require(std::ranges::equal(again, bytes.first(bytes.size() - in.left())),
          "a record is written as it was read");
}

void check_checkpoint(std::span<const std::byte> bytes) {
  const auto checkpoint = Checkpoint::decode(bytes);
  if (!checkpoint) return;
  require(std::ranges::equal(checkpoint->encode(), bytes), "a checkpoint is written as it was read");
}

/// The bytes as a header, as they are and with the right checksum.
void check_headers(std::span<const std::byte> bytes) {
  static_cast<void>(parse_segment_header(bytes));
  constexpr std::size_t kSummed = kBlockHeaderBytes - sizeof(std::uint64_t);
  std::array<std::byte, kBlockHeaderBytes> header{};
  std::ranges::copy(bytes.first(std::min(bytes.size(), header.size())), header.begin());
  const auto summed = std::span(header).first<kSummed>();
  ByteWriter sum(header.data() + kSummed);
  sum.put(checksum(summed, 0));
  if (const auto found = parse_segment_header(header)) {
    require(found->bytes >= kMinSegmentBytes && found->bytes <= kMaxSegmentBytes,
            "a segment's size is bounded");
  }
  const auto at = kSegmentHeaderBytes + bytes.size();
  static_cast<void>(parse_block_header(header, at, 0));
  ByteWriter(header.data() + kSummed).put(checksum(summed, at));
  if (const auto found = parse_block_header(header, at, 0)) {
    require(found->payload_bytes <= kMaxPayloadBytes, "a payload is bounded");
    require(found->write_at <= at, "a block is not before the write it is part of");
    require(!parse_block_header(header, at + kBlockAlignment, 0) && !parse_block_header(header, at, 1),
            "a block is valid in one place of one life");
  }
}

}  // namespace
}  // namespace fanfinity::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fanfinity::fuzz;
  Input in(std::as_bytes(std::span(data, size)));
  const auto kind = in.below(5);
  check_record(in.rest());
  check_checkpoint(in.rest());
  check_headers(in.rest());
  if (kind == 1) check_journal_script(in);
  if (kind == 2) check_commit_script(in);
  if (kind == 3) JournalLife(in).run();
  if (kind == 4) CommitLife(in).run();
  return 0;
}
