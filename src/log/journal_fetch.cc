// Reading a journal: waiting for records, finding and decoding them.

#include <algorithm>
#include <utility>

#include "log/journal.h"

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

/// What one fetch has collected.
struct Journal::Reading {
  PartitionId partition{};
  Offset end{};
  FetchLimits limits;
  Fetched& out;
  std::size_t count = 0;  ///< Of the records in `out`; what lies behind them is left over from before.
  std::size_t bytes = 0;
  bool full = false;

  [[nodiscard]] bool done() const { return full || out.next >= end; }
  /// Takes records of a block that holds out.next. False when the payload is not what it should be.
  bool take(const BlockHeader& header, std::span<const std::byte> payload) {
    ByteReader in(payload);
    for (auto offset = Offset{header.base}; offset < out.next; offset = offset + 1) {
      if (!skip_record(in)) return false;
    }
    const auto block_end = Offset{header.base} + header.count;
    while (out.next < block_end && !done()) {
      const auto before = in.left();
      if (count == out.records.size()) out.records.emplace_back();
      FetchedRecord& fetched = out.records[count];
      if (!decode_record(in, fetched.record)) return false;
      bytes += before - in.left();
      full = count > 0 && bytes > limits.max_bytes;
      if (full) break;
      fetched.offset = out.next;
      out.next = out.next + 1;
      full = ++count >= limits.max_records || bytes >= limits.max_bytes;
    }
    return true;
  }
};

Status Journal::fetch(PartitionId partition, Offset from, const FetchLimits& limits,
                      const std::stop_token& stop, ReadCursor& cursor, Fetched& into) {
  if (number(partition) >= config_.partitions) {
    return Error{Errc::kNotFound, "The stream has no such partition."};
  }
  const auto end = wait_for(partition, from, limits.max_wait, stop);
  if (!end) return end.error();
  into.next = from;
  into.end = *end;
  Reading reading{partition, *end, limits, into};
  auto read = from == *end || limits.max_records == 0 ? Status() : read_segments(reading, cursor);
  into.records.resize(reading.count);
  return read;
}

Result<Fetched> Journal::fetch(PartitionId partition, Offset from, const FetchLimits& limits,
                               const std::stop_token& stop, ReadCursor& cursor) {
  Fetched fetched;
  if (auto read = fetch(partition, from, limits, stop, cursor, fetched); !read) return read.error();
  return fetched;
}

Status Journal::read_segments(Reading& reading, ReadCursor& cursor) const {
  const auto removed = [] { return Error{Errc::kNotFound, "The records at this offset have been removed."}; };
  const Offset from = reading.out.next;
  std::optional<Place> place;
  {
    const std::lock_guard lock(mutex_);
    if (from < bounds_locked(reading.partition).begin) return removed();
    place = locate(reading.partition, from, cursor);
  }
  while (place) {
    if (auto status = read_segment(*place, reading, cursor); !status) return status;
    if (reading.done()) return {};
    place = following(place->segment->header.sequence);
  }
  // The group consumed what comes next while somebody else was reading it.
  return reading.count > 0 ? Status() : Status(removed());
}

Result<Offset> Journal::wait_for(PartitionId partition, Offset from, std::chrono::milliseconds max_wait,
                                 const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + max_wait;
  std::unique_lock lock(mutex_);
  const auto outside = [&] {
    const auto [begin, end] = bounds_locked(partition);
    return from < begin || from > end;
  };
  const auto& end = end_[number(partition)];
  if (!outside() && from == end && max_wait > std::chrono::milliseconds::zero()) {
    auto& waiters = *waiters_[number(partition)];
    ++waiters.count;
    waiters.published.wait_until(lock, stop, deadline, [&] { return from != end; });
    --waiters.count;
    if (from == end && stop.stop_requested()) {
      return Error{Errc::kStopped, "The wait for records was stopped."};
    }
  }
  if (outside()) {
    return Error{Errc::kNotFound, "The offset is outside of what the partition holds."};
  }
  return end;
}

Journal::Place Journal::locate(PartitionId partition, Offset offset, const ReadCursor& cursor) const {
  if (cursor.sequence >= used_.front().segment->header.sequence && cursor.offset == offset) {
    const auto& used = used_[cursor.sequence - used_.front().segment->header.sequence];
    return {used.segment, cursor.at, used.end};
  }
  const auto starts_after = [&](Offset o, const Used& used) { return o < used.first[number(partition)]; };
  const auto& used = *std::prev(std::upper_bound(used_.begin(), used_.end(), offset, starts_after));
  return {used.segment, used.index.find(partition, offset), used.end};
}

std::optional<Journal::Place> Journal::following(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto oldest = used_.front().segment->header.sequence;
  if (sequence + 1 < oldest || sequence + 1 - oldest >= used_.size()) return std::nullopt;
  const auto& used = used_[sequence + 1 - oldest];
  return Place{used.segment, kSegmentHeaderBytes, used.end};
}

Status Journal::read_segment(const Place& place, Reading& reading, ReadCursor& cursor) const {
  const auto& segment = *place.segment;
  ReadBuffer buffer = std::exchange(cursor.buffer, {});
  if (cursor.sequence != segment.header.sequence) buffer.filled = buffer.verified = 0;
  BlockReader reader(*segment.file, segment.header.salt, place.at, place.limit, std::move(buffer));
  while (!reading.done() && reader.at() < place.limit) {
    const auto header = reader.header();
    if (!header) return header.error();
    if (!*header) return corrupt_block(segment, reader.at(), "There is no valid block");
    const auto block_end = Offset{(*header)->base} + (*header)->count;
    const bool wanted = (*header)->kind == BlockKind::kRecords &&
                        (*header)->partition == number(reading.partition) && block_end > reading.out.next;
    if (wanted) {
      const auto payload = reader.payload(**header);
      if (!payload) return payload.error();
      if (!*payload) return corrupt_block(segment, reader.at(), "The records do not match their checksum");
      if (Offset{(*header)->base} > reading.out.next || !reading.take(**header, **payload)) {
        return corrupt_block(segment, reader.at(), "A block is not what its place asks for");
      }
      if (reading.out.next < block_end) break;  // The next fetch goes on inside this block.
    }
    reader.skip(**header);
  }
  cursor.sequence = segment.header.sequence;
  cursor.at = reader.at();
  cursor.offset = reading.out.next;
  cursor.buffer = reader.take_buffer();
  return {};
}

}  // namespace fanfinity::log
