#pragma once
// The events of a match over time, in buckets of one length, and their JSON. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/event.h"

namespace fanfinity::domain {

struct TimelineCell {
  base::Timestamp start;  ///< Of its bucket.
  EventType type = EventType::kPass;
  std::uint8_t team = 1;
  std::uint64_t count = 0;
};

struct Timeline {
  std::string match_id;
  std::vector<TimelineCell> cells;  ///< Ascending by start, type, team; no empty cells.
  base::Timestamp as_of;
  std::chrono::seconds bucket{60};
};

/// A bucket's length as people write it: "15s", "5m", "1h". Those that divide a minute, and those of whole
/// minutes that divide an hour; empty for any other.
[[nodiscard]] std::optional<std::chrono::seconds> parse_bucket(std::string_view text);
[[nodiscard]] std::string format_bucket(std::chrono::seconds bucket);

/// The start of the bucket that holds `at`, and the end of the one that ends at or after it.
[[nodiscard]] base::Timestamp bucket_start(base::Timestamp at, std::chrono::seconds bucket);
[[nodiscard]] base::Timestamp bucket_end(base::Timestamp at, std::chrono::seconds bucket);

/// How many buckets of at most a minute `minutes` minutes make.
[[nodiscard]] std::uint64_t buckets_in(std::uint64_t minutes, std::chrono::seconds bucket);
/// The shortest bucket of which they make at most `most`; empty when there are more minutes than that.
[[nodiscard]] std::optional<std::chrono::seconds> bucket_for(std::uint64_t minutes, std::uint64_t most);

/// Sums the cells up into buckets of a multiple of their length.
void widen(Timeline& timeline, std::chrono::seconds bucket);
/// How many buckets with an event it has, or would have after `widen`.
[[nodiscard]] std::uint64_t buckets_of(const Timeline& timeline, std::chrono::seconds bucket);
/// The shortest to which `timeline` can be widened so that it has at most `most`; empty when none is.
[[nodiscard]] std::optional<std::chrono::seconds> bucket_for(const Timeline& timeline, std::uint64_t most);

/// {"matchId":"m","bucketSeconds":60,"buckets":[{"start":"...Z","total":3,
///   "byType":{"pass":2,"goal":1},"byTeam":{"1":2,"2":1},"teams":{"1":{"pass":2},"2":{"goal":1}}},...],"asOf":"..."}
void append_timeline_json(const Timeline& timeline, std::string& out);

}  // namespace fanfinity::domain
