#include "log/commit_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log_line.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::string_view kPrefix = "commits";
constexpr std::string_view kSpareName = "commits.spare";
constexpr std::string_view kNewName = "commits.new";
constexpr std::uint32_t kTag = 3;
constexpr std::int64_t kNoOffset = -1;
constexpr std::size_t kCommitBytes = 1 + 4 + 8 + 2;

std::size_t encoded_bytes(const Committed& committed) {
  return kCommitBytes + committed.metadata.size();
}

void encode(std::size_t slot, std::uint32_t partitions, const Committed& committed, ByteWriter& out) {
  out.put(static_cast<std::uint8_t>(slot / partitions));
  out.put(static_cast<std::uint32_t>(slot % partitions));
  out.put(committed.offset ? number(*committed.offset) : kNoOffset);
  out.put(static_cast<std::uint16_t>(committed.metadata.size()));
  out.put(std::string_view(committed.metadata));
}

}  // namespace

CommitStore::CommitStore(FileSystem& files, std::filesystem::path directory, std::uint32_t partitions,
                         Poison& poison)
    : files_(files),
      directory_(std::move(directory)),
      partitions_(partitions),
      poison_(poison),
      committed_(2 * std::size_t{partitions}) {}

Result<std::unique_ptr<CommitStore>> CommitStore::open(FileSystem& files, std::filesystem::path directory,
                                                       std::uint32_t partitions, bool create,
                                                       Poison& poison) {
  std::unique_ptr<CommitStore> store(new CommitStore(files, std::move(directory), partitions, poison));
  // The second file exists from the start, so that no commit ever needs new disk space.
  auto status = create ? store->rotate() : store->recover();
  if (status && create) status = store->ensure_spare();
  if (!status) return status.error();
  return store;
}

std::size_t CommitStore::slot(Stream stream, PartitionId partition) const {
  return static_cast<std::size_t>(stream) * partitions_ + number(partition);
}

Status CommitStore::commit(Stream stream, PartitionId partition, Offset offset, std::string_view metadata) {
  if (metadata.size() > kMaxCommitMetadataBytes) {
    return Error{Errc::kInvalid, fmt::format("Commit metadata of {} bytes: at most {} are kept.",
                                             metadata.size(), kMaxCommitMetadataBytes)};
  }
  const std::lock_guard lock(mutex_);
  if (auto status = poison_.check(); !status) return status;
  const auto index = slot(stream, partition);
  Committed committed{offset, std::string(metadata)};
  std::vector<std::byte> payload(encoded_bytes(committed));
  ByteWriter out(payload.data());
  encode(index, partitions_, committed, out);

  Status status;
  if (tail_ + kBlockHeaderBytes + padded(payload.size()) > segment_->header.bytes) status = rotate();
  if (status) status = write_block(BlockKind::kCommits, payload, 1);
  if (!status) {
    poison_.set(status.error());
    return Error{Errc::kUnknownOutcome, status.error().detail};
  }
  committed_[index] = std::move(committed);
  ++commits_;
  return {};
}

Committed CommitStore::committed(Stream stream, PartitionId partition) const {
  if (stream == Stream::kDead) return {};
  const std::lock_guard lock(mutex_);
  return committed_[slot(stream, partition)];
}

std::vector<Offset> CommitStore::offsets(Stream stream) const {
  const std::lock_guard lock(mutex_);
  std::vector<Offset> offsets(partitions_);
  for (std::uint32_t p = 0; p < partitions_; ++p) {
    offsets[p] = committed_[slot(stream, PartitionId{p})].offset.value_or(Offset{0});
  }
  return offsets;
}

std::uint64_t CommitStore::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

void CommitStore::mark_end() {
  const std::lock_guard lock(mutex_);
  if (commits_ == 0 || poison_.is_set() || tail_ + kBlockHeaderBytes > segment_->header.bytes) return;
  static_cast<void>(write_block(BlockKind::kEndMark, {}, 0));  // Nothing depends on it.
}

Status CommitStore::write_block(BlockKind kind, std::span<const std::byte> payload, std::uint32_t count) {
  std::vector<std::byte> block(kBlockHeaderBytes + padded(payload.size()));
  const BlockHeader header{.kind = kind, .count = count, .write_at = static_cast<std::uint32_t>(tail_)};
  seal_block(header, tail_, segment_->header.salt, payload, block.data());
  if (!payload.empty()) std::memcpy(block.data() + kBlockHeaderBytes, payload.data(), payload.size());
  if (auto status = write_fully(*segment_->file, tail_, block); !status) return status;
  if (auto status = segment_->file->sync(); !status) return status;
  tail_ += block.size();
  return {};
}

