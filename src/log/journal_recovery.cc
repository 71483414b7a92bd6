// Opening a journal: what a process before left behind, after whatever end it came to.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log_line.h"
#include "log/journal.h"

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

namespace {

std::optional<Checkpoint> checkpoint_of(const BlockHeader& header, std::span<const std::byte> payload,
                                        std::uint32_t partitions) {
  if (header.kind != BlockKind::kCheckpoint) return std::nullopt;
  auto checkpoint = Checkpoint::decode(payload);
  if (!checkpoint || checkpoint->next.size() != partitions) return std::nullopt;
  return checkpoint;
}

Result<Checkpoint> read_checkpoint(const Segment& segment, std::uint32_t partitions) {
  BlockReader reader(*segment.file, segment.header.salt, kSegmentHeaderBytes, segment.header.bytes);
  const auto header = reader.header();
  if (!header) return header.error();
  if (*header) {
    const auto payload = reader.payload(**header);
    if (!payload) return payload.error();
    if (*payload) {
      if (auto checkpoint = checkpoint_of(**header, **payload, partitions)) return *checkpoint;
    }
  }
  return corrupt_block(segment, kSegmentHeaderBytes, "There is no valid checkpoint");
}

}  // namespace

struct Journal::Found {
  std::vector<std::uint64_t> sequences;
  std::vector<FileSystem::Entry> spares;
};

Result<std::unique_ptr<Journal>> Journal::open(JournalConfig config, bool create) {
  std::unique_ptr<Journal> journal(new Journal(std::move(config)));
  auto status = create ? journal->create() : journal->recover();
  if (!status) return status.error();
  return journal;
}

Status Journal::create() {
  const auto prefix = to_string(config_.stream);
  const auto path = config_.directory / segment_name(prefix, 1);
  auto file = create_zeroed(*config_.files, path, config_.segment_bytes);
  if (!file) return file.error();
  auto header =
      write_segment_header(**file, static_cast<std::uint32_t>(config_.stream), 1, config_.segment_bytes);
  if (!header) return header.error();
  if (auto status = (*file)->sync(); !status) return status;
  auto segment = std::make_shared<Segment>(Segment{path, std::move(file).value(), *header});
  supply_.adopt_used(*segment);
  adopt_first(std::move(segment));
  return {};
}

void Journal::adopt_first(std::shared_ptr<Segment> segment) {
  smallest_segment_ = std::min(smallest_segment_, segment->header.bytes);
  active_ = segment;
  tail_ = kSegmentHeaderBytes;
  pending_ = Checkpoint{0, next_};
  active_first_ = next_;
  used_.push_back({std::move(segment), next_, kSegmentHeaderBytes, OffsetIndex(config_.partitions), 0});
}

Result<Journal::Found> Journal::find_files() const {
  auto entries = config_.files->list(config_.directory);
  if (!entries) return entries.error();
  const auto prefix = std::string(to_string(config_.stream));
  Found found;
  for (auto& entry : *entries) {
    if (const auto sequence = parse_segment_name(prefix, entry.name)) {
      found.sequences.push_back(*sequence);
    } else if (entry.name.starts_with(prefix + "-") && entry.name.ends_with(".spare")) {
      found.spares.push_back(std::move(entry));
    } else if (entry.name.starts_with(prefix + "-") && entry.name.ends_with(".new")) {
      // It was not yet zeroed wholly.
      if (auto status = config_.files->remove(config_.directory / entry.name); !status) return status.error();
    }
  }
  std::ranges::sort(found.sequences);
  return found;
}

Status Journal::recover() {
  auto found = find_files();
  if (!found) return found.error();
  const auto prefix = to_string(config_.stream);
  const auto gap = std::ranges::adjacent_find(found->sequences, [](auto a, auto b) { return b != a + 1; });
  if (found->sequences.empty() || gap != found->sequences.end()) {
    const auto missing = found->sequences.empty() ? 1 : *gap + 1;
    return Error{Errc::kCorrupt,
                 fmt::format("{} is missing: restore it, or move the log's directory away to start with an "
                             "empty log.",
                             (config_.directory / segment_name(prefix, missing)).string())};
  }
  std::vector<std::shared_ptr<Segment>> segments;
  for (const auto sequence : found->sequences) {
    auto segment = open_segment(*config_.files, config_.directory / segment_name(prefix, sequence),
                                static_cast<std::uint32_t>(config_.stream), sequence);
    if (!segment) return segment.error();
    segments.push_back(std::move(segment).value());
  }
  if (auto status = recover_segments(std::move(segments)); !status) return status;
  for (const auto& spare : found->spares) supply_.adopt_spare(config_.directory / spare.name, spare.bytes);
  return {};
}

