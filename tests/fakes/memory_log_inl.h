#pragma once
// The bodies of memory_log.h, so that a test needs no further source file.

#include "fakes/memory_log.h"

namespace fanfinity::fakes {

class MemoryLog::Owned final : public log::OwnedPartition {
 public:
  Owned(MemoryLog& log, log::Stream stream, log::PartitionId id, std::shared_ptr<log::Ownership> ownership)
      : log_(log), stream_(stream), id_(id), ownership_(std::move(ownership)) {}

  log::PartitionId id() const override { return id_; }

  base::Result<log::Committed> committed() override {
    if (!ownership_->held()) return log::Ownership::fenced();
    return log_.committed(stream_, id_);
  }

  base::Status fetch(log::Offset from, const log::FetchLimits& limits, std::stop_token stop,
                     log::Fetched& into) override {
    if (!ownership_->held()) return log::Ownership::fenced();
    {
      const std::lock_guard lock(log_.mutex_);
      if (auto failure = take(log_.at(stream_).fetches)) return std::move(failure->error);
    }
    std::stop_source either;
    const std::stop_callback stopped(stop, [&] { either.request_stop(); });
    const std::stop_callback lost(ownership_->ended(), [&] { either.request_stop(); });
    auto fetched = log_.read({stream_, id_, from}, limits, either.get_token());
    if (!ownership_->held()) return log::Ownership::fenced();
    if (!fetched) return fetched.error();
    into = std::move(*fetched);
    return {};
  }

  base::Status commit(log::Offset offset, std::string_view metadata) override {
    if (metadata.size() > 1024) {
      return base::Error{base::Errc::kInvalid, "Commit metadata is longer than 1024 bytes."};
    }
    // Outside of the ownership's lock, so that a hook may fence.
    std::function<void(log::Stream, log::PartitionId)> hook;
    {
      const std::lock_guard lock(log_.mutex_);
      hook = log_.on_commit_;
    }
    if (hook) hook(stream_, id_);
    return ownership_->while_held([&] { return log_.commit(stream_, id_, {offset, std::string(metadata)}); });
  }

 private:
  MemoryLog& log_;
  log::Stream stream_;
  log::PartitionId id_;
  std::shared_ptr<log::Ownership> ownership_;
};

inline MemoryLog::MemoryLog(std::uint32_t partitions)
    : events_group_(partitions, make_owned(log::Stream::kEvents)),
      retry_group_(partitions, make_owned(log::Stream::kRetry)),
      acker_([this](std::stop_token stop) { answer(std::move(stop)); }) {
  const std::lock_guard lock(mutex_);
  at(log::Stream::kEvents).partitions.resize(partitions);
  at(log::Stream::kRetry).partitions.resize(partitions);
  at(log::Stream::kDead).partitions.resize(1);
}

inline MemoryLog::~MemoryLog() {
  hold_acks(false);
  acker_.request_stop();
  acker_.join();
}

inline log::Membership::MakeOwned MemoryLog::make_owned(log::Stream stream) {
  return [this, stream](log::PartitionId id, std::shared_ptr<log::Ownership> ownership) {
    const std::lock_guard lock(mutex_);
    at(stream, id).ownership = ownership;
    return std::make_shared<Owned>(*this, stream, id, std::move(ownership));
  };
}

inline void MemoryLog::fail_appends(log::Stream stream, base::Error error, int times, Landing landing) {
  const std::lock_guard lock(mutex_);
  at(stream).appends = {std::move(error), times, landing};
}

inline void MemoryLog::fail_commits(log::Stream stream, base::Error error, int times, Landing landing) {
  const std::lock_guard lock(mutex_);
  at(stream).commits = {std::move(error), times, landing};
}

inline void MemoryLog::fail_fetches(log::Stream stream, base::Error error, int times) {
  const std::lock_guard lock(mutex_);
  at(stream).fetches = {std::move(error), times, Landing::kNever};
}

inline void MemoryLog::land_late_commits() {
  const std::lock_guard lock(mutex_);
  for (auto& late : std::exchange(late_, {})) {
    write_commit(late.stream, late.partition, std::move(late.committed));
  }
}

inline void MemoryLog::on_commit(std::function<void(log::Stream, log::PartitionId)> hook) {
  const std::lock_guard lock(mutex_);
  on_commit_ = std::move(hook);
}

inline void MemoryLog::fence(log::Stream stream, log::PartitionId partition) {
  std::shared_ptr<log::Ownership> ownership;
  {
    const std::lock_guard lock(mutex_);
    ownership = at(stream, partition).ownership.lock();
  }
  if (ownership) ownership->end();
}

inline void MemoryLog::set_committed(log::Stream stream, log::PartitionId partition,
                                     log::Committed committed) {
  const std::lock_guard lock(mutex_);
  at(stream, partition).committed = std::move(committed);
}

inline void MemoryLog::drop_before(log::Stream stream, log::PartitionId partition, log::Offset begin) {
  const std::lock_guard lock(mutex_);
  auto& kept = at(stream, partition);
  while (kept.begin < begin && !kept.records.empty()) {
    kept.records.pop_front();
    kept.begin = kept.begin + 1;
  }
}

inline void MemoryLog::set_health(base::Status health) {
  const std::lock_guard lock(mutex_);
  health_ = std::move(health);
}

inline void MemoryLog::hold_acks(bool hold) {
  const std::lock_guard lock(mutex_);
  hold_acks_ = hold;
  changed_.notify_all();
}

inline std::vector<log::FetchedRecord> MemoryLog::records(log::Stream stream,
                                                          log::PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  std::vector<log::FetchedRecord> all;
  const auto& kept = at(stream, partition);
  for (std::size_t i = 0; i < kept.records.size(); ++i) {
    all.push_back({kept.begin + static_cast<std::int64_t>(i), kept.records[i]});
  }
  return all;
}

inline std::vector<log::FetchedRecord> MemoryLog::records(log::Stream stream) const {
  std::vector<log::FetchedRecord> all;
  for (std::uint32_t p = 0; p < partitions(stream); ++p) {
    auto some = records(stream, log::PartitionId{p});
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return all;
}

inline log::Committed MemoryLog::committed(log::Stream stream, log::PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return at(stream, partition).committed;
}

inline std::vector<log::Committed> MemoryLog::commits(log::Stream stream, log::PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return at(stream, partition).commits;
}

inline log::Position MemoryLog::store(log::Stream stream, std::vector<log::Record> records) {
  log::Position last{stream, {}, {}};
  const auto count = static_cast<std::uint32_t>(at(stream).partitions.size());
  for (auto& record : records) {
    last.partition = log::partition_of(record.key.hash(), count);
    auto& partition = at(stream, last.partition);
    last.offset = partition.end();
    partition.records.push_back(std::move(record));
  }
  return last;
}

inline void MemoryLog::append(log::Stream stream, std::vector<log::Record> records, Done done) {
  const std::lock_guard lock(mutex_);
  const auto failure = take(at(stream).appends);
  base::Result<Ack> result = Ack{};
  if (failure) result = failure->error;
  if (!failure || failure->landing == Landing::kAtOnce) {
    const auto last = store(stream, std::move(records));
    if (!failure) result = Ack{last};
  }
  acks_.push_back([done = std::move(done), result = std::move(result)] { done(result); });
  changed_.notify_all();
}

inline void MemoryLog::answer(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [&] { return !acks_.empty() && !hold_acks_; });
    if (acks_.empty()) return;
    auto ready = std::exchange(acks_, {});
    lock.unlock();
    for (auto& ack : ready) ack();
    lock.lock();
  }
}

