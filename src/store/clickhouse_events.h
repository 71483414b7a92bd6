#pragma once
// Events read from ClickHouse's raw table, along its order: a page costs what a page is long, not what the
// match is.

#include <string>
#include <vector>

#include "store/clickhouse_http.h"
#include "store/event_reader.h"

namespace fanfinity::store {

/// `http` outlives it. A call is one query; an empty answer needs a second one.
class ClickHouseEvents final : public EventReader {
 public:
  explicit ClickHouseEvents(ClickHouseHttp& http) : http_(http) {}

  base::Result<std::vector<StoredEvent>> events(const EventQuery& query) override;
  base::Result<domain::Timeline> timeline(const FineTimelineQuery& query) override;
  base::Result<domain::MatchPlayers> players(const std::string& match_id, std::size_t limit) override;

 private:
  ClickHouseHttp& http_;
};

/// The query of a page: what users send is in its parameters, never in its text.
[[nodiscard]] ClickHouseQuery events_query(const EventQuery& query);

}  // namespace fanfinity::store
