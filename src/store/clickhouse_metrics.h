#pragma once
// Metrics read from ClickHouse's rollups, never from raw events.

#include "store/clickhouse_http.h"
#include "store/store.h"

namespace fanfinity::store {

/// Cells of a timeline; a longer one is kFull. A match of 150 minutes has some 3,000.
inline constexpr std::size_t kMaxTimelineCells = 200'000;

/// `http` outlives it. Every call is one query.
class ClickHouseMetrics final : public MetricsReader {
 public:
  explicit ClickHouseMetrics(ClickHouseHttp& http) : http_(http) {}

  base::Result<domain::MatchMetrics> metrics(std::string_view match_id) override;
  base::Result<domain::Timeline> timeline(std::string_view match_id) override;
  base::Result<std::vector<domain::MatchSummary>> matches(std::size_t limit,
                                                          const std::optional<MatchCursor>& after) override;
  base::Status ping() override;

 private:
  ClickHouseHttp& http_;
};

}  // namespace fanfinity::store
