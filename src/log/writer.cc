#include "log/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/burst.h"
#include "base/thread_name.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

// Who was answered first should not wait for the last.
constexpr std::size_t kAnswersABurst = 64;

/// The encoded size of all records; kInvalid when one of them can never be written.
Result<std::size_t> measure(const std::vector<Record>& records, const Journal& journal) {
  if (records.empty()) return Error{Errc::kInvalid, "An append without records."};
  std::size_t total = 0;
  for (const auto& record : records) {
    const auto bytes = encoded_bytes(record);
    const auto attempts = record.failure ? record.failure->attempts.size() : 0;
    if (bytes > kMaxRecordBytes || record.traceparent.size() > kMaxTraceparentBytes ||
        attempts > kMaxAttempts) {
      return Error{Errc::kInvalid,
                   fmt::format("A record of {} bytes with a traceparent of {} bytes and {} attempts: at most "
                               "{}, {} and {} are taken.",
                               bytes, record.traceparent.size(), attempts, kMaxRecordBytes,
                               kMaxTraceparentBytes, kMaxAttempts)};
    }
    total += bytes;
  }
  if (total > journal.max_append_bytes()) {
    return Error{Errc::kInvalid,
                 fmt::format("{} records of {} bytes in one append: at most {} bytes are taken, "
                             "so send them in parts.",
                             records.size(), total, journal.max_append_bytes())};
  }
  return total;
}

/// What a thread has appended since its burst began: it takes the lock, and wakes the writer, once for all.
struct Staged {
  Writer* owner = nullptr;
  std::array<std::vector<Append>, kStreams> appends;
};

Staged& staged_here() {
  thread_local Staged staged;
  return staged;
}

}  // namespace

Writer::Writer(WriterLimits limits, Journals journals, Poison& poison)
    : limits_(limits), journals_(journals), poison_(poison), thread_([this] { run(); }) {}

Writer::~Writer() {
  close();
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::append(Stream stream, std::vector<Record> records, Producer::Done done) {
  const auto bytes = measure(records, *journals_[static_cast<std::size_t>(stream)]);
  if (!bytes) return done(bytes.error());
  Append append{std::move(records), std::move(done), *bytes, {}};
  if (auto status = reserve(append); !status) return append.done(status.error());
  Staged& staged = staged_here();
  if (staged.owner != nullptr && staged.owner != this) staged.owner->hand_in();
  const bool first = std::exchange(staged.owner, this) == nullptr;
  staged.appends[static_cast<std::size_t>(stream)].push_back(std::move(append));
  if (first) base::Burst::at_end([this] { hand_in(); });
}

Status Writer::reserve(const Append& append) {
  if (auto status = poison_.check(); !status) return status;
  const auto records = queued_records_.fetch_add(append.records.size(), std::memory_order_relaxed);
  const auto bytes = queued_bytes_.fetch_add(append.bytes, std::memory_order_relaxed);
  // One append alone is always let in, whatever its size.
  if (records == 0 || (records + append.records.size() <= limits_.max_queued_records &&
                       bytes + append.bytes <= limits_.max_queued_bytes)) {
    return {};
  }
  release(append.records.size(), append.bytes);
  return Error{Errc::kFull, "More records wait for the log than it lets wait: try again in a moment."};
}

void Writer::release(std::size_t records, std::size_t bytes) {
  queued_records_.fetch_sub(records, std::memory_order_relaxed);
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void Writer::hand_in() {
  Staged& staged = staged_here();
  if (staged.owner != this) return;  // Handed in already.
  staged.owner = nullptr;
  bool wake = false;
  bool closing = false;
  {
    const std::lock_guard lock(mutex_);
    closing = closing_;
    for (std::size_t s = 0; s < kStreams && !closing; ++s) {
      std::ranges::move(staged.appends[s], std::back_inserter(queue_[s]));
    }
    wake = std::exchange(idle_, false);
  }
  if (wake) wake_.notify_one();
  // Whoever is refused may append again, which stages it here.
  if (closing) return refuse(std::exchange(staged.appends, {}));
  for (auto& appends : staged.appends) appends.clear();
}

void Writer::refuse(std::array<std::vector<Append>, kStreams> appends) {
  for (const auto& append : std::views::join(appends)) {
    release(append.records.size(), append.bytes);
    append.done(Error{Errc::kUnavailable, "The log is being closed."});
  }
}

void Writer::run() {
  base::name_this_thread("log-writer");
  while (take()) round();
}

/// Refills what has been worked off; waits while there is nothing to do. False when all is done.
bool Writer::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    bool work = false;
    for (std::size_t s = 0; s < kStreams; ++s) {
      auto& taken = taken_[s];
      if (taken.waiting().empty()) {
        taken.appends.clear();
        taken.done = 0;
        std::swap(taken.appends, queue_[s]);
      }
      work |= !taken.appends.empty();
    }
    if (work) return true;
    if (closing_) return false;
    idle_ = true;
    wake_.wait(lock, [&] { return !idle_ || closing_; });
  }
}

