#include "pipeline/range_collector.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"

namespace fanfinity::pipeline {
namespace {

constexpr std::chrono::milliseconds kIdleWait{100};  // For the first record of a batch.
constexpr std::chrono::milliseconds kMoreWait{20};   // For records known to be there.
// Records are read so much at a time, few enough to stay in a core's cache until they have become rows.
constexpr std::size_t kRecordsAtOnce = 1'000;
constexpr std::size_t kBytesAtOnce = 4U << 20U;
// What is small enough to be kept whatever comes.
constexpr std::size_t kSmallMemory = 1U << 20U;

base::Error log_too_short(log::PartitionId partition, const Range& range, log::Offset end) {
  return {base::Errc::kCorrupt,
          "The log of partition " + std::to_string(log::number(partition)) + " ends at " +
              std::to_string(log::number(range.log_end)) + ", but the range [" +
              std::to_string(log::number(range.first)) + ", " + std::to_string(log::number(end)) +
              ") was announced: acknowledged records are missing. Restore the log before starting again."};
}

base::Error record_gone(log::PartitionId partition, log::Offset offset) {
  return {base::Errc::kCorrupt, "The record at offset " + std::to_string(log::number(offset)) +
                                    " of partition " + std::to_string(log::number(partition)) +
                                    " was read once and is gone. Restore the log before starting again."};
}

}  // namespace

RangeCollector::RangeCollector(const WorkerContext& context, const PatientPartition& partition,
                               std::stop_token stop)
    : context_(context),
      partition_(partition),
      stop_(std::move(stop)),
      home_{partition.id(), context.ports.producer.partitions(log::Stream::kEvents)},
      spare_(partition.id(), context.config.topic) {}

Range RangeCollector::begin_at(log::Offset first) {
  Range range{.first = first, .end = first};
  range.events = std::exchange(spare_, store::EventRows(partition_.id(), context_.config.topic));
  return range;
}

void RangeCollector::use_again(store::EventRows rows) {
  // After a backlog ranges are small again.
  const std::size_t used = rows.bytes().size() + rows.keys().size_bytes();
  if (rows.memory() > kSmallMemory && rows.memory() / 4 > used) {
    rows = store::EventRows(partition_.id(), context_.config.topic);
    base::give_memory_back();
  }
  rows.clear();
  spare_ = std::move(rows);
}

log::FetchLimits RangeCollector::room_in(const Range& range) const {
  log::FetchLimits limits;
  const ConsumerConfig& config = context_.config;
  limits.max_records = config.batch_max_events - std::min(config.batch_max_events, range.records);
  limits.max_bytes = config.batch_max_bytes - std::min(config.batch_max_bytes, range.bytes);
  limits.max_wait = range.empty() ? kIdleWait : kMoreWait;
  if (range.at_end) limits.max_wait = std::chrono::milliseconds::zero();
  return limits;
}

base::Status RangeCollector::fetch_into(Range& range, log::FetchLimits limits,
                                        std::optional<log::Offset> until) {
  const base::Timestamp before = context_.ports.clock.now();
  limits.max_records = std::min(limits.max_records, kRecordsAtOnce);
  limits.max_bytes = std::min(limits.max_bytes, kBytesAtOnce);
  if (auto fetched = partition_.fetch(range.end, limits, fetched_); !fetched) return fetched;
  std::size_t memory = 0;
  for (const log::FetchedRecord& record : fetched_.records) {
    if (until && record.offset >= *until) break;
    range.take(record, home_, parser_);
    memory += record.record.value.capacity();
  }
  if (memory > kBytesAtOnce) fetched_.records = {};
  range.end = fetched_.next;
  range.log_end = fetched_.end;
  range.at_end = fetched_.next >= fetched_.end;
  range.seen_before = before;
  return {};
}

std::chrono::milliseconds RangeCollector::time_left(const Range& range, base::SteadyTime began,
                                                    base::SteadyTime slot) const {
  using std::chrono::milliseconds;
  const base::SteadyTime now = context_.ports.clock.steady();
  const auto until_slot = std::chrono::ceil<milliseconds>(slot - now);
  const bool full =
      range.records >= context_.config.batch_max_events || range.bytes >= context_.config.batch_max_bytes;
  if (full || context_.draining) return until_slot;
  // Waiting in the log counts too; a server's clock that runs ahead must not hold the batch back.
  const auto in_log = context_.ports.clock.now() - range.first_received;
  const auto here = std::chrono::floor<milliseconds>(now - began);
  return std::max(until_slot, context_.config.batch_max_age - std::max<milliseconds>(in_log, here));
}

base::Result<Range> RangeCollector::collect(log::Offset from) {
  Range range = begin_at(from);
  if (auto fetched = fetch_into(range, room_in(range)); !fetched) return fetched.error();
  if (range.empty()) return range;

  const base::SteadyTime began = context_.ports.clock.steady();
  const base::SteadyTime slot = context_.pace.reserve(began);
  bool dry = range.at_end;
  while (true) {
    const log::FetchLimits room = room_in(range);
    const bool full = room.max_records == 0 || room.max_bytes == 0;
    if (dry || full) {
      const auto left = time_left(range, began, slot);
      if (left <= std::chrono::milliseconds::zero()) return range;
      // In slices: a drain that begins meanwhile shortens the wait.
      if (!context_.ports.clock.wait_for(stop_, std::min(left, kIdleWait))) return stopped();
      if (full) continue;
    }
    const log::Offset before = range.end;
    if (auto fetched = fetch_into(range, room); !fetched) return fetched.error();
    dry = range.at_end || range.end == before;
  }
}

base::Result<Range> RangeCollector::collect_exactly(log::Offset first, log::Offset end) {
  Range range = begin_at(first);
  while (range.end < end) {
    log::FetchLimits limits;
    limits.max_records = static_cast<std::size_t>(end - range.end);
    if (auto fetched = fetch_into(range, limits, end); !fetched) return fetched.error();
    if (range.at_end && range.end < end) return log_too_short(partition_.id(), range, end);
  }
  range.end = end;
  range.at_end = false;
  return range;
}

base::Result<base::Timestamp> RangeCollector::oldest_from(log::Offset from) {
  log::FetchLimits limits;
  limits.max_records = 1;
  limits.max_wait = std::chrono::milliseconds::zero();
  log::Fetched fetched;
  if (auto read = partition_.fetch(from, limits, fetched); !read) return read.error();
  if (fetched.records.empty()) return context_.ports.clock.now();
  return fetched.records.front().record.received_at;
}

base::Result<log::Record> RangeCollector::record_at(log::Offset offset) {
  log::FetchLimits limits;
  limits.max_records = 1;
  log::Fetched fetched;
  if (auto read = partition_.fetch(offset, limits, fetched); !read) return read.error();
  if (fetched.records.empty() || fetched.records.front().offset != offset) {
    return record_gone(partition_.id(), offset);
  }
  return std::move(fetched.records.front().record);
}

}  // namespace fanfinity::pipeline
