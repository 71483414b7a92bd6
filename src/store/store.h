#pragma once
// The store's ports: where batches are written and ids looked up (the pipeline's side), and where
// metrics are read (the API's side). Implemented by src/store/clickhouse_*.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "domain/match_metrics.h"
#include "domain/response_times.h"
#include "domain/timeline.h"
#include "log/log.h"
#include "store/event_rows.h"
#include "store/time_span.h"

namespace fanfinity::store {

/// The decided rows of one range of one partition of `events`.
struct Batch {
  EventRows events;
  std::vector<domain::ResponseTimesRecord> response_times;
};

/// Where an id is stored.
struct StoredId {
  base::Uuid id;
  log::PartitionId partition{};
  log::Offset offset{};
  base::Timestamp received_at;
};

/// An id as a filter wants to know it.
struct ScannedId {
  base::Uuid id;
  base::Timestamp received_at;
};

struct IdRange {
  std::vector<log::PartitionId> partitions;  ///< Ids whose *key maps to* one of these partitions ...
  std::uint32_t of = 1;                      ///< ... of so many (log::partition_of).
  base::Timestamp since;                     ///< Received at or after this moment ...
  std::uint64_t whole_up_to = 0;             ///< ... or whenever, while no more rows than these are stored.
};

/// Writes. Thread-safe; calls block.
class EventStore {
 public:
  virtual ~EventStore() = default;
  /// Raw rows and every rollup, once for a token however often it is repeated with the same rows.
  /// kRefused: a row is at fault and nothing was written (EXACTLY-ONCE 6); it can only concern `events`.
  /// Every other failure is kUnknownOutcome or kUnavailable: repeat with the same rows and token.
  [[nodiscard]] virtual base::Status insert(const Batch& batch, std::string_view token) = 0;
  /// The stored rows of these ids that were received at or after `since`; sees every insert that has
  /// returned. An id may have none. The nearer `since`, the less is looked at.
  [[nodiscard]] virtual base::Result<std::vector<StoredId>> find(std::span<const base::Uuid> ids,
                                                                 base::Timestamp since) = 0;
  using Scanned = std::function<base::Status(std::span<const ScannedId>)>;
  /// Hands every stored id of the range to `each`, in chunks, in no order; sees every insert that had
  /// returned before the call. The error of `each` ends the scan and is returned. Answers the moment since
  /// which nothing was left out: the epoch, or `since`.
  [[nodiscard]] virtual base::Result<base::Timestamp> scan_ids(const IdRange& range, const Scanned& each) = 0;
  /// The highest offset stored from a partition of `events`; empty when it has no row.
  [[nodiscard]] virtual base::Result<std::optional<log::Offset>> highest_offset(
      log::PartitionId partition) = 0;
};

struct MatchCursor {
  base::Timestamp last_activity;
  std::string match_id;
};

/// Which matches, and of those the first `limit` after a position.
struct MatchQuery {
  std::size_t limit = 1;
  std::optional<MatchCursor> after = {};
  std::vector<std::string> words = {};  ///< The id contains each of them, in any case. Empty: every match.
};

/// Reads rollups. Thread-safe; calls block. `as_of` of the answers is left to the caller, who must take
/// the watermark before calling.
class MetricsReader {
 public:
  virtual ~MetricsReader() = default;
  /// Of those of these matches that have an event, in no order. Distinct ids; a hundred cost little more than
  /// one.
  [[nodiscard]] virtual base::Result<std::vector<domain::MatchMetrics>> metrics(
      std::span<const std::string> match_ids) = 0;
  /// The minutes of a match that begin in the span. kNotFound when the match has no event at all, kFull when
  /// they are too many.
  [[nodiscard]] virtual base::Result<domain::Timeline> timeline(const std::string& match_id,
                                                                const TimeSpan& span) = 0;
  /// Latest activity first, then by id; those strictly after `after` when given.
  [[nodiscard]] virtual base::Result<std::vector<domain::MatchSummary>> matches(const MatchQuery& query) = 0;
  [[nodiscard]] virtual base::Status ping() = 0;
};

}  // namespace fanfinity::store
