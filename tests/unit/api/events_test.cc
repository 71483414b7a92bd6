#include "api/events.h"

#include <gtest/gtest.h>

#include "api/event_cursor.h"
#include "api/event_page.h"
#include "fakes.h"

namespace fanfinity::api {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

/// Has `count` events, a millisecond apart, and keeps what it was asked.
class FakeEvents final : public store::EventReader {
 public:
  base::Result<std::vector<store::StoredEvent>> events(const store::EventQuery& query) override {
    asked = query;
    if (!failure.ok()) return failure.error();
    std::vector<store::StoredEvent> page;
    for (std::size_t i = 0; i < std::min(query.limit, count); ++i) {
      store::StoredEvent& stored = page.emplace_back();
      stored.event.match_id = query.match_id;
      stored.event.at = base::Timestamp(std::chrono::milliseconds(1'000 + i));
      stored.event.metadata = metadata;
    }
    return page;
  }
  base::Result<domain::Timeline> timeline(const store::FineTimelineQuery&) override {
    return domain::Timeline{};
  }
  base::Result<domain::MatchPlayers> players(const std::string&, std::size_t) override {
    return domain::MatchPlayers{};
  }

  store::EventQuery asked;
  std::size_t count = 3;
  std::string metadata;
  base::Status failure;
};

class Events : public testing::Test {
 protected:
  http::Response ask(const std::string& match, Query query = {}) {
    http::Request request;
    request.params = {match};
    request.query = std::move(query);
    auto answers = std::make_shared<Answers>();
    route_.handler(request, http::Responder(answers));
    return answers->wait();
  }

  FakeClock clock_;
  FakeEvents reader_;
  CountingObserver observer_;
  ViewCache cache_{ViewCacheConfig{}, clock_};
  http::Route route_ = get_events(
      {reader_, [this]() -> base::Result<base::Timestamp> { return clock_.now(); }, cache_, observer_});
};

TEST_F(Events, ArePagedUntilThereAreNoMore) {
  const std::string page = body_of(ask("m", {{"limit", "2"}}));
  EXPECT_EQ(reader_.asked.limit, 3U) << "one more tells whether there is another page";
  EXPECT_NE(page.find(R"("timestamp":"1970-01-01T00:00:01.001Z")"), std::string::npos) << page;
  EXPECT_EQ(page.find(R"("timestamp":"1970-01-01T00:00:01.002Z")"), std::string::npos) << page;
  EXPECT_NE(page.find(R"("nextCursor":"1001-00000000-0000-0000-0000-000000000000")"), std::string::npos)
      << page;
  EXPECT_EQ(body_of(ask("m", {{"limit", "3"}})).find("nextCursor"), std::string::npos);
}

TEST_F(Events, HaveTheMatchClockWhereTheirMetadataTellsIt) {
  reader_.count = 1;
  reader_.metadata = R"({"minute":45,"stoppage":2,"period":1})";
  EXPECT_NE(
      body_of(ask("m")).find(
          R"("metadata":{"minute":45,"stoppage":2,"period":1},"clock":{"minute":45,"stoppage":2,"period":1},"re)"),
      std::string::npos);
  reader_.metadata = R"({"minute":"late"})";
  EXPECT_EQ(body_of(ask("n")).find("clock"), std::string::npos);
}

TEST_F(Events, AreEmptyWhenNoneIsChosen) {
  reader_.count = 0;
  EXPECT_EQ(body_of(ask("m")), R"({"matchId":"m","events":[],"asOf":"2024-01-15T14:30:00Z"})");
}

TEST_F(Events, ALongPageEndsEarlyAndGoesOn) {
  reader_.count = 300;
  reader_.metadata = R"({"text":")" + std::string(60'000, 'x') + "\"}";
  const http::Response response = ask("m", {{"limit", "200"}});
  EXPECT_LT(body_of(response).size(), 5U << 20U);
  EXPECT_NE(body_of(response).find("nextCursor"), std::string::npos);
}

TEST_F(Events, OfAnUnknownMatchAre404) {
  reader_.failure = base::Error{base::Errc::kNotFound, "no event"};
  EXPECT_EQ(ask("m").status, 404);
  reader_.failure = base::Error{base::Errc::kUnavailable, "away"};
  EXPECT_EQ(ask("n").status, 503);
}

TEST_F(Events, EveryBadParameterIsNamedAtOnce) {
  const http::Response response = ask("a\nb", {{"limit", "501"},
                                               {"order", "up"},
                                               {"type", "goal,dive"},
                                               {"team", "3"},
                                               {"player", std::string("a\0b", 3)},
                                               {"from", "yesterday"},
                                               {"to", ""},
                                               {"cursor", "7"}});
  EXPECT_EQ(response.status, 400);
  for (const char* field : {"matchId", "limit", "order", "type", "team", "player", "from", "to", "cursor"}) {
    EXPECT_NE(body_of(response).find(R"("field":")" + std::string(field) + "\""), std::string::npos) << field;
  }
  EXPECT_EQ(ask("m", {{"player", std::string(257, 'x')}}).status, 400);
  EXPECT_EQ(ask("m", {{"player", "\xff"}}).status, 400);
  EXPECT_EQ(ask("m", {{"from", "2024-01-15T14:30:00Z"}, {"to", "2024-01-15T14:30:00Z"}}).status, 400);
  EXPECT_EQ(ask("m", {{"type", ""}}).status, 400);
}

TEST_F(Events, TheStoreIsAskedWhatTheRequestAsks) {
  const std::string cursor =
      encode_cursor({base::Timestamp(std::chrono::milliseconds(77)), base::Uuid::random()});
  const std::string player = "'; DROP TABLE events --\n=\\%";
  ASSERT_EQ(ask("it's", {{"type", "pass,goal"},
                         {"type", "goal"},
                         {"team", "2"},
                         {"player", player},
                         {"from", "2024-01-15T14:30:00.5Z"},
                         {"to", "2024-01-15T16:30:00+01:00"},
                         {"order", "asc"},
                         {"limit", "7"},
                         {"cursor", cursor},
                         {"whatever", "1"}})
                .status,
            200);
  store::EventQuery expected;
  expected.match_id = "it's";
  expected.types = {domain::EventType::kGoal, domain::EventType::kPass};
  expected.team = 2;
  expected.player = player;
  expected.span.from = base::parse_rfc3339("2024-01-15T14:30:00.5Z");
  expected.span.to = base::parse_rfc3339("2024-01-15T15:30:00Z");
  expected.latest_first = false;
  expected.limit = 8;
  expected.after = decode_event_cursor(cursor);
  EXPECT_EQ(reader_.asked, expected);
}

TEST_F(Events, ANameIsItsQuery) {
  store::EventQuery query;
  query.match_id = "m";
  EXPECT_EQ(event_query_of(name_of(query)), query);
  query.player = "";
  EXPECT_EQ(event_query_of(name_of(query)), query);
  query.player = "\n\n=";
  query.span.to = base::Timestamp{};
  EXPECT_EQ(event_query_of(name_of(query)), query);
}

TEST(EventCursor, IsReadBackAndNothingElseIs) {
  const store::EventPosition position{base::Timestamp(std::chrono::milliseconds(1'705'329'000'123)),
                                      base::Uuid::random()};
  EXPECT_EQ(decode_event_cursor(encode_cursor(position)), position);
  const std::string id = position.id.to_string();
  for (const std::string& text :
       {std::string(), std::string("-"), "1" + id, "-1-" + id, "1-" + id + "0", "1-" + id.substr(1),
        "x-" + id, " 1-" + id, "1 -" + id, "9300000000000-" + id, "99999999999999999999-" + id, "1_" + id,
        "01-" + id, "1-0000000A" + id.substr(8)}) {
    EXPECT_FALSE(decode_event_cursor(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace fanfinity::api
