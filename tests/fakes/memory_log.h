#pragma once
// A log in memory that keeps the promises of log.h, with switches that make it misbehave the ways a
// real one does. Header only. Link fanfinity_log.

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/log.h"
#include "log/membership.h"

namespace fanfinity::fakes {

/// What becomes of a commit or an append that a switch makes fail.
enum class Landing {
  kNever,   ///< Nothing is written.
  kAtOnce,  ///< It is written, only the answer is bad.
  kLater,   ///< Commits only: it is written by `land_late_commits`, whoever owns the partition by then.
};

class MemoryLog final : public log::Producer, public log::Group, public log::Reader {
 public:
  explicit MemoryLog(std::uint32_t partitions = 4);
  ~MemoryLog() override;

  // --- switches; any thread, any time ---

  /// The next `times` appends to `stream` answer `error`.
  void fail_appends(log::Stream stream, base::Error error, int times = 1, Landing landing = Landing::kNever);
  /// The next `times` commits to `stream` answer `error`.
  void fail_commits(log::Stream stream, base::Error error, int times = 1, Landing landing = Landing::kNever);
  void land_late_commits();
  /// The next `times` fetches from partitions of `stream` answer `error`.
  void fail_fetches(log::Stream stream, base::Error error, int times = 1);
  /// Called inside each commit, before anything is decided: to pause an owner, or to kill its rights.
  void on_commit(std::function<void(log::Stream, log::PartitionId)> hook);
  /// Takes the partition away behind its owner's back: its calls answer kFenced from now on. The member
  /// notices (on_revoked, on_assigned anew) only when `rejoin` is called.
  void fence(log::Stream stream, log::PartitionId partition);
  /// What an operator's tool would do to the group's state. An empty offset: as if never committed.
  void set_committed(log::Stream stream, log::PartitionId partition, log::Committed committed);
  /// Removes the records before `begin`.
  void drop_before(log::Stream stream, log::PartitionId partition, log::Offset begin);
  void set_health(base::Status health);
  /// While held, appends are stored but not answered.
  void hold_acks(bool hold);

  // --- what happened ---

  [[nodiscard]] std::vector<log::FetchedRecord> records(log::Stream stream, log::PartitionId partition) const;
  [[nodiscard]] std::vector<log::FetchedRecord> records(log::Stream stream) const;
  [[nodiscard]] log::Committed committed(log::Stream stream, log::PartitionId partition) const;
  /// Every commit that was written, oldest first.
  [[nodiscard]] std::vector<log::Committed> commits(log::Stream stream, log::PartitionId partition) const;

  // --- the ports ---

  void append(log::Stream stream, std::vector<log::Record> records, Done done) override;
  [[nodiscard]] base::Status health() const override;
  [[nodiscard]] std::uint32_t partitions(log::Stream stream) const override;
  base::Status run(log::Stream stream, Listener& listener, std::stop_token stop) override;
  void rejoin(log::Stream stream, log::PartitionId partition) override;
  [[nodiscard]] base::Result<std::vector<log::PartitionState>> state(log::Stream stream) override;
  [[nodiscard]] base::Result<log::Fetched> read(const log::Position& from, const log::FetchLimits& limits,
                                                std::stop_token stop) override;

 private:
  class Owned;
  struct Partition {
    log::Offset begin{};
    std::deque<log::Record> records;
    log::Committed committed;
    std::vector<log::Committed> commits;
    std::weak_ptr<log::Ownership> ownership;
    [[nodiscard]] log::Offset end() const { return begin + static_cast<std::int64_t>(records.size()); }
  };
  struct Failures {
    base::Error error;
    int times = 0;
    Landing landing = Landing::kNever;
  };
  struct StreamState {
    std::vector<Partition> partitions;
    Failures appends, commits, fetches;
  };
  struct Late {
    log::Stream stream;
    log::PartitionId partition;
    log::Committed committed;
  };

  static std::optional<Failures> take(Failures& failures) {
    if (failures.times == 0) return std::nullopt;
    --failures.times;
    return failures;
  }
  StreamState& at(log::Stream stream) { return streams_[static_cast<std::size_t>(stream)]; }
  const StreamState& at(log::Stream stream) const { return streams_[static_cast<std::size_t>(stream)]; }
  Partition& at(log::Stream s, log::PartitionId p) { return at(s).partitions.at(log::number(p)); }
  const Partition& at(log::Stream s, log::PartitionId p) const { return at(s).partitions.at(log::number(p)); }
  log::Membership& members(log::Stream s) { return s == log::Stream::kEvents ? events_group_ : retry_group_; }
  log::Membership::MakeOwned make_owned(log::Stream stream);
  log::Position store(log::Stream stream, std::vector<log::Record> records);
  base::Status commit(log::Stream stream, log::PartitionId partition, log::Committed committed);
  void write_commit(log::Stream stream, log::PartitionId partition, log::Committed committed);
  void answer(std::stop_token stop);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::array<StreamState, log::kStreams> streams_;
  std::vector<Late> late_;
  std::function<void(log::Stream, log::PartitionId)> on_commit_;
  base::Status health_;
  bool hold_acks_ = false;
  std::deque<std::function<void()>> acks_;
  log::Membership events_group_;
  log::Membership retry_group_;
  std::jthread acker_;
};

}  // namespace fanfinity::fakes

#include "fakes/memory_log_inl.h"
