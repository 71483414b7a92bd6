#include "pipeline/retry_relay.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log_line.h"
#include "pipeline/delivery.h"

namespace fanfinity::pipeline {
namespace {

// So many records may wait with longer delays before one with a shorter delay behind them is read.
constexpr std::size_t kReadAheadRecords = 10'000;
constexpr std::size_t kReadAheadBytes = 16U << 20U;
constexpr std::size_t kAtOnce = 256;  // Appends on their way at a time.
constexpr std::chrono::milliseconds kLookEvery{100};

}  // namespace

RetryRelay::RetryRelay(const WorkerContext& context, log::OwnedPartition& partition,
                       const std::stop_token& stop)
    : context_(context), stop_(stop), partition_(context, partition, stop) {}

base::Error RetryRelay::run() {
  const base::Status ended = live();
  return ended ? stopped() : ended.error();
}

base::Status RetryRelay::live() {
  const auto committed = partition_.committed();
  if (!committed) return committed.error();
  next_ = committed_ = committed->offset.value_or(log::Offset{0});
  while (!stop_.stop_requested()) {
    if (auto read = read_ahead(); !read) return read;
    if (auto produced = produce_due(); !produced) return produced;
    note_settled();
    if (auto done = commit_settled(); !done) return done;
    if (!waiting_.empty() && !context_.ports.clock.wait_for(stop_, until_next())) break;
  }
  return {};
}

base::Status RetryRelay::read_ahead() {
  if (waiting_.size() >= kReadAheadRecords || waiting_bytes_ >= kReadAheadBytes) return {};
  log::FetchLimits limits;
  limits.max_records = kReadAheadRecords - waiting_.size();
  limits.max_bytes = kReadAheadBytes - waiting_bytes_;
  limits.max_wait = waiting_.empty() ? kLookEvery : std::chrono::milliseconds::zero();
  log::Fetched fetched;
  if (auto read = partition_.fetch(next_, limits, fetched); !read) return read;
  next_ = fetched.next;
  for (log::FetchedRecord& record : fetched.records) {
    waiting_bytes_ += record.record.value.size();
    const auto due_at = record.record.failure ? record.record.failure->due_at : base::Timestamp{};
    waiting_.push_back({record.offset, std::move(record.record), due_at, {}, false});
  }
  return {};
}

base::Status RetryRelay::produce_due() {
  const base::Timestamp now = context_.ports.clock.now();
  std::vector<std::pair<Waiting*, PendingAppend>> under_way;
  for (Waiting& entry : waiting_) {
    if (under_way.size() == kAtOnce) break;
    if (!entry.record || entry.due_at > now) continue;
    under_way.emplace_back(&entry,
                           PendingAppend(context_.ports.producer, log::Stream::kEvents, *entry.record));
  }
  for (auto& [entry, append] : under_way) {
    const auto ack = append.wait(stop_);
    if (!ack && ack.error().code == base::Errc::kStopped && stop_.stop_requested()) return ack.error();
    if (!ack) {  // Perhaps it stands in `events` all the same: one copy too many is dropped by its id.
      entry->due_at = now + context_.config.backoff_first;
      base::log_line(base::Level::kWarn, "append of a retried event failed, trying again",
                     {{"partition", log::number(partition_.id())}, {"error", ack.error().detail}});
      continue;
    }
    entry->produced = ack->last;
    waiting_bytes_ -= entry->record->value.size();
    entry->record.reset();
    context_.ports.observer.on_retried();
  }
  return {};
}

void RetryRelay::note_settled() {
  const auto is_open = [](const Waiting& entry) { return entry.produced && !entry.settled; };
  if (std::ranges::none_of(waiting_, is_open)) return;
  const auto states = context_.ports.reader.state(log::Stream::kEvents);
  if (!states) return;  // Asked again soon.
  std::map<log::PartitionId, log::Offset> passed;
  for (const log::PartitionState& state : *states) {
    if (state.committed.offset) passed[state.partition] = *state.committed.offset;
  }
  for (Waiting& entry : waiting_) {
    if (!is_open(entry)) continue;
    const auto found = passed.find(entry.produced->partition);
    entry.settled = found != passed.end() && found->second > entry.produced->offset;
  }
}

base::Status RetryRelay::commit_settled() {
  while (!waiting_.empty() && waiting_.front().settled) waiting_.pop_front();
  // Whatever is committed here is no longer looked at by as_of: its copy must have been settled first.
  const log::Offset settled = waiting_.empty() ? next_ : waiting_.front().offset;
  if (settled == committed_) return {};
  if (auto committed = partition_.commit(settled, ""); !committed) return committed;
  committed_ = settled;
  return {};
}

std::chrono::milliseconds RetryRelay::until_next() const {
  const base::Timestamp now = context_.ports.clock.now();
  std::chrono::milliseconds wait = kLookEvery;
  for (const Waiting& entry : waiting_) {
    if (entry.record) wait = std::min(wait, entry.due_at - now);
  }
  return std::max(wait, std::chrono::milliseconds(1));
}

}  // namespace fanfinity::pipeline
