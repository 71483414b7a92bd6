#include "store/clickhouse_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "store/clickhouse_values.h"
#include "store/match_known.h"
#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

// A row with totals, the peak and counts by type for each match that has events, and one with its response
// times, known by its total of 0, if there are any. Minutes are summed first; among equal counts max() over
// (count, -minute) prefers the earliest.
constexpr const char* kMetricsSql = R"sql(
SELECT
    match_id,
    sum(minute_events),
    min(minute_first),
    max(minute_last),
    max((minute_events, -minute_seconds)),
    sumMap(types.1, types.2)
FROM
(
    SELECT
        match_id,
        toUnixTimestamp64Second(minute) AS minute_seconds,
        sum(events) AS minute_events,
        min(first_at) AS minute_first,
        max(last_at) AS minute_last,
        sumMap([toInt16(event_type)], [events]) AS types
    FROM match_minutes
    WHERE match_id IN {matches:Array(String)}
    GROUP BY match_id, minute
)
GROUP BY match_id
UNION ALL
SELECT
    match_id,
    toUInt64(0),
    fromUnixTimestamp64Milli(toInt64(0), 'UTC'),
    fromUnixTimestamp64Milli(toInt64(0), 'UTC'),
    (toUInt64(0), toInt64(0)),
    sumMap([bucket], [requests])
FROM response_times
WHERE match_id IN {matches:Array(String)}
GROUP BY match_id
FORMAT RowBinary)sql";

constexpr const char* kTimelineSql = R"sql(
SELECT minute, toUInt8(event_type), team, sum(events)
FROM match_minutes
WHERE match_id = {match:String} AND minute >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    AND minute < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
GROUP BY minute, event_type, team
ORDER BY minute, event_type, team
LIMIT {limit:UInt64}
FORMAT RowBinary)sql";

// Matches are many and a page is short, so first only those are put in order that were active within some
// days before the page begins; the totals are then of the few matches of the page. All others have been
// active before those days, so a full page is right whatever the days.
constexpr const char* kLatelySql = R"sql(
WHERE match_id IN
(
    SELECT match_id
    FROM matches
    WHERE received_day >= toDate32(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
    GROUP BY match_id
    HAVING (-toUnixTimestamp64Milli(max(last_received_at)), match_id) > (-{activity:Int64}, {match:String})
    ORDER BY max(last_received_at) DESC, match_id
    LIMIT {limit:UInt64}
))sql";

constexpr const char* kMatchesSql = R"sql(
SELECT
    match_id,
    sum(events),
    sum(goals),
    min(first_at),
    max(last_at),
    max(last_received_at) AS activity
FROM matches)sql";

// Few matches have what is looked for, so no period is tried first.
constexpr const char* kSearchSql = R"sql(
WHERE arrayAll(word -> positionCaseInsensitiveUTF8(match_id, word) > 0, {words:Array(String)}))sql";

constexpr const char* kPageSql = R"sql(
GROUP BY match_id
HAVING (-toUnixTimestamp64Milli(activity), match_id) > (-{activity:Int64}, {match:String})
ORDER BY activity DESC, match_id
LIMIT {limit:UInt64}
FORMAT RowBinary)sql";

// How many days are tried first, before any.
constexpr std::array kPeriods = {std::chrono::days{1}, std::chrono::days{30}};

// Later than any event can be or be received: the first page begins there.
constexpr base::Timestamp kEndOfTime{std::chrono::milliseconds{9'999'999'999'999}};

base::Timestamp from_seconds(std::int64_t seconds) {
  return base::Timestamp{std::chrono::seconds{seconds}};
}

/// The value of a parameter of type Array(String). ClickHouse reads it once, unlike that of a String, so what
/// the client escapes is escaped already, but for quotes.
std::string array_of(std::span<const std::string> texts) {
  std::string array = "[";
  for (const std::string& text : texts) {
    array += array.size() > 1 ? ",'" : "'";
    for (const char c : text) array.append(c == '\'' ? 2 : 1, c);
    array += '\'';
  }
  return array + "]";
}

template <typename Int>
std::vector<Int> read_array(RowBinaryReader& reader) {
  std::vector<Int> values;
  for (std::size_t left = reader.length(); left > 0 && reader.ok(); --left) {
    values.push_back(reader.integer<Int>());
  }
  return values;
}

/// One row of the answer to kMetricsSql.
struct MetricsRow {
  domain::MatchMetrics totals;
  std::vector<std::int16_t> keys;  ///< Event types; of response times the buckets.
  std::vector<std::uint64_t> counts;

  explicit MetricsRow(RowBinaryReader& reader) {
    totals.match_id = reader.text();
    totals.total = reader.integer<std::uint64_t>();
    totals.first_at = reader.timestamp();
    totals.last_at = reader.timestamp();
    totals.peak.count = reader.integer<std::uint64_t>();
    totals.peak.minute = from_seconds(-reader.integer<std::int64_t>());
    keys = read_array<std::int16_t>(reader);
    counts = read_array<std::uint64_t>(reader);
    counts.resize(keys.size());
  }
  [[nodiscard]] bool is_response_times() const { return totals.total == 0; }
  [[nodiscard]] domain::MatchMetrics metrics() && {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      totals.by_type[static_cast<domain::EventType>(keys[i])] = counts[i];
    }
    return std::move(totals);
  }
  [[nodiscard]] std::optional<domain::ResponseTimePercentiles> percentiles() const {
    domain::ResponseTimes times;
    for (std::size_t i = 0; i < keys.size(); ++i) times.add_bucket(keys[i], counts[i]);
    return times.percentiles();
  }
};

}  // namespace