inline base::Status MemoryLog::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

inline std::uint32_t MemoryLog::partitions(log::Stream stream) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(at(stream).partitions.size());
}

inline base::Status MemoryLog::run(log::Stream stream, Listener& listener, std::stop_token stop) {
  if (stream == log::Stream::kDead) return base::Error{base::Errc::kInvalid, "`dead` has no group."};
  return members(stream).run(listener, std::move(stop));
}

inline void MemoryLog::rejoin(log::Stream stream, log::PartitionId partition) {
  if (stream != log::Stream::kDead) members(stream).rejoin(partition);
}

inline base::Status MemoryLog::commit(log::Stream stream, log::PartitionId partition,
                                      log::Committed committed) {
  const std::lock_guard lock(mutex_);
  const auto& kept = at(stream, partition);
  if (*committed.offset < kept.begin || *committed.offset > kept.end()) {
    return base::Error{base::Errc::kInvalid, "The committed offset is outside the partition."};
  }
  const auto failure = take(at(stream).commits);
  if (failure && failure->landing == Landing::kLater) late_.push_back({stream, partition, committed});
  if (!failure || failure->landing == Landing::kAtOnce) write_commit(stream, partition, std::move(committed));
  return failure ? base::Status(failure->error) : base::Status();
}

inline void MemoryLog::write_commit(log::Stream stream, log::PartitionId partition,
                                    log::Committed committed) {
  auto& kept = at(stream, partition);
  kept.committed = committed;
  kept.commits.push_back(std::move(committed));
}

inline base::Result<std::vector<log::PartitionState>> MemoryLog::state(log::Stream stream) {
  const std::lock_guard lock(mutex_);
  std::vector<log::PartitionState> states;
  for (std::uint32_t p = 0; p < at(stream).partitions.size(); ++p) {
    const auto& kept = at(stream).partitions[p];
    states.push_back({log::PartitionId{p}, kept.begin, kept.end(), kept.committed});
  }
  return states;
}

inline base::Result<log::Fetched> MemoryLog::read(const log::Position& from, const log::FetchLimits& limits,
                                                  std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (log::number(from.partition) >= at(from.stream).partitions.size()) {
    return base::Error{base::Errc::kNotFound, "There is no such partition."};
  }
  const auto& kept = at(from.stream, from.partition);
  const auto outside = [&] { return from.offset < kept.begin || from.offset > kept.end(); };
  if (!outside()) {
    changed_.wait_for(lock, stop, limits.max_wait, [&] { return from.offset != kept.end(); });
  }
  if (outside()) return base::Error{base::Errc::kNotFound, "The offset is outside the partition."};
  if (from.offset == kept.end() && stop.stop_requested()) {
    return base::Error{base::Errc::kStopped, "The wait for records was stopped."};
  }
  log::Fetched fetched{{}, from.offset, kept.end()};
  for (std::size_t bytes = 0; fetched.next < kept.end() && fetched.records.size() < limits.max_records;) {
    const auto& record = kept.records[static_cast<std::size_t>(fetched.next - kept.begin)];
    bytes += record.value.size();
    if (!fetched.records.empty() && bytes > limits.max_bytes) break;
    fetched.records.push_back({fetched.next, record});
    fetched.next = fetched.next + 1;
  }
  return fetched;
}

}  // namespace fanfinity::fakes