Status CommitStore::rotate() {
  const auto spare = directory_ / kSpareName;
  if (auto status = ensure_spare(); !status) return status;
  auto file = files_.open(spare, OpenMode::kExisting);
  if (!file) return file.error();
  const auto sequence = segment_ ? segment_->header.sequence + 1 : 1;
  auto header = write_segment_header(**file, kTag, sequence, kCommitSegmentBytes);
  if (!header) return header.error();

  auto before = std::move(segment_);
  const auto path = directory_ / segment_name(kPrefix, sequence);
  segment_ = std::make_shared<Segment>(Segment{path, std::move(file).value(), *header});
  tail_ = kSegmentHeaderBytes;
  // The name comes after the contents: whatever bears it is whole.
  if (auto status =
          write_block(BlockKind::kCommits, encode_all(), static_cast<std::uint32_t>(committed_.size()));
      !status) {
    return status;
  }
  if (auto status = files_.rename(spare, path); !status) return status;
  if (before) return files_.rename(before->path, spare);
  return {};
}

std::vector<std::byte> CommitStore::encode_all() const {
  std::size_t bytes = 0;
  for (const auto& committed : committed_) bytes += encoded_bytes(committed);
  std::vector<std::byte> payload(bytes);
  ByteWriter out(payload.data());
  for (std::size_t i = 0; i < committed_.size(); ++i) encode(i, partitions_, committed_[i], out);
  return payload;
}

bool CommitStore::decode(std::span<const std::byte> payload, std::uint32_t count) {
  ByteReader in(payload);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto stream = in.get<std::uint8_t>();
    const auto partition = in.get<std::uint32_t>();
    const auto offset = in.get<std::int64_t>();
    const auto length = in.get<std::uint16_t>();
    auto metadata = in.text(length);
    if (!in.ok() || stream > 1 || partition >= partitions_ || offset < kNoOffset) return false;
    auto& committed = committed_[slot(static_cast<Stream>(stream), PartitionId{partition})];
    committed.offset = offset == kNoOffset ? std::nullopt : std::optional(Offset{offset});
    committed.metadata = std::move(metadata);
  }
  return in.left() == 0;
}

Status CommitStore::recover() {
  auto entries = files_.list(directory_);
  if (!entries) return entries.error();
  std::vector<std::uint64_t> sequences;
  for (const auto& entry : *entries) {
    if (const auto sequence = parse_segment_name(kPrefix, entry.name)) sequences.push_back(*sequence);
  }
  if (sequences.empty()) {
    return Error{Errc::kCorrupt, fmt::format("The {}-* file in {} is missing: restore it, or move the "
                                             "directory away to start with an empty log.",
                                             kPrefix, directory_.string())};
  }
  std::ranges::sort(sequences, std::greater());
  if (auto status = recover_segment(sequences.front()); !status) return status;
  // A crash between the two renames of `rotate` leaves the one before.
  for (const auto old : sequences) {
    if (old == sequences.front()) continue;
    if (auto status = files_.rename(directory_ / segment_name(kPrefix, old), directory_ / kSpareName);
        !status) {
      return status;
    }
  }
  return ensure_spare();
}

Status CommitStore::ensure_spare() {
  if (files_.open(directory_ / kSpareName, OpenMode::kExisting)) return {};
  const auto fresh = directory_ / kNewName;
  const auto file = create_zeroed(files_, fresh, kCommitSegmentBytes);
  if (!file) return file.error();
  return files_.rename(fresh, directory_ / kSpareName);
}

Status CommitStore::recover_segment(std::uint64_t sequence) {
  auto segment = open_segment(files_, directory_ / segment_name(kPrefix, sequence), kTag, sequence);
  if (!segment) return segment.error();
  const auto visit = [&](const BlockHeader& header, std::uint64_t at, std::span<const std::byte> payload) {
    if (header.kind == BlockKind::kEndMark && at != kSegmentHeaderBytes) return Status();
    if (header.kind == BlockKind::kCommits && decode(payload, header.count)) return Status();
    return Status(corrupt_block(**segment, at, "There is no valid commit"));
  };
  const auto scan = scan_segment(**segment, visit);
  if (!scan) return scan.error();
  if (scan->end == kSegmentHeaderBytes) {
    return corrupt_block(**segment, kSegmentHeaderBytes, "There is no valid checkpoint of the commits");
  }
  if (auto status = erase_torn(**segment, *scan); !status) return status;
  if (auto status = (*segment)->file->sync(); !status) return status;
  segment_ = std::move(segment).value();
  tail_ = scan->end;
  return {};
}

}  // namespace fanfinity::log
