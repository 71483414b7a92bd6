#pragma once
// The log: partitioned, durable, ordered streams of records, implemented by Kafka and by the embedded
// log. Three ports: a Producer that everybody may use, a Group whose members share the partitions of a
// stream for consuming, and a Reader that looks without owning anything.

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"

namespace fanfinity::log {

enum class Stream : std::uint8_t { kEvents = 0, kRetry = 1, kDead = 2 };
inline constexpr std::size_t kStreams = 3;
[[nodiscard]] std::string_view to_string(Stream stream);

enum class PartitionId : std::uint32_t {};
enum class Offset : std::int64_t {};

[[nodiscard]] constexpr std::uint32_t number(PartitionId p) {
  return static_cast<std::uint32_t>(p);
}
[[nodiscard]] constexpr std::int64_t number(Offset o) {
  return static_cast<std::int64_t>(o);
}
[[nodiscard]] constexpr Offset operator+(Offset o, std::int64_t n) {
  return Offset{number(o) + n};
}
[[nodiscard]] constexpr std::int64_t operator-(Offset a, Offset b) {
  return number(a) - number(b);
}

/// Where a key lives: every producer and every reader uses this one rule.
[[nodiscard]] constexpr PartitionId partition_of(std::uint64_t key_hash, std::uint32_t partitions) {
  return PartitionId{static_cast<std::uint32_t>(key_hash % partitions)};
}

struct Position {
  Stream stream = Stream::kEvents;
  PartitionId partition{};
  Offset offset{};
  auto operator<=>(const Position&) const = default;
};

enum class RecordKind : std::uint8_t {
  kEvent = 1,          ///< Value: canonical event JSON. Key: the event's id.
  kResponseTimes = 2,  ///< Value: domain::ResponseTimesRecord JSON. Key: an id of its own.
};

struct FailedAttempt {
  base::Timestamp at;
  std::string reason;
  bool operator==(const FailedAttempt&) const = default;
};

/// Why a record is in `retry` or `dead`, and what is left to try.
struct Failure {
  std::vector<FailedAttempt> attempts;  ///< Oldest first; bounded by the number of attempts allowed.
  base::Timestamp due_at;               ///< `retry` only: not to be tried before.
  Position origin;                      ///< Where the record stood when it was refused first.
  bool operator==(const Failure&) const = default;
};

struct Record {
  RecordKind kind = RecordKind::kEvent;
  base::Uuid key;
  std::string value;
  base::Timestamp received_at;  ///< When an API server accepted it; kept through retries.
  std::string traceparent;      ///< W3C Trace Context, or empty.
  std::optional<Failure>
      failure;  ///< Present once it has been refused; kept when produced to `events` again.
  bool operator==(const Record&) const = default;
};

struct FetchedRecord {
  Offset offset{};
  Record record;
};

/// `records` is empty only when nothing came in time, or `next` skipped over records that hold nothing.
struct Fetched {
  std::vector<FetchedRecord> records;
  Offset next{};  ///< Where to go on reading.
  Offset end{};   ///< One past the newest record that was readable at the time of the fetch.
};

struct FetchLimits {
  std::size_t max_records = 10'000;
  std::size_t max_bytes = 16U << 20U;
  std::chrono::milliseconds max_wait{100};  ///< How long to wait for the first record.
};

struct Committed {
  std::optional<Offset> offset;  ///< Empty when the group never committed here.
  std::string metadata;
};

/// Appends. Thread-safe. Outlives every callback.
class Producer {
 public:
  /// Called once, and must neither block nor throw; it may append. An append that is refused before it is
  /// queued calls it on the appending thread, inside `append` or at the end of that thread's base::Burst: the
  /// caller holds no lock that it takes. Otherwise a thread of the producer calls it. Success: every record
  /// of the append is durable; `last` is the position of the last one. kFull / kUnavailable: none was
  /// written. kUnknownOutcome: some may have been.
  struct Ack {
    Position last;
  };
  using Done = std::function<void(base::Result<Ack>)>;

  virtual ~Producer() = default;
  /// Never blocks: a full queue answers kFull. `records` is not empty.
  virtual void append(Stream stream, std::vector<Record> records, Done done) = 0;
  /// Whether an append would be tried now, and if not, why, in one sentence.
  [[nodiscard]] virtual base::Status health() const = 0;
  [[nodiscard]] virtual std::uint32_t partitions(Stream stream) const = 0;
};

/// One partition that this member owns, from on_assigned until on_revoked returns. One thread at a time.
/// Once the ownership is lost every call answers kFenced (EXACTLY-ONCE C1).
class OwnedPartition {
 public:
  virtual ~OwnedPartition() = default;
  [[nodiscard]] virtual PartitionId id() const = 0;
  /// The state the group committed last.
  [[nodiscard]] virtual base::Result<Committed> committed() = 0;
  /// Waits up to `limits.max_wait` for a record at or after `from`. kNotFound: `from` is outside the
  /// partition (before its beginning or beyond its end). What `into` held is replaced, its memory used
  /// again; after a failure it holds nothing of use.
  [[nodiscard]] virtual base::Status fetch(Offset from, const FetchLimits& limits, std::stop_token stop,
                                           Fetched& into) = 0;
  /// Durable when it returns success. kUnknownOutcome: leave the group and start over. Records of
  /// `events` and `retry` below `offset` may be removed from now on. metadata: at most 1 KiB.
  [[nodiscard]] virtual base::Status commit(Offset offset, std::string_view metadata) = 0;
};

/// Membership of the consumer group.
class Group {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_assigned(std::shared_ptr<OwnedPartition> partition) = 0;
    /// Returns only when nothing uses the partition any more: its worker has stopped.
    virtual void on_revoked(PartitionId partition) = 0;
  };
  virtual ~Group() = default;
  /// Joins, serves assignments on the calling thread until `stop`, then revokes all and leaves.
  virtual base::Status run(Stream stream, Listener& listener, std::stop_token stop) = 0;
  /// Asks a running `run` to give a partition up and take part again from the start (after an unknown
  /// outcome of a commit): on_revoked, then on_assigned anew for whoever owns it. Any thread.
  virtual void rejoin(Stream stream, PartitionId partition) = 0;
};

struct PartitionState {
  PartitionId partition{};
  Offset begin{};       ///< The oldest record kept.
  Offset end{};         ///< One past the newest durable record.
  Committed committed;  ///< Of the group; no offset for `dead`.
};

/// Looks at streams without being a member. Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual base::Result<std::vector<PartitionState>> state(Stream stream) = 0;
  [[nodiscard]] virtual base::Result<Fetched> read(const Position& from, const FetchLimits& limits,
                                                   std::stop_token stop) = 0;
};

}  // namespace fanfinity::log
