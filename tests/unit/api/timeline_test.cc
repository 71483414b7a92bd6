#include "api/timeline.h"

#include <gtest/gtest.h>

#include "api/players.h"
#include "api/timeline_page.h"
#include "fakes.h"
#include "fakes/memory_store.h"

namespace fanfinity::api {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

class CountedViews : public testing::Test {
 protected:
  void add(std::string_view time, domain::EventType type = domain::EventType::kPass, std::uint8_t team = 1,
           std::optional<std::string> player = std::nullopt) {
    store::Batch batch;
    domain::Event event;
    event.id = base::Uuid::random();
    event.match_id = "m";
    event.type = type;
    event.at = *base::parse_rfc3339(time);
    event.team = team;
    event.player = std::move(player);
    batch.events.add(event, event.at, log::Offset{added_++});
    ASSERT_TRUE(store_.insert(batch, std::to_string(added_)).ok());
  }
  http::Response ask(const http::Route& route, const std::string& match, Query query = {}) {
    http::Request request;
    request.params = {match};
    request.query = std::move(query);
    auto answers = std::make_shared<Answers>();
    route.handler(request, http::Responder(answers));
    return answers->wait();
  }
  std::string timeline(Query query = {}) { return body_of(ask(timeline_, "m", std::move(query))); }

