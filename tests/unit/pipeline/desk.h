#pragma once
// One worker at a time under the test's eyes: it owns its partition by an epoch that the test can take
// away, while the worker is anywhere on its road.

#include <atomic>
#include <memory>
#include <thread>

#include "fixture.h"
#include "pipeline/partition_worker.h"

namespace fanfinity::pipeline {

/// A partition owned by epoch, as a coordinator that checks nothing else would grant it.
class EpochPartition final : public log::OwnedPartition {
 public:
  EpochPartition(World& world, std::atomic<int>& epoch) : world_(world), epoch_(epoch), ours_(++epoch) {}
  PartitionId id() const override { return kFirst; }
  base::Result<log::Committed> committed() override {
    if (lost()) return fenced();
    return world_.log.committed(Stream::kEvents, kFirst);
  }
  base::Status fetch(Offset from, const log::FetchLimits& limits, std::stop_token stop,
                     log::Fetched& into) override {
    if (lost()) return fenced();
    auto read = world_.log.read({Stream::kEvents, kFirst, from}, generous ? log::FetchLimits{} : limits,
                                std::move(stop));
    if (!read) return read.error();
    into = std::move(*read);
    return {};
  }
  base::Status commit(Offset offset, std::string_view metadata) override {
    if (before_commit) before_commit(offset, metadata);
    if (lost()) return fenced();
    world_.log.set_committed(Stream::kEvents, kFirst, {offset, std::string(metadata)});
    return {};
  }

  std::function<void(Offset, std::string_view)> before_commit;
  bool generous = false;  ///< Fetches bring more than was asked for.

 private:
  bool lost() const { return epoch_ != ours_; }
  static base::Error fenced() { return {Errc::kFenced, "another member owns the partition"}; }
  World& world_;
  std::atomic<int>& epoch_;
  const int ours_;
};

/// A worker on a thread; ends when told to, or by itself.
class Desk {
 public:
  Desk(World& world, std::atomic<int>& epoch, ConsumerConfig config = quick())
      : config_(std::move(config)),
        ports_(world.ports()),
        budget_(config_.dedup_filter_bytes),
        id_scan_(config_, ports_, budget_, repetitions_),
        pace_(config_.max_inserts_per_second),
        context_{config_, ports_, id_scan_, pace_, age_, repetitions_, draining_},
        partition_(world, epoch) {}

  EpochPartition& partition() { return partition_; }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) {
      ended_ = PartitionWorker(context_, partition_, std::move(stop)).run().code;
      done_ = true;
    });
  }
  bool done() const { return done_; }
  Errc join() {
    thread_.join();
    return ended_;
  }
  Errc stop() {
    thread_.request_stop();
    return join();
  }

 private:
  const ConsumerConfig config_;
  const ConsumerPorts ports_;
  FilterBudget budget_;
  Repetitions repetitions_;
  IdScan id_scan_;
  InsertPace pace_;
  IntentAge age_;
  std::atomic<bool> draining_{false};
  const WorkerContext context_;
  EpochPartition partition_;
  Errc ended_ = Errc::kInternal;
  std::atomic<bool> done_{false};
  std::jthread thread_;
};

/// Where a test holds a worker up.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool reached() const {
    const std::scoped_lock lock(mutex_);
    return reached_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool open_ = false;
};

}  // namespace fanfinity::pipeline
