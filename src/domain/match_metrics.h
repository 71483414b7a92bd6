#pragma once
// What is happening in a match, and its JSON. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "domain/event.h"
#include "domain/response_times.h"

namespace fanfinity::domain {

struct PeakMinute {
  base::Timestamp minute;
  std::uint64_t count = 0;
};

struct MatchMetrics {
  std::string match_id;
  std::uint64_t total = 0;
  std::map<EventType, std::uint64_t> by_type;  ///< Only types seen.
  base::Timestamp first_at;
  base::Timestamp last_at;
  PeakMinute peak;
  std::optional<ResponseTimePercentiles> response_times;
  base::Timestamp as_of;
};

struct MatchSummary {
  std::string match_id;
  std::uint64_t total = 0;
  std::uint64_t goals = 0;
  base::Timestamp first_at;
  base::Timestamp last_at;
  base::Timestamp last_activity;  ///< When the newest of its events was received.
};

/// The metrics object of the contract (DESIGN A1).
void append_metrics_json(const MatchMetrics& metrics, std::string& out);
/// The same without `asOf`: one of several that share it.
void append_undated_metrics_json(const MatchMetrics& metrics, std::string& out);

/// {"matchId":"m","totalEvents":3,"goals":1,"firstEventAt":"...","lastEventAt":"...","lastActivityAt":"..."}
void append_summary_json(const MatchSummary& summary, std::string& out);

}  // namespace fanfinity::domain