Result<std::vector<domain::MatchMetrics>> ClickHouseMetrics::metrics(std::span<const std::string> match_ids) {
  if (match_ids.empty()) return std::vector<domain::MatchMetrics>{};
  auto answer =
      http_.read({.sql = kMetricsSql, .params = {{"matches", array_of(match_ids)}}, .settings = {}});
  if (!answer) return answer.error();
  std::vector<domain::MatchMetrics> out;
  std::unordered_map<std::string, std::optional<domain::ResponseTimePercentiles>> response_times;
  RowBinaryReader reader(*answer);
  while (!reader.at_end() && reader.ok()) {
    MetricsRow row(reader);
    if (row.is_response_times()) {
      response_times.emplace(row.totals.match_id, row.percentiles());
    } else {
      out.push_back(std::move(row).metrics());
    }
  }
  if (!reader.ok()) return torn();
  for (domain::MatchMetrics& metrics : out) {
    const auto times = response_times.find(metrics.match_id);
    if (times != response_times.end()) metrics.response_times = times->second;
  }
  return out;
}

Result<domain::Timeline> ClickHouseMetrics::timeline(const std::string& match_id, const TimeSpan& span) {
  auto answer = http_.read({.sql = kTimelineSql,
                            .params = {{"match", match_id},
                                       {"from", milliseconds_of(span.from.value_or(base::Timestamp{}))},
                                       {"to", milliseconds_of(span.to.value_or(kEndOfTime))},
                                       {"limit", std::to_string(kMaxTimelineCells + 1)}},
                            .settings = {}});
  if (!answer) return answer.error();
  domain::Timeline out;
  out.match_id = match_id;
  RowBinaryReader reader(*answer);
  while (!reader.at_end() && reader.ok()) {
    domain::TimelineCell cell;
    cell.start = from_seconds(reader.integer<std::int64_t>());
    cell.type = static_cast<domain::EventType>(reader.integer<std::uint8_t>());
    cell.team = reader.integer<std::uint8_t>();
    cell.count = reader.integer<std::uint64_t>();
    out.cells.push_back(cell);
  }
  if (!reader.ok()) return torn();
  if (out.cells.empty()) {
    if (auto known = check_match(http_, match_id); !known) return known.error();
  }
  if (out.cells.size() > kMaxTimelineCells) {
    return Error{Errc::kFull,
                 "The events of this match are spread over more minutes than can be read at once (" +
                     std::to_string(kMaxTimelineCells) + " counts)."};
  }
  return out;
}

Result<std::vector<domain::MatchSummary>> ClickHouseMetrics::matches(const MatchQuery& query) {
  const MatchCursor from = query.after.value_or(MatchCursor{kEndOfTime, {}});
  if (!query.words.empty()) return read_page(query, from, std::nullopt);
  const auto start_of = [begin = std::min(clock_.now(), from.last_activity)](std::chrono::days period) {
    return base::Timestamp{std::chrono::floor<std::chrono::days>(begin) - period};
  };
  // The period that would have done for the page before is likely to do for this one.
  for (std::size_t tried = period_;; ++tried) {
    const bool all = tried == kPeriods.size();
    auto page = read_page(query, from, all ? std::nullopt : std::optional(start_of(kPeriods[tried])));
    if (!page) return page;
    if (!all && page->size() < query.limit) continue;
    const auto holds = [&](auto days) {
      return page->size() == query.limit && page->back().last_activity >= start_of(days);
    };
    period_ = static_cast<std::size_t>(std::ranges::find_if(kPeriods, holds) - kPeriods.begin());
    return page;
  }
}

Result<std::vector<domain::MatchSummary>> ClickHouseMetrics::read_page(
    const MatchQuery& query, const MatchCursor& from, const std::optional<base::Timestamp>& since) {
  ClickHouseQuery asked{.sql = kMatchesSql,
                        .params = {{"activity", milliseconds_of(from.last_activity)},
                                   {"match", from.match_id},
                                   {"limit", std::to_string(query.limit)}},
                        .settings = {}};
  if (!query.words.empty()) {
    asked.sql += kSearchSql;
    asked.params.emplace_back("words", array_of(query.words));
  } else if (since) {
    asked.sql += kLatelySql;
    asked.params.emplace_back("since", milliseconds_of(*since));
  }
  asked.sql += kPageSql;
  auto answer = http_.read(asked);
  if (!answer) return answer.error();
  std::vector<domain::MatchSummary> out;
  RowBinaryReader reader(*answer);
  while (!reader.at_end() && reader.ok()) {
    domain::MatchSummary match;
    match.match_id = reader.text();
    match.total = reader.integer<std::uint64_t>();
    match.goals = reader.integer<std::uint64_t>();
    match.first_at = reader.timestamp();
    match.last_at = reader.timestamp();
    match.last_activity = reader.timestamp();
    out.push_back(std::move(match));
  }
  if (!reader.ok()) return torn();
  return out;
}

Status ClickHouseMetrics::ping() {
  // A server that is stuck takes connections and answers nothing: that is not being there.
  constexpr std::chrono::milliseconds kPatience{2'000};
  auto answer = http_.read({.sql = "SELECT count() FROM matches WHERE 0 FORMAT RowBinary",
                            .params = {},
                            .settings = {},
                            .timeout = kPatience});
  if (!answer) return answer.error();
  return {};
}

}  // namespace fanfinity::store
