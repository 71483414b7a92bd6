#include "domain/match_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "domain/json_members.h"

namespace fanfinity::domain {
namespace {

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

}  // namespace

void append_undated_metrics_json(const MatchMetrics& metrics, std::string& out) {
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
  out += '}';
}

void append_metrics_json(const MatchMetrics& metrics, std::string& out) {
  append_undated_metrics_json(metrics, out);
  out.pop_back();
  append_time("asOf", metrics.as_of, out);
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
