#include "domain/match_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/rfc3339.h"
#include "domain/event_json.h"
#include "domain/json_number.h"

namespace fanfinity::domain {
namespace {

using TypeCounts = std::map<EventType, std::uint64_t>;

constexpr std::size_t kTeams = 2;

/// Appends `,"name":` or, at the start of an object, `"name":`.
void append_name(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
}

void append_count(std::string_view name, std::uint64_t count, std::string& out) {
  append_name(name, out);
  append_json_number(count, out);
}

void append_time(std::string_view name, base::Timestamp at, std::string& out) {
  append_name(name, out);
  out += '"';
  base::append_rfc3339(at, out);
  out += '"';
}

void append_text(std::string_view name, std::string_view text, std::string& out) {
  append_name(name, out);
  append_json_string(text, out);
}

void append_counts(std::string_view name, const TypeCounts& counts, std::string& out) {
  append_name(name, out);
  out += '{';
  for (const auto& [type, count] : counts) append_count(to_string(type), count, out);
  out += '}';
}

/// Five significant digits, which adds at most 0.005 % to the error of a percentile.
void append_milliseconds(std::string_view name, double value, std::string& out) {
  append_name(name, out);
  constexpr int kDigits = 5;
  const int magnitude = value > 0 ? static_cast<int>(std::floor(std::log10(value))) : 0;
  const int decimals = std::clamp(kDigits - 1 - magnitude, 0, 9);
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
  std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  if (digits.find('.') != std::string_view::npos) {
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.remove_suffix(1);
  }
  out += digits;
}

std::uint64_t count_of(const TypeCounts& counts, EventType type) {
  const auto found = counts.find(type);
  return found == counts.end() ? 0 : found->second;
}

/// The cells of one minute, summed up.
struct Bucket {
  std::uint64_t total = 0;
  TypeCounts by_type;
  std::array<std::uint64_t, kTeams> by_team{};
  std::array<TypeCounts, kTeams> teams;

  void add(const TimelineCell& cell) {
    const std::size_t team = cell.team == 2 ? 1 : 0;
    total += cell.count;
    by_type[cell.type] += cell.count;
    by_team[team] += cell.count;
    teams[team][cell.type] += cell.count;
  }
};

void append_bucket(base::Timestamp start, const Bucket& bucket, std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
  append_time("start", start, out);
  append_count("total", bucket.total, out);
  append_counts("byType", bucket.by_type, out);
  append_name("byTeam", out);
  out += '{';
  append_count("1", bucket.by_team[0], out);
  append_count("2", bucket.by_team[1], out);
  out += '}';
  append_name("teams", out);
  out += '{';
  append_counts("1", bucket.teams[0], out);
  append_counts("2", bucket.teams[1], out);
  out += "}}";
}

}  // namespace

void append_metrics_json(const MatchMetrics& metrics, std::string& out) {
  out += '{';
  append_text("matchId", metrics.match_id, out);
  append_count("totalEvents", metrics.total, out);
  append_counts("eventsByType", metrics.by_type, out);
  append_count("goals", count_of(metrics.by_type, EventType::kGoal), out);
  append_count("yellowCards", count_of(metrics.by_type, EventType::kYellowCard), out);
  append_count("redCards", count_of(metrics.by_type, EventType::kRedCard), out);
  append_time("firstEventAt", metrics.first_at, out);
  append_time("lastEventAt", metrics.last_at, out);
  append_name("peakMinute", out);
  out += '{';
  append_time("minute", metrics.peak.minute, out);
  append_count("eventCount", metrics.peak.count, out);
  out += '}';
  if (metrics.response_times) {
    append_name("responseTimePercentiles", out);
    out += '{';
    append_milliseconds("p50", metrics.response_times->p50, out);
    append_milliseconds("p95", metrics.response_times->p95, out);
    append_milliseconds("p99", metrics.response_times->p99, out);
    out += '}';
  }
  append_time("asOf", metrics.as_of, out);
  out += '}';
}

void append_timeline_json(const Timeline& timeline, std::string& out) {
  out += '{';
  append_text("matchId", timeline.match_id, out);
  append_count("bucketSeconds", 60, out);
  append_name("buckets", out);
  out += '[';
  for (auto cell = timeline.cells.begin(); cell != timeline.cells.end();) {
    const base::Timestamp start = cell->minute;
    Bucket bucket;
    for (; cell != timeline.cells.end() && cell->minute == start; ++cell) bucket.add(*cell);
    append_bucket(start, bucket, out);
  }
  out += ']';
  append_time("asOf", timeline.as_of, out);
  out += '}';
}

void append_summary_json(const MatchSummary& summary, std::string& out) {
  out += '{';
  append_text("matchId", summary.match_id, out);
  append_count("totalEvents", summary.total, out);
  append_count("goals", summary.goals, out);
  append_time("firstEventAt", summary.first_at, out);
  append_time("lastEventAt", summary.last_at, out);
  append_time("lastActivityAt", summary.last_activity, out);
  out += '}';
}

}  // namespace fanfinity::domain