Status Journal::recover_segments(std::vector<std::shared_ptr<Segment>> segments) {
  // From the newest backwards to the one that was written last: those beyond it are prepared, not written.
  std::vector<std::shared_ptr<Segment>> prepared;
  for (;;) {
    const auto written = recover_written(segments.back());
    if (!written) return written.error();
    if (*written) break;
    if (segments.size() == 1) {
      if (segments.back()->header.sequence != 1) {
        return corrupt_block(*segments.back(), kSegmentHeaderBytes, "There is no valid checkpoint");
      }
      adopt_first(segments.back());
      break;
    }
    prepared.push_back(std::move(segments.back()));
    segments.pop_back();
  }
  supply_.adopt_used(*segments.back());
  segments.pop_back();
  for (; !segments.empty(); segments.pop_back()) {
    if (auto status = recover_sealed(segments.back()); !status) return status;
    supply_.adopt_used(*segments.back());
  }
  std::ranges::reverse(prepared);
  for (auto& segment : prepared) {
    smallest_segment_ = std::min(smallest_segment_, segment->header.bytes);
    supply_.adopt_ready(std::move(segment));
  }
  return {};
}

Result<bool> Journal::recover_written(const std::shared_ptr<Segment>& segment) {
  Used used{segment, {}, kSegmentHeaderBytes, OffsetIndex(config_.partitions), 0};
  std::vector<Offset> next;
  const auto visit = [&](const BlockHeader& header, std::uint64_t at, std::span<const std::byte> payload) {
    if (at == kSegmentHeaderBytes) {
      auto checkpoint = checkpoint_of(header, payload, config_.partitions);
      if (!checkpoint) return Status(corrupt_block(*segment, at, "There is no valid checkpoint"));
      used.previous_end = checkpoint->previous_end;
      used.first = next = std::move(checkpoint->next);
      return Status();
    }
    if (header.kind == BlockKind::kEndMark) return Status();
    if (header.kind != BlockKind::kRecords || header.partition >= config_.partitions ||
        Offset{header.base} != next[header.partition]) {
      return Status(corrupt_block(*segment, at, "A block is out of order"));
    }
    used.index.add(PartitionId{header.partition}, Offset{header.base}, at);
    next[header.partition] = next[header.partition] + header.count;
    return Status();
  };
  const auto scan = scan_segment(*segment, visit);
  if (!scan) return scan.error();
  if (scan->torn_end > scan->end) {
    base::log_line(base::Level::kWarn,
                   "The log ended in a write that was cut short and never acknowledged; "
                   "it was dropped.",
                   {{"file", segment->path.string()}, {"at", scan->end}});
    if (auto status = erase_torn(*segment, *scan); !status) return status.error();
  }
  if (scan->end == kSegmentHeaderBytes) return false;
  // Nobody counts so far; what is written there could not be read again.
  if (std::ranges::any_of(next, [](Offset end) { return number(end) > kMaxOffset; })) {
    return corrupt_block(*segment, kSegmentHeaderBytes, "An offset is impossible");
  }
  // The last write may still be in the page cache alone, and readers must see only what is durable.
  if (auto status = segment->file->sync(); !status) return status.error();
  used.end = scan->end;
  active_ = segment;
  tail_ = scan->end;
  active_first_ = used.first;
  next_ = end_ = std::move(next);
  used_.push_back(std::move(used));
  return true;
}

Status Journal::recover_sealed(const std::shared_ptr<Segment>& segment) {
  // Its records are checked when they are read: a long backlog must not make the start slow.
  auto checkpoint = read_checkpoint(*segment, config_.partitions);
  if (!checkpoint) return checkpoint.error();
  const auto& after = used_.front();
  const bool ordered = std::ranges::equal(checkpoint->next, after.first, std::ranges::less_equal());
  if (!ordered || after.previous_end <= kSegmentHeaderBytes || after.previous_end > segment->header.bytes) {
    return corrupt_block(*after.segment, kSegmentHeaderBytes,
                         "The checkpoint contradicts the segment before");
  }
  used_.push_front({segment, std::move(checkpoint->next), after.previous_end, OffsetIndex(config_.partitions),
                    checkpoint->previous_end});
  return {};
}

}  // namespace fanfinity::log
