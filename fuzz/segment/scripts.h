#pragma once
// Segments with right checksums and strange contents.

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fuzz/segment/journals.h"
#include "log/checkpoint.h"
#include "log/poison.h"
#include "log/segment.h"

namespace fanfinity::fuzz {

constexpr std::uint32_t kCommitsTag = 3;
constexpr std::string_view kCommitsPrefix = "commits";
constexpr std::string_view kCommitsSpare = "commits.spare";

/// Writes segments as the input says: by default what the log would write, by its flags anything else.
class SegmentScript {
 public:
  SegmentScript(Input& in, MemoryDisk& disk, std::uint32_t partitions)
      : in_(in), disk_(disk), partitions_(partitions) {
    // Nobody counts up to 2^62.
    for (std::uint32_t p = 0; p < partitions; ++p) next_.push_back(Offset{in.get<std::uint8_t>()});
  }

  void write(std::string_view prefix, std::uint32_t tag, std::uint64_t sequence) {
    const auto strange = in_.get<std::uint8_t>();
    SegmentHeader header{tag, sequence, in_.get<std::uint8_t>(), kMinSegmentBytes};
    if ((strange & 1U) != 0) header.tag = in_.get<std::uint8_t>();
    if ((strange & 2U) != 0) header.sequence = in_.get<std::uint8_t>();
    if ((strange & 4U) != 0) header.bytes += in_.get<std::uint16_t>();
    auto& contents = disk_.add(segment_name(prefix, sequence), header.bytes);
    write_header(header, contents.open(0, kSegmentHeaderBytes));
    auto at = kSegmentHeaderBytes;
    auto write_at = at;
    for (auto blocks = in_.below(12); blocks > 0; --blocks) {
      at = add_block(tag == kCommitsTag, header, contents, at, write_at);
    }
    previous_end_ = at;
  }

  static void write_header(const SegmentHeader& header, std::span<std::byte> page) {
    constexpr std::size_t kSummed = 40;
    ByteWriter out(page.data());
    out.put(std::string_view("FANFLOG1"));
    out.put(std::uint32_t{1});
    out.put(header.tag);
    out.put(header.sequence);
    out.put(header.salt);
    out.put(header.bytes);
    out.put(checksum(page.first(kSummed), 0));
  }

 private:
  std::uint64_t add_block(bool commits, const SegmentHeader& segment, Contents& contents, std::uint64_t at,
                          std::uint64_t& write_at) {
    const auto strange = in_.get<std::uint8_t>();
    BlockHeader block;
    block.kind = commits                     ? BlockKind::kCommits
                 : at == kSegmentHeaderBytes ? BlockKind::kCheckpoint
                                             : BlockKind::kRecords;
    if ((strange & 1U) != 0) block.kind = BlockKind{static_cast<std::uint8_t>(in_.below(6))};
    const auto partition = in_.below(partitions_);
    block.partition = static_cast<std::uint32_t>(partition);
    if (block.kind == BlockKind::kRecords) block.base = number(next_[partition]);
    auto payload = make_payload(block);
    if ((strange & 2U) != 0) {
      const auto raw = in_.take(in_.get<std::uint8_t>());
      payload.assign(raw.begin(), raw.end());
    }
    if ((strange & 4U) != 0) block.partition = in_.get<std::uint32_t>();
    if ((strange & 8U) != 0) block.base = static_cast<std::int64_t>(in_.get<std::uint64_t>() >> 2U);
    if ((strange & 16U) != 0) block.count = in_.get<std::uint32_t>();
    if ((strange & 32U) != 0) at += kBlockAlignment * (1 + in_.below(16));
    if ((strange & 64U) == 0) write_at = at;  // Else it is part of the write before.
    block.write_at = static_cast<std::uint32_t>((strange & 128U) != 0 ? in_.get<std::uint16_t>() : write_at);
    const auto whole = kBlockHeaderBytes + padded(payload.size());
    if (at + whole > segment.bytes) return at;
    if (block.kind == BlockKind::kRecords) next_[partition] = Offset{block.base} + block.count;
    const auto there = contents.open(at, whole);
    seal_block(block, at, segment.salt, payload, there.data());
    std::ranges::copy(payload, there.begin() + kBlockHeaderBytes);
    return at + whole;
  }

  std::vector<std::byte> make_payload(BlockHeader& block) {
    std::vector<std::byte> payload;
    switch (block.kind) {
      case BlockKind::kRecords:
        block.count = static_cast<std::uint32_t>(1 + in_.below(4));
        for (std::uint32_t i = 0; i < block.count; ++i) {
          const auto record = make_record(in_);
          const auto before = payload.size();
          payload.resize(before + encoded_bytes(record));
          ByteWriter out(payload.data() + before);
          encode(record, out);
        }
        break;
      case BlockKind::kCheckpoint:
        return Checkpoint{previous_end_, next_}.encode();
      case BlockKind::kCommits:
        block.count = static_cast<std::uint32_t>(1 + in_.below(4));
        for (std::uint32_t i = 0; i < block.count; ++i) {
          const auto where = in_.get<std::uint8_t>();
          append_commit(where % 3U, where / 3U % (partitions_ + 1), in_.get<std::uint8_t>() - std::int64_t{2},
                        in_.text(in_.get<std::uint8_t>()), payload);
        }
        break;
      case BlockKind::kEndMark:
        break;
    }
    return payload;
  }

