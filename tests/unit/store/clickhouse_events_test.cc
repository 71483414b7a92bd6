#include "store/clickhouse_events.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fanfinity::store {
namespace {

TEST(EventsQuery, HasWhatUsersSendInItsParametersOnly) {
  EventQuery query;
  query.match_id = "'match'";
  query.player = "'player'";
  query.types = {domain::EventType::kGoal, domain::EventType::kInterception};
  query.team = 2;
  query.span.from = base::Timestamp{std::chrono::milliseconds{12'345}};
  query.span.to = base::Timestamp{std::chrono::milliseconds{67'890}};
  query.after = EventPosition{base::Timestamp{std::chrono::milliseconds{13'579}}, base::Uuid::random()};
  query.limit = 501;
  const ClickHouseQuery made = events_query(query);
  for (const std::string& text :
       {std::string("match'"), std::string("player'"), std::string("12345"), std::string("67890"),
        std::string("13579"), query.after->id.to_string(), std::string("501")}) {
    EXPECT_EQ(made.sql.find(text), std::string::npos) << text;
  }
  const auto value_of = [&](std::string_view name) {
    const auto found = std::ranges::find(made.params, name, &std::pair<std::string, std::string>::first);
    return found == made.params.end() ? std::string("?") : found->second;
  };
  EXPECT_EQ(value_of("match"), "'match'");
  EXPECT_EQ(value_of("player"), "'player'");
  EXPECT_EQ(value_of("types"), "[1,11]");
  EXPECT_EQ(value_of("limit"), "501");
  for (const auto& [name, value] : made.params) {
    EXPECT_NE(made.sql.find("{" + name + ":"), std::string::npos) << name << " is not used";
  }
}

TEST(EventsQuery, ReadsAlongTheTableAndNeverSkips) {
  EventQuery query;
  query.match_id = "m";
  for (const bool latest_first : {true, false}) {
    query.latest_first = latest_first;
    const std::string sql = events_query(query).sql;
    EXPECT_EQ(sql.find("OFFSET"), std::string::npos);
    EXPECT_NE(sql.find(latest_first ? "ORDER BY match_id DESC, event_time DESC, event_id DESC"
                                    : "ORDER BY match_id, event_time, event_id"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace fanfinity::store