void Writer::round() {
  for (std::size_t s = 0; s < kStreams; ++s) write(s);
  for (std::size_t s = 0; s < kStreams; ++s) sync(s);
}

void Writer::write(std::size_t stream) {
  auto& taken = taken_[stream];
  taken.written = 0;
  if (taken.waiting().empty()) return;
  if (auto status = poison_.check(); !status) return answer(stream, taken.waiting().size(), status);
  const auto count = journals_[stream]->write(taken.waiting());
  if (count) {
    taken.written = *count;
  } else if (count.error().code == Errc::kUnknownOutcome) {
    poison_.set(count.error());
    // How many of them were in the write is not known any more.
    answer(stream, taken.waiting().size(), count.error());
  } else {
    // A smaller one behind it may still find room.
    answer(stream, 1, count.error());
  }
}

void Writer::sync(std::size_t stream) {
  auto& taken = taken_[stream];
  if (taken.written == 0) return;
  // Poison from another stream's write does not touch this one: what is written here may be finished.
  const auto before = std::chrono::steady_clock::now();
  const auto status = journals_[stream]->sync();
  sync_nanoseconds_.fetch_add((std::chrono::steady_clock::now() - before).count(), std::memory_order_relaxed);
  syncs_.fetch_add(1, std::memory_order_relaxed);
  if (status) {
    journals_[stream]->publish();
  } else {
    poison_.set(status.error());
  }
  answer(stream, taken.written, status);
}

void Writer::answer(std::size_t stream, std::size_t count, const Status& status) {
  auto& taken = taken_[stream];
  std::size_t records = 0;
  std::size_t bytes = 0;
  for (auto left = taken.waiting().first(count); !left.empty();) {
    const base::Burst burst;
    const auto some = left.first(std::min(left.size(), kAnswersABurst));
    for (auto& append : some) {
      records += append.records.size();
      bytes += append.bytes;
      append.done(status ? Result<Producer::Ack>(Producer::Ack{append.last}) : status.error());
      append = {};
    }
    left = left.subspan(some.size());
  }
  taken.done += count;
  if (status) {
    appended_records_.fetch_add(records, std::memory_order_relaxed);
    appended_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  release(records, bytes);
}

Writer::Counts Writer::counts() const {
  Counts counts;
  counts.queued_records = queued_records_.load(std::memory_order_relaxed);
  counts.queued_bytes = queued_bytes_.load(std::memory_order_relaxed);
  counts.appended_records = appended_records_.load(std::memory_order_relaxed);
  counts.appended_bytes = appended_bytes_.load(std::memory_order_relaxed);
  counts.syncs = syncs_.load(std::memory_order_relaxed);
  counts.sync_time = std::chrono::nanoseconds(sync_nanoseconds_.load(std::memory_order_relaxed));
  return counts;
}

}  // namespace fanfinity::log