  FakeClock clock_;
  fakes::MemoryStore store_;
  CountingObserver observer_;
  ViewCache cache_{ViewCacheConfig{}, clock_};
  AsOf as_of_ = [this]() -> base::Result<base::Timestamp> { return clock_.now(); };
  http::Route timeline_ =
      get_timeline({store_, as_of_, cache_, observer_}, {store_, as_of_, cache_, observer_});
  http::Route players_ = get_players({store_, as_of_, cache_, observer_});
  std::int64_t added_ = 0;
};

TEST_F(CountedViews, ATimelineIsByTheMinuteUnlessAnotherBucketIsAsked) {
  add("2024-01-15T14:00:00.500Z");
  add("2024-01-15T14:00:31Z", domain::EventType::kGoal, 2);
  add("2024-01-15T14:07:00Z");
  const std::string plain = timeline();
  EXPECT_EQ(plain,
            R"({"matchId":"m","bucketSeconds":60,"buckets":[{"start":"2024-01-15T14:00:00Z","total":2,)"
            R"("byType":{"goal":1,"pass":1},"byTeam":{"1":1,"2":1},"teams":{"1":{"pass":1},"2":{"goal":1}}},)"
            R"({"start":"2024-01-15T14:07:00Z","total":1,"byType":{"pass":1},"byTeam":{"1":1,"2":0},)"
            R"("teams":{"1":{"pass":1},"2":{}}}],"asOf":"2024-01-15T14:30:00Z"})");
  EXPECT_EQ(timeline({{"bucket", "1m"}}), plain);
  EXPECT_EQ(timeline({{"bucket", "60s"}}), plain);
  const std::string hour = timeline({{"bucket", "1h"}});
  EXPECT_NE(hour.find(R"("bucketSeconds":3600,"buckets":[{"start":"2024-01-15T14:00:00Z","total":3,)"),
            std::string::npos)
      << hour;
  const std::string fine = timeline({{"bucket", "30s"}});
  EXPECT_NE(fine.find(R"("bucketSeconds":30,"buckets":[{"start":"2024-01-15T14:00:00Z","total":1,)"),
            std::string::npos)
      << fine;
  EXPECT_NE(fine.find(R"({"start":"2024-01-15T14:00:30Z","total":1,)"), std::string::npos) << fine;
}

TEST_F(CountedViews, ASpanIsWidenedToWholeBuckets) {
  for (const char* time :
       {"2024-01-15T13:59:59.999Z", "2024-01-15T14:00:00Z", "2024-01-15T14:09:59Z", "2024-01-15T14:10:00Z"}) {
    add(time);
  }
  for (const char* bucket : {"1s", "5m"}) {
    const std::string body = timeline(
        {{"bucket", bucket}, {"from", "2024-01-15T14:00:00.9Z"}, {"to", "2024-01-15T14:09:59.001Z"}});
    EXPECT_EQ(body.find("13:5"), std::string::npos) << body;
    EXPECT_EQ(body.find("14:10"), std::string::npos) << body;
    EXPECT_NE(body.find(R"({"start":"2024-01-15T14:00:00Z","total":1)"), std::string::npos) << body;
    EXPECT_NE(body.find(R"(,"total":1)", body.find("14:0", 100)), std::string::npos) << body;
  }
  const Query later = {{"from", "2025-01-01T00:00:00Z"}};
  EXPECT_NE(timeline(later).find(R"("buckets":[])"), std::string::npos);
  EXPECT_NE(timeline({{"bucket", "1s"}, later.front()}).find(R"("buckets":[])"), std::string::npos);
}

TEST_F(CountedViews, ATimelineThatWouldBeTooLongSaysWhichBucketWouldDo) {
  const base::Timestamp kick_off = *base::parse_rfc3339("2024-01-15T14:00:00Z");
  for (int minute = 0; minute < 200; ++minute)
    add(base::format_rfc3339(kick_off + std::chrono::minutes(minute)));
  const http::Response response = ask(timeline_, "m", {{"bucket", "1s"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(
      body_of(response).find(R"("field":"bucket","detail":"may make 12000 buckets, more than the 10000)"),
      std::string::npos)
      << body_of(response);
  EXPECT_NE(body_of(response).find("bucket=2s would do"), std::string::npos) << body_of(response);
  EXPECT_EQ(ask(timeline_, "m", {{"bucket", "2s"}}).status, 200);
  EXPECT_EQ(ask(timeline_, "m", {{"bucket", "1s"}, {"to", "2024-01-15T15:00:00Z"}}).status, 200);
}

TEST_F(CountedViews, AnEventWithAWrongClockTakesNoTimelineFromAMatch) {
  add("2024-01-15T14:00:00Z");
  add("2024-01-15T14:00:01Z");
  add("1970-01-01T00:00:00Z");
  add("2099-01-01T00:00:00Z");
  const std::string fine = timeline({{"bucket", "1s"}});
  for (const char* start :
       {"1970-01-01T00:00:00Z", "2024-01-15T14:00:00Z", "2024-01-15T14:00:01Z", "2099-01-01T00:00:00Z"}) {
    EXPECT_NE(fine.find(std::string(R"({"start":")") + start + R"(","total":1,)"), std::string::npos) << fine;
  }
}

TEST_F(CountedViews, MoreMinutesThanAnAnswerHoldsAre400ButForThePlainTimeline) {
  store::Batch batch;
  domain::Event event;
  event.match_id = "m";
  for (int minute = 0; minute < 10'001; ++minute) {
    event.id = base::Uuid::random();
    event.at = *base::parse_rfc3339("2024-01-15T14:00:00Z") + std::chrono::minutes(minute);
    batch.events.add(event, event.at, log::Offset{minute});
  }
  ASSERT_TRUE(store_.insert(batch, "many").ok());
  EXPECT_EQ(ask(timeline_, "m").status, 200);
  const http::Response response = ask(timeline_, "m", {{"bucket", "1m"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(body_of(response).find(
                "would make 10001 buckets, more than the 10000 of an answer; bucket=2m would do"),
            std::string::npos)
      << body_of(response);
}

/// Holds more minutes than can be read.
class BrimmingReader final : public store::MetricsReader {
 public:
  base::Result<std::vector<domain::MatchMetrics>> metrics(std::span<const std::string>) override {
    return full_;
  }
  base::Result<domain::Timeline> timeline(const std::string&, const store::TimeSpan&) override {
    return full_;
  }
  base::Result<std::vector<domain::MatchSummary>> matches(const store::MatchQuery&) override { return full_; }
  base::Status ping() override { return {}; }

 private:
  base::Error full_{base::Errc::kFull, "there are more than 200000 counts."};
};

TEST_F(CountedViews, MoreMinutesThanCanBeReadAre400BecauseWaitingDoesNotHelp) {
  BrimmingReader reader;
  const http::Route route =
      get_timeline({reader, as_of_, cache_, observer_}, {store_, as_of_, cache_, observer_});
  const http::Response response = ask(route, "m");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(body_of(response).find("a shorter time by from and to"), std::string::npos) << body_of(response);
}

TEST_F(CountedViews, EveryBadParameterIsNamedAtOnce) {
  const http::Response response =
      ask(timeline_, "a\nb", {{"bucket", "7s"}, {"from", "now"}, {"to", "2024-01-15"}});
  EXPECT_EQ(response.status, 400);
  for (const char* field : {"matchId", "bucket", "from", "to"}) {
    EXPECT_NE(body_of(response).find(R"("field":")" + std::string(field) + "\""), std::string::npos) << field;
  }
  EXPECT_EQ(ask(players_, "m", {{"limit", "0"}}).status, 400);
}

TEST_F(CountedViews, OfAnUnknownMatchAre404) {
  EXPECT_EQ(ask(timeline_, "m").status, 404);
  EXPECT_EQ(ask(timeline_, "m", {{"bucket", "1s"}}).status, 404);
  EXPECT_EQ(ask(timeline_, "m", {{"bucket", "5m"}, {"from", "2024-01-15T14:00:00Z"}}).status, 404);
  EXPECT_EQ(ask(players_, "m").status, 404);
}

TEST_F(CountedViews, PlayersComeMostActiveFirstAndThoseWithoutApart) {
  add("2024-01-15T14:00:00Z", domain::EventType::kPass, 1, "a\"b");
  add("2024-01-15T14:00:01Z", domain::EventType::kPass, 2, "c");
  add("2024-01-15T14:00:02Z", domain::EventType::kGoal, 2, "c");
  add("2024-01-15T14:00:03Z", domain::EventType::kFoul, 1, "c");
  add("2024-01-15T14:00:04Z", domain::EventType::kFoul, 1);
  EXPECT_EQ(body_of(ask(players_, "m")),
            R"({"matchId":"m","players":[)"
            R"({"playerId":"c","teamId":2,"totalEvents":2,"eventsByType":{"goal":1,"pass":1}},)"
            R"({"playerId":"a\"b","teamId":1,"totalEvents":1,"eventsByType":{"pass":1}},)"
            R"({"playerId":"c","teamId":1,"totalEvents":1,"eventsByType":{"foul":1}}],)"
            R"("withoutPlayer":{"totalEvents":1,"eventsByType":{"foul":1}},"asOf":"2024-01-15T14:30:00Z"})");
  const std::string one = body_of(ask(players_, "m", {{"limit", "1"}}));
  EXPECT_EQ(one.find("a\\\"b"), std::string::npos) << one;
}

TEST_F(CountedViews, AnEntityTagIsOfTheContentWithoutAsOf) {
  const auto tag_of = [](const http::Response& response) {
    EXPECT_NE(response.header_lines.find("ETag: " + std::string(response.etag) + "\r\n"),
              std::string_view::npos);
    return std::string(response.etag);
  };
  add("2024-01-15T14:00:00Z");
  const std::string before = tag_of(ask(timeline_, "m"));
  EXPECT_TRUE(before.starts_with("W/\"") && before.ends_with('"')) << before;
  clock_.advance(std::chrono::seconds(1));
  const http::Response again = ask(timeline_, "m");
  EXPECT_EQ(tag_of(again), before) << "only asOf has moved";
  EXPECT_NE(body_of(again).find("14:30:01Z"), std::string::npos);
  add("2024-01-15T14:00:01Z");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_NE(tag_of(ask(timeline_, "m")), before);
}

TEST_F(CountedViews, ATimelinesNameIsItsQuery) {
  http::Request request;
  request.params = {"m"};
  for (const Query& query : {Query{}, Query{{"bucket", "5s"}}, Query{{"from", "1970-01-01T00:00:00Z"}},
                             Query{{"bucket", "1h"}, {"to", "2261-12-31T23:59:59.999Z"}}}) {
    request.query = query;
    Parameters parameters(request);
    const TimelineQuery parsed = parse_timeline_query(parameters);
    EXPECT_FALSE(parameters.refusal());
    EXPECT_EQ(timeline_query_of(name_of(parsed)), parsed);
  }
}

}  // namespace
}  // namespace fanfinity::api
