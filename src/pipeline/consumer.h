#pragma once
// Everything between the log and the store: a worker for each owned partition of `events`, the relay
// that brings `retry` back, dead letters. The protocol is docs/GUARANTEES.md.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "log/log.h"
#include "pipeline/observer.h"
#include "store/store.h"

namespace fanfinity::pipeline {

struct ConsumerConfig {
  std::string topic = "events";  ///< First part of the insert token.
  std::size_t batch_max_events =
      100'000;  ///< A batch goes out at so many events (it grows with the backlog) ...
  std::size_t batch_max_bytes = 32U << 20U;
  std::chrono::milliseconds batch_max_age{200};  ///< ... or when its oldest has waited so long.
  double max_inserts_per_second = 10;            ///< Of this consumer over all partitions: the age stretches.
  std::chrono::hours dedup_window{24 * 7};
  std::size_t dedup_filter_bytes = 256U << 20U;  ///< Bound over all partitions of this consumer.
  std::chrono::milliseconds filter_gather{50};   ///< How long a look for the filters waits for others.
  /// How long after an assignment a batch waits for the filter before its ids are looked up instead: most are
  /// filled within this time, and waiting for one is then cheaper.
  std::chrono::milliseconds filter_patience{300};
  unsigned max_attempts = 5;                           ///< Tries of a refused event before it is dead.
  std::chrono::milliseconds retry_first_delay{1'000};  ///< Doubles with each attempt ...
  std::chrono::milliseconds retry_max_delay{60'000};   ///< ... up to this.
  std::chrono::milliseconds backoff_first{100};        ///< While the store is away.
  std::chrono::milliseconds backoff_max{5'000};
  std::chrono::milliseconds intent_max_age{3'600'000};  ///< C2: an older intent is not replayed blindly.
  /// After how long in vain the same insert, look-up, fetch or commit is trouble. Restarts of the store end
  /// sooner.
  std::chrono::milliseconds repeated_too_long{30'000};

  bool operator==(const ConsumerConfig&) const = default;
};

struct ConsumerPorts {
  log::Group& group;
  log::Reader& reader;
  log::Producer& producer;
  store::EventStore& store;
  base::Clock& clock;
  Observer& observer;
};

class Consumer {
 public:
  Consumer(ConsumerConfig config, ConsumerPorts ports);
  ~Consumer();  ///< Stops.
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// Starts the threads: one for the membership of `events`, one for `retry`, one for each owned partition.
  void start();
  /// Finishes the inserts under way, stores what is fetched when `drain` is set and it can be done within
  /// `timeout`, commits, leaves. Idempotent.
  void stop(bool drain, std::chrono::milliseconds timeout);
  /// The error of the first partition that had to stop, if any.
  [[nodiscard]] std::optional<base::Error> stopped_partition() const;
  /// Why nothing is stored although the consumer runs: a partition had to stop, or something has been
  /// repeated in vain for too long.
  [[nodiscard]] std::optional<base::Error> trouble() const;
  /// For how long the longest of the operations that are repeated now has been; zero when none is.
  [[nodiscard]] std::chrono::milliseconds repeating() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a worker writes into the metadata of a commit: "v1;intent=END;at=MS;asof=MS;now=MS" (intent and
/// its time only while a range is announced).
struct CommitMetadata {
  std::optional<log::Offset> intent_end{};
  base::Timestamp intent_at{};  ///< When the range was announced first; meaningful with intent_end.
  base::Timestamp as_of{};      ///< Everything acknowledged before is stored, duplicate, in retry, or dead.
  base::Timestamp committed_at{};  ///< When this was written: the last sign of life of the owner.
  bool operator==(const CommitMetadata&) const = default;
  [[nodiscard]] std::string encode() const;
  /// Empty metadata decodes to none; anything unreadable is kCorrupt.
  [[nodiscard]] static base::Result<std::optional<CommitMetadata>> decode(std::string_view text);
};

/// C6: the moment before which everything acknowledged is counted, or a dead letter. Reads watermarks of
/// `events`, then what waits in `retry`. Call before reading rollups. The epoch means that nothing can be
/// claimed (no partition was ever committed, or more waits in `retry` than is worth reading).
[[nodiscard]] base::Result<base::Timestamp> as_of(log::Reader& reader);

/// What is on its way, read from the log alone.
struct Backlog {
  std::vector<std::uint64_t> lags;  ///< Of each partition of `events`: records not yet committed.
  std::uint64_t lag = 0;            ///< Their sum.
  std::uint64_t retry = 0;          ///< Events that wait in `retry`.
  std::uint64_t dead = 0;           ///< Records in `dead`.
};
[[nodiscard]] base::Result<Backlog> backlog(log::Reader& reader);

/// Whether no range is announced and unfinished, as EXACTLY-ONCE 6 asks for before a schema changes.
/// kInvalid: the sentence says which partition, and what to do.
[[nodiscard]] base::Status no_intent_pending(log::Reader& reader);

}  // namespace fanfinity::pipeline
