#include "pipeline/partition_worker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log_line.h"
#include "pipeline/batch_decision.h"
#include "pipeline/delivery.h"
#include "pipeline/refusal.h"
#include "pipeline/worker_errors.h"

namespace fanfinity::pipeline {
namespace {

constexpr std::chrono::seconds kIdleCommitEvery{1};

/// Response times have no position in the store by which their absence could be proven.
void drop_response_times(Range& range) {
  const std::size_t dropped = std::exchange(range.response_times, {}).size();
  if (dropped == 0) return;
  base::log_line(base::Level::kError, "response times of an old range dropped", {{"records", dropped}});
}

}  // namespace

PartitionWorker::PartitionWorker(const WorkerContext& context, log::OwnedPartition& partition,
                                 const std::stop_token& stop)
    : context_(context),
      stop_(stop),
      partition_(context, partition, stop),
      store_(context, partition.id(), stop),
      stored_ids_(context, store_, partition.id(), stop),
      collector_(context, partition_, stop) {}

base::Error PartitionWorker::run() {
  const base::Status ended = live();
  return ended ? stopped() : ended.error();
}

base::Status PartitionWorker::live() {
  // 1. Adopt what the group committed last; an announced range becomes ours by announcing it again.
  const auto adopted = adopt();
  if (!adopted) return adopted.error();

  // 2. Only now look at what is stored: a filter older than the committed state would call ids new that
  //    the owner before us stored meanwhile.
  const auto oldest = collector_.oldest_from(next_);
  if (!oldest) return oldest.error();
  stored_ids_.build(*oldest);

  // Before anything else, finish the range that was announced: exactly those offsets, with that token.
  if (adopted->metadata && adopted->metadata->intent_end) {
    if (auto replayed = replay(*adopted->metadata); !replayed) return replayed;
  }

  // 3 to 7, batch after batch.
  while (!stop_.stop_requested()) {
    const bool draining = context_.draining;
    auto range = collector_.collect(next_);
    if (!range) return range.error();
    context_.ports.observer.on_lag(partition_.id(), range->log_end - next_);
    if (draining && !drain_until_) drain_until_ = range->log_end;
    const bool idle = range->empty();
    if (auto done = idle ? stay_idle(*range) : settle(std::move(*range), false); !done) return done;
    if (drain_until_ && next_ >= *drain_until_) break;
  }
  return {};
}

base::Result<PartitionWorker::Adopted> PartitionWorker::adopt() {
  const auto committed = partition_.committed();
  if (!committed) return committed.error();
  auto metadata = CommitMetadata::decode(committed->metadata);
  if (!metadata) return metadata.error();
  Adopted adopted{committed->offset.value_or(log::Offset{0}), *metadata};
  if (auto checked = check_offsets(*committed, adopted); !checked) return checked.error();
  next_ = adopted.offset;
  if (!adopted.metadata) return adopted;
  as_of_ = adopted.metadata->as_of;
  if (!adopted.metadata->intent_end) return adopted;
  if (auto ours = commit(next_, *adopted.metadata); !ours) return ours.error();
  return adopted;
}

base::Status PartitionWorker::check_offsets(const log::Committed& committed, const Adopted& adopted) const {
  const auto highest = store_.highest_offset();
  if (!highest) return highest.error();
  if (!*highest) return {};
  if (!committed.offset) return offsets_missing(partition_.id(), **highest);
  // Rows of an announced range may be there already, but none beyond it.
  const bool announced = adopted.metadata && adopted.metadata->intent_end;
  const log::Offset settled = announced ? *adopted.metadata->intent_end : adopted.offset;
  if (settled <= **highest) return offsets_reset(partition_.id(), settled, **highest);
  return {};
}

base::Status PartitionWorker::replay(const CommitMetadata& intent) {
  auto range = collector_.collect_exactly(next_, *intent.intent_end);
  if (!range) return range.error();
  base::log_line(base::Level::kInfo, "announced range replayed",
                 {{"partition", log::number(partition_.id())},
                  {"first", log::number(range->first)},
                  {"end", log::number(range->end)}});
  if (context_.intent_age.of(intent.intent_at, context_.ports.clock.now()) > context_.config.intent_max_age) {
    if (auto absent = prove_absent(*range); !absent) return absent;
    drop_response_times(*range);
  }
  return settle(std::move(*range), true);
}

base::Status PartitionWorker::prove_absent(const Range& range) const {
  // The token of so old a range may be forgotten, so repeating it is safe only if the insert never
  // began. Raw rows are written before any rollup: no row at these positions means nothing at all.
  const auto stored = stored_ids_.find_all(range.events.keys());
  if (!stored) return stored.error();
  const bool began = std::ranges::any_of(*stored, [&](const store::StoredId& row) {
    return row.partition == partition_.id() && row.offset >= range.first && row.offset < range.end;
  });
  return began ? base::Status{intent_too_old(partition_.id(), range.first, range.end)} : base::Status{};
}

base::Status PartitionWorker::settle(Range range, bool replayed) {
  BatchReport report{.partition = partition_.id(), .first = range.first, .end = range.end};
  report.replayed = replayed;

  // 3. Announce the range, so that whoever owns the partition after a crash inserts the very same one.
  //    (A replayed range was announced when it was adopted.)
  if (!replayed) {
    const CommitMetadata intent{
        .intent_end = range.end, .intent_at = context_.ports.clock.now(), .as_of = as_of_};
    if (auto announced = commit(next_, intent); !announced) return announced;
  }

  // 4. Decide the rows, once; every retry and every half below sends exactly these.
  auto rows = decide_rows(range, report);
  if (!rows) return rows.error();
  if (auto buried = bury_unreadable(range, report); !buried) return buried;

  // 5. and 6. Insert them until the outcome is known; what is refused goes its own way.
  const auto refuse = [&](log::Offset offset, const std::string& reason) {
    ++report.refused;
    return hand_over(offset, reason);
  };
  const auto stored = [&](const store::Batch& batch) {
    stored_ids_.add(batch.events.keys());
    tell_visible(batch, report);
  };
  const base::SteadyTime began = context_.ports.clock.steady();
  if (auto written = RangeWriter(context_, store_, refuse, stored).write(*rows); !written) return written;
  report.insert = context_.ports.clock.steady() - began;

  // 7. Everything in the range is settled: move on.
  const CommitMetadata done{.as_of = as_of_after(range)};
  if (auto committed = commit(range.end, done); !committed) return committed;
  next_ = range.end;
  collector_.use_again(std::move(rows->batch.events));
  context_.ports.observer.on_batch(report);
  context_.ports.observer.on_lag(partition_.id(), std::max<std::int64_t>(range.log_end - next_, 0));
  return {};
}

base::Result<DecidedRows> PartitionWorker::decide_rows(Range& range, BatchReport& report) {
  const std::span<const Candidate> candidates = range.events.keys();
  const auto stored = stored_ids_.find(candidates);
  if (!stored) return stored.error();
  const auto kept = decide(candidates, *stored, partition_.id(), context_.config.dedup_window);
  report.duplicates = candidates.size() - kept.size();
  if (report.duplicates > 0) report.conflicts = count_conflicts(range.events, kept);

  DecidedRows rows{.first = range.first, .end = range.end};
  rows.batch.events = std::move(range.events);
  if (report.duplicates > 0) rows.batch.events.keep(kept);
  for (MeasuredTimes& times : range.response_times) {
    rows.batch.response_times.push_back(std::move(times.record));
    rows.response_time_offsets.push_back(times.offset);
  }
  report.response_times = rows.batch.response_times.size();
  return rows;
}

base::Status PartitionWorker::bury_unreadable(const Range& range, BatchReport& report) const {
  for (const UnreadableRecord& unreadable : range.unreadable) {
    if (unreadable.record.kind == log::RecordKind::kResponseTimes) {
      base::log_line(base::Level::kError, "unreadable response times dropped",
                     {{"partition", log::number(partition_.id())},
                      {"offset", log::number(unreadable.offset)},
                      {"reason", unreadable.reason}});
      continue;
    }
    const log::Position position{log::Stream::kEvents, partition_.id(), unreadable.offset};
    const log::Record letter =
        dead_letter(unreadable.record, position, unreadable.reason, context_.ports.clock.now());
    if (auto delivered =
            deliver(context_.ports.producer, log::Stream::kDead, letter, context_.patience(stop_));
        !delivered) {
      return delivered;
    }
    ++report.refused;
    context_.ports.observer.on_dead_letter(
        {partition_.id(), unreadable.offset, unreadable.record, unreadable.reason});
  }
  return {};
}

base::Status PartitionWorker::hand_over(log::Offset offset, const std::string& reason) {
  const auto record = collector_.record_at(offset);
  if (!record) return record.error();
  const log::Position position{log::Stream::kEvents, partition_.id(), offset};
  const Verdict verdict = refuse(*record, position, reason, context_.ports.clock.now(), context_.config);
  if (auto delivered =
          deliver(context_.ports.producer, verdict.stream, verdict.record, context_.patience(stop_));
      !delivered) {
    return delivered;
  }
  const RefusedEvent event{partition_.id(), offset, *record, reason};
  if (verdict.stream == log::Stream::kDead) {
    context_.ports.observer.on_dead_letter(event);
  } else {
    const auto attempt = static_cast<std::uint32_t>(verdict.record.failure->attempts.size());
    context_.ports.observer.on_retry_scheduled(event, attempt);
  }
  return {};
}

base::Status PartitionWorker::stay_idle(const Range& range) {
  next_ = range.end;  // It may have skipped over offsets that hold nothing.
  if (!range.at_end) return {};
  as_of_ = range.seen_before;
  if (context_.ports.clock.steady() - committed_at_ < kIdleCommitEvery && !drain_until_) return {};
  return commit(next_, {.as_of = as_of_});
}

base::Status PartitionWorker::commit(log::Offset offset, CommitMetadata metadata) {
  metadata.committed_at = context_.ports.clock.now();
  if (auto committed = partition_.commit(offset, metadata.encode()); !committed) return committed;
  as_of_ = metadata.as_of;
  committed_at_ = context_.ports.clock.steady();
  return {};
}

base::Timestamp PartitionWorker::as_of_after(const Range& range) const {
  if (range.at_end || range.empty()) return range.at_end ? range.seen_before : as_of_;
  // Records stand in the order in which they became durable, and a record becomes durable after it was
  // received: what was acknowledged before the last one of the range was received stands before it.
  return std::min(range.seen_before, std::max(as_of_, range.last_received));
}

void PartitionWorker::tell_visible(const store::Batch& batch, BatchReport& report) const {
  const base::Timestamp now = context_.ports.clock.now();
  std::map<std::chrono::milliseconds, std::uint64_t> ages;
  auto last = ages.end();
  for (const store::EventKey& row : batch.events.keys()) {
    const auto age = std::max(now - row.received_at, std::chrono::milliseconds::zero());
    report.oldest = std::max(report.oldest, age);
    const auto step = std::max<std::int64_t>(age.count() / 64, 1);  // Told within 2 %, in few calls.
    const std::chrono::milliseconds told(age.count() / step * step);
    // Neighbours are about as old.
    if (last == ages.end() || last->first != told) last = ages.try_emplace(told).first;
    ++last->second;
  }
  report.stored += batch.events.size();
  for (const auto& [age, events] : ages) context_.ports.observer.on_visible(age, events);
}

}  // namespace fanfinity::pipeline