  Input& in_;
  MemoryDisk& disk_;
  const std::uint32_t partitions_;
  std::vector<Offset> next_;
  std::uint64_t previous_end_ = 0;
};

/// Where a file was changed.
struct Damage {
  const Contents* file = nullptr;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

inline Damage damage(MemoryDisk& disk, Input& in) {
  std::vector<std::shared_ptr<Contents>> segments;
  for (const auto& [name, contents] : disk.files) {
    if (name.ends_with(".seg")) segments.push_back(contents);
  }
  auto file = segments[in.below(segments.size())];
  const auto kind = in.below(5);
  auto at = std::min<std::uint64_t>(in.get<std::uint16_t>(), file->size - 1);
  if (kind == 0) {
    file->open(at, 1)[0] ^= std::byte{1} << in.below(8);
    return {file.get(), at, at + 1};
  }
  if (kind == 1) {
    const auto end = file->size;
    file->cut(std::max<std::uint64_t>(at, 1));
    return {file.get(), at, end};
  }
  // Zeros, or bytes of another place, perhaps right behind the newest ones.
  const bool behind = kind == 4 && disk.last.file && disk.last.end < disk.last.file->size;
  if (behind) std::tie(file, at) = std::tuple(disk.last.file, padded(disk.last.end));
  std::vector<std::byte> bytes(std::min<std::uint64_t>(1 + in.below(8192), file->size - at));
  if (kind != 2) {
    const auto& source = *segments[in.below(segments.size())];
    source.read(kSegmentHeaderBytes + kBlockAlignment * in.get<std::uint16_t>(), bytes);
  }
  std::ranges::copy(bytes, file->open(at, bytes.size()).begin());
  return {file.get(), at, at + bytes.size()};
}

inline void check_journal_script(Input& in) {
  MemoryDisk disk;
  const auto partitions = static_cast<std::uint32_t>(1 + in.below(3));
  SegmentScript script(in, disk, partitions);
  const auto first = 1 + in.below(3);
  const auto segments = 1 + in.below(3);
  for (std::size_t i = 0; i < segments; ++i) script.write("events", 0, first + i);
  for (auto times = in.below(3); times > 0; --times) damage(disk, in);

  const auto config = journal_config(disk, Stream::kEvents, partitions, 1ULL << 40U);
  auto journal = Journal::open(config, false);
  if (!journal) return require(journal.error().code == Errc::kCorrupt, "what cannot be opened is corrupt");
  std::vector<Journal::Bounds> bounds;
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto read = read_all(**journal, PartitionId{p}, in);
    require(read || read.error().code == Errc::kCorrupt || read.error().code == Errc::kNotFound,
            "what cannot be read is corrupt or missing");
    bounds.push_back((*journal)->bounds(PartitionId{p}));
  }

  Append append;
  append.records.push_back(make_record(in));
  append.bytes = encoded_bytes(append.records.front());
  (*journal)->supply().replenish();
  require((*journal)->write(std::span(&append, 1)).ok() && (*journal)->sync(),
          "an open journal takes records");
  (*journal)->publish();
  const auto partition = append.last.partition;
  require(append.last.offset == bounds[number(partition)].end, "a record gets the next offset");

  auto again = Journal::open(config, false);
  require(again.ok(), "what was opened and written can be opened again");
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto [begin, end] = (*again)->bounds(PartitionId{p});
    require(begin == bounds[p].begin, "a partition begins where it began");
    require(end == bounds[p].end + (p == number(partition) ? 1 : 0), "a partition ends where it ended");
  }
  ReadCursor cursor;
  const auto fetched = (*again)->fetch(partition, append.last.offset, {1, 1, {}}, {}, cursor);
  require(
      fetched && fetched->records.size() == 1 && fetched->records.front().record == append.records.front(),
      "a record that was added reads back");
}

inline void check_commit_script(Input& in) {
  MemoryDisk disk;
  disk.add(kCommitsSpare, kCommitSegmentBytes);
  const auto partitions = static_cast<std::uint32_t>(1 + in.below(3));
  SegmentScript script(in, disk, partitions);
  const auto first = 1 + in.below(3);
  const auto segments = 1 + in.below(2);
  for (std::size_t i = 0; i < segments; ++i) script.write(kCommitsPrefix, kCommitsTag, first + i);
  for (auto times = in.below(3); times > 0; --times) damage(disk, in);

  Poison poison;
  auto store = CommitStore::open(disk, "/log", partitions, false, poison);
  if (!store) return require(store.error().code == Errc::kCorrupt, "what cannot be opened is corrupt");
  auto expected = all_commits(**store, partitions);
  require((*store)->commit(Stream::kEvents, PartitionId{0}, Offset{7}, "v1").ok(),
          "an open store takes commits");
  expected[0] = {Offset{7}, "v1"};
  auto again = CommitStore::open(disk, "/log", partitions, false, poison);
  require(again && same(all_commits(**again, partitions), expected), "commits read back");
}

}  // namespace fanfinity::fuzz
