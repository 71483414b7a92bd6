#pragma once
// Metrics read from ClickHouse's rollups, never from raw events.

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/clickhouse_http.h"
#include "store/store.h"

namespace fanfinity::store {

/// Cells of a timeline; a longer one is kFull. A match of 150 minutes has some 3,000.
inline constexpr std::size_t kMaxTimelineCells = 200'000;

/// `http` and `clock` outlive it. A call is one query; the first of a list may be up to three.
class ClickHouseMetrics final : public MetricsReader {
 public:
  explicit ClickHouseMetrics(ClickHouseHttp& http, base::Clock& clock = base::system_clock())
      : http_(http), clock_(clock) {}

  base::Result<std::vector<domain::MatchMetrics>> metrics(std::span<const std::string> match_ids) override;
  base::Result<domain::Timeline> timeline(const std::string& match_id, const TimeSpan& span) override;
  base::Result<std::vector<domain::MatchSummary>> matches(const MatchQuery& query) override;
  base::Status ping() override;

 private:
  /// A page of the matches active at or after `since`, or of all.
  [[nodiscard]] base::Result<std::vector<domain::MatchSummary>> read_page(
      const MatchQuery& query, const MatchCursor& from, const std::optional<base::Timestamp>& since);

  ClickHouseHttp& http_;
  base::Clock& clock_;
  std::atomic<std::size_t> period_ = 0;  ///< Where the next list begins to look.
};

}  // namespace fanfinity::store
