#pragma once
// A process that can die: every call its consumer makes of a port passes through here, and from the
// moment of its death none has any effect, while those under way may still land.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/consumer.h"

namespace fanfinity::pipeline {

enum class Call { kCommitted, kFetch, kCommit, kAppend, kState, kRead, kInsert, kFind, kScan, kHighest };

enum class Fate {
  kLive,
  kDieBefore,   ///< Dies; the call is never made.
  kDieAfter,    ///< The call takes effect, its answer is never seen.
  kFailBefore,  ///< Answers kUnavailable, without effect.
  kFailAfter,   ///< Takes effect and answers kUnknownOutcome. Writes only; a read answers kUnavailable.
};

class Life {
 public:
  using Decide = std::function<Fate(Call)>;  ///< Called by many threads.
  explicit Life(Decide decide) : decide_(std::move(decide)) {}

  [[nodiscard]] bool over() const { return *over_; }
  /// Outlives the life itself: for answers that come after it.
  [[nodiscard]] std::shared_ptr<const std::atomic<bool>> death() const { return over_; }

  template <typename Work>
  auto live(Call call, Work work) -> decltype(work()) {
    if (*over_) return gone();
    const Fate fate = decide_(call);
    if (fate == Fate::kDieBefore) *over_ = true;
    if (*over_) return gone();
    if (fate == Fate::kFailBefore)
      return base::Error{base::Errc::kUnavailable, "the test made this call fail"};
    auto result = work();
    if (fate == Fate::kDieAfter) *over_ = true;
    if (*over_) return gone();
    if (fate != Fate::kFailAfter) return result;
    return base::Error{is_write(call) ? base::Errc::kUnknownOutcome : base::Errc::kUnavailable,
                       "the test lost the answer of this call"};
  }

 private:
  static bool is_write(Call call) {
    return call == Call::kCommit || call == Call::kInsert || call == Call::kAppend;
  }
  static base::Error gone() { return {base::Errc::kFenced, "this process is dead"}; }

  Decide decide_;
  std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
};

class MortalPartition final : public log::OwnedPartition {
 public:
  MortalPartition(Life& life, std::shared_ptr<log::OwnedPartition> real)
      : life_(life), real_(std::move(real)) {}
  log::PartitionId id() const override { return real_->id(); }
  base::Result<log::Committed> committed() override {
    return life_.live(Call::kCommitted, [&] { return real_->committed(); });
  }
  base::Status fetch(log::Offset from, const log::FetchLimits& limits, std::stop_token stop,
                     log::Fetched& into) override {
    return life_.live(Call::kFetch, [&] { return real_->fetch(from, limits, stop, into); });
  }
  base::Status commit(log::Offset offset, std::string_view metadata) override {
    return life_.live(Call::kCommit, [&] { return real_->commit(offset, metadata); });
  }

 private:
  Life& life_;
  std::shared_ptr<log::OwnedPartition> real_;
};

class MortalPorts final : public log::Group,
                          public log::Producer,
                          public log::Reader,
                          public store::EventStore {
 public:
  MortalPorts(Life& life, const ConsumerPorts& real) : life_(life), real_(real) {}
  ConsumerPorts ports() { return {*this, *this, *this, *this, real_.clock, real_.observer}; }

  // Group
  base::Status run(log::Stream stream, Listener& listener, std::stop_token stop) override {
    struct Mortal final : Listener {
      Mortal(Life& l, Listener& r) : life(l), real(r) {}
      void on_assigned(std::shared_ptr<log::OwnedPartition> partition) override {
        real.on_assigned(std::make_shared<MortalPartition>(life, std::move(partition)));
      }
      void on_revoked(log::PartitionId partition) override { real.on_revoked(partition); }
      Life& life;
      Listener& real;
    } mortal(life_, listener);
    return real_.group.run(stream, mortal, std::move(stop));
  }
  void rejoin(log::Stream stream, log::PartitionId partition) override {
    real_.group.rejoin(stream, partition);
  }

  // Producer
  void append(log::Stream stream, std::vector<log::Record> records, Done done) override {
    // The answer must outlive this call, so it is decided as the call comes back.
    real_append(stream, std::move(records), std::move(done));
  }
  base::Status health() const override { return real_.producer.health(); }
  std::uint32_t partitions(log::Stream stream) const override { return real_.producer.partitions(stream); }

  // Reader
  base::Result<std::vector<log::PartitionState>> state(log::Stream stream) override {
    return life_.live(Call::kState, [&] { return real_.reader.state(stream); });
  }
  base::Result<log::Fetched> read(const log::Position& from, const log::FetchLimits& limits,
                                  std::stop_token stop) override {
    return life_.live(Call::kRead, [&] { return real_.reader.read(from, limits, stop); });
  }

  // EventStore
  base::Status insert(const store::Batch& batch, std::string_view token) override {
    return life_.live(Call::kInsert, [&] { return real_.store.insert(batch, token); });
  }
  base::Result<std::vector<store::StoredId>> find(std::span<const base::Uuid> ids,
                                                  base::Timestamp since) override {
    return life_.live(Call::kFind, [&] { return real_.store.find(ids, since); });
  }
  base::Result<base::Timestamp> scan_ids(const store::IdRange& range, const Scanned& each) override {
    return life_.live(Call::kScan, [&] { return real_.store.scan_ids(range, each); });
  }
  base::Result<std::optional<log::Offset>> highest_offset(log::PartitionId partition) override {
    return life_.live(Call::kHighest, [&] { return real_.store.highest_offset(partition); });
  }

 private:
  void real_append(log::Stream stream, std::vector<log::Record> records, Done done) {
    bool made = false;
    const base::Status allowed = life_.live(Call::kAppend, [&]() -> base::Status {
      made = true;
      return {};
    });
    // A dead process hears no answer.
    if (!made && life_.over()) return;
    if (!made) return done(allowed.error());
    real_.producer.append(stream, std::move(records),
                          [dead = life_.death(), allowed, done = std::move(done)](base::Result<Ack> ack) {
                            if (*dead) return;
                            if (allowed) return done(std::move(ack));
                            done(allowed.error());
                          });
  }

  Life& life_;
  ConsumerPorts real_;
};

}  // namespace fanfinity::pipeline
