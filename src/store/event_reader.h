#pragma once
// The store's port for the events themselves: paged through, and counted in ways no rollup has. Implemented
// by src/store/clickhouse_events.*

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "domain/event.h"
#include "domain/player_counts.h"
#include "domain/timeline.h"
#include "store/time_span.h"

namespace fanfinity::store {

/// Where an event stands among those of its match: by its time, then by its id in the store's own order.
struct EventPosition {
  base::Timestamp at;
  base::Uuid id;
  bool operator==(const EventPosition&) const = default;
};

/// Which events of a match, and of those the first `limit` after a position.
struct EventQuery {
  std::string match_id;
  std::vector<domain::EventType> types;  ///< Empty: any.
  std::optional<std::uint8_t> team;
  std::optional<std::string> player;
  TimeSpan span;  ///< Of event time.
  bool latest_first = true;
  std::optional<EventPosition> after;  ///< Strictly beyond it, in the order asked for.
  std::size_t limit = 1;
  bool operator==(const EventQuery&) const = default;
};

/// Counts by time in buckets of less than a minute.
struct FineTimelineQuery {
  std::string match_id;
  std::chrono::seconds bucket{1};  ///< Divides a minute.
  base::Timestamp from;  ///< [from, to) of event time, at the borders of buckets. The caller bounds how
  base::Timestamp to;    ///< many there are.
  bool operator==(const FineTimelineQuery&) const = default;
};

struct StoredEvent {
  domain::Event event;
  base::Timestamp received_at;
};

/// Reads the raw table. Thread-safe; calls block.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// In order. Whoever goes on after the last of a page sees each event that was there from the beginning
  /// once, whatever is stored meanwhile. kNotFound when the match has no event at all.
  [[nodiscard]] virtual base::Result<std::vector<StoredEvent>> events(const EventQuery& query) = 0;
  /// Empty when the match has no event there.
  [[nodiscard]] virtual base::Result<domain::Timeline> timeline(const FineTimelineQuery& query) = 0;
  /// The `limit` most active players, and what names none. kNotFound when the match has no event.
  [[nodiscard]] virtual base::Result<domain::MatchPlayers> players(const std::string& match_id,
                                                                   std::size_t limit) = 0;
};

}  // namespace fanfinity::store
