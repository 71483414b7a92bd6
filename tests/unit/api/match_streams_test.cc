#include "api/match_streams.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "api/stream_topic.h"
#include "fakes.h"

namespace fanfinity::api {
namespace {

using std::chrono::milliseconds;
using Kind = MatchStreams::Kind;

constexpr std::string_view kAt = "2024-01-15T14:30:00Z";

std::string body(std::string_view members, std::string_view as_of = kAt) {
  return "{" + std::string(members) + (members.empty() ? "" : ",") + R"("asOf":")" + std::string(as_of) +
         "\"}";
}

http::Response answer(std::string text) {
  http::Response response;
  response.body = std::move(text);
  return response;
}

/// Counts what an I/O thread is told.
class Told final : public http::Broadcast::Listener {
 public:
  void on_change(std::shared_ptr<http::Broadcast>, http::Broadcast::Change change) override {
    ++(change == http::Broadcast::Change::kState ? states : heartbeats);
  }
  int states = 0;
  int heartbeats = 0;
};

TEST(StreamTopic, StateIsAllButAsOf) {
  const std::string first_body = body(R"("matchId":"m","totalEvents":1)");
  const std::string later_body = body(R"("matchId":"m","totalEvents":1)", "2024-01-15T14:30:00.250Z");
  const std::string other_body = body(R"("matchId":"m","totalEvents":2)");
  const auto first = parse_snapshot(first_body);
  const auto later = parse_snapshot(later_body);
  const auto other = parse_snapshot(other_body);
  ASSERT_TRUE(first && later && other);
  EXPECT_EQ(first->state, later->state);
  EXPECT_NE(first->state, other->state);
  EXPECT_EQ(later->as_of, "2024-01-15T14:30:00.250Z");
}

TEST(StreamTopic, AMatchNamedLikeTheEndOfABodyIsNoTrap) {
  const std::string text = body(R"("matchId":"\",\"asOf\":\"x\"}","totalEvents":1)");
  const auto plain = parse_snapshot(text);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->as_of, kAt);
  EXPECT_NE(plain->state, 0);
}

TEST(StreamTopic, AsOfAloneIsNoState) {
  const std::string alone = body("");
  const auto nothing = parse_snapshot(alone);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->state, 0);
  EXPECT_EQ(nothing->as_of, kAt);
  for (const char* text : {"", "{}", "x", R"("asOf":"x"})", R"({"asOf":"x")"})
    EXPECT_FALSE(parse_snapshot(text));
}

TEST(StreamTopic, AnEventHasTheIdThatAClientSendsBack) {
  const auto frame = state_frame(body(R"("a":1)"), 0xabcdef);
  EXPECT_EQ(frame->text(), "id: 0000000000abcdef\ndata: " + body(R"("a":1)") + "\n\n");
  EXPECT_EQ(parse_event_id("0000000000abcdef"), 0xabcdef);
  for (const char* text : {"", "abcdef", "0000000000abcdeg", "-000000000abcdef", "0x00000000abcdef",
                           "00000000000abcdef", " 000000000abcdef"}) {
    EXPECT_EQ(parse_event_id(text), 0) << text;
  }
}

TEST(StreamTopic, AHeartbeatSaysHowCurrentTheNumbersAre) {
  EXPECT_EQ(heartbeat_frame(kAt, true)->text(),
            "event: heartbeat\ndata: {\"asOf\":\"2024-01-15T14:30:00Z\",\"storeAvailable\":true}\n\n");
  EXPECT_EQ(heartbeat_frame({}, false)->text(),
            "event: heartbeat\ndata: {\"asOf\":null,\"storeAvailable\":false}\n\n");
}

/// Readers that answer when the test says so.
class MatchStreamsTest : public testing::Test {
 protected:
  struct Asked {
    Kind kind;
    std::string name;
    http::Responder respond;
  };
  MatchStreams& streams(MatchStreamsConfig config = {}) {
    streams_ = std::make_unique<MatchStreams>(
        config,
        [this](Kind kind, const std::string& name, http::Responder respond) {
          asked_.push_back({kind, name, std::move(respond)});
        },
        clock_);
    return *streams_;
  }
  std::shared_ptr<http::Broadcast> follow(const std::string& name, Kind kind = Kind::kMatch) {
    auto broadcast = streams_->follow(kind, name);
    if (broadcast) broadcast->add(told_);
    return broadcast;
  }
  /// Answers the oldest question.
  void reply(http::Response response) {
    ASSERT_FALSE(asked_.empty());
    const Asked asked = std::move(asked_.front());
    asked_.erase(asked_.begin());
    asked.respond(std::move(response));
  }
  void pass(milliseconds time) {
    clock_.advance(time);
    streams_->round();
  }

  FakeClock clock_;
  std::vector<Asked> asked_;
  std::shared_ptr<Told> told_ = std::make_shared<Told>();
  std::unique_ptr<MatchStreams> streams_;
};

TEST_F(MatchStreamsTest, ReadsAMatchOnceHoweverManyFollow) {
  streams();
  std::vector<std::shared_ptr<http::Broadcast>> viewers;
  for (int i = 0; i < 1'000; ++i) viewers.push_back(streams_->follow(Kind::kMatch, "m"));
  EXPECT_EQ(asked_.size(), 1);
  reply(answer(body(R"("totalEvents":1)")));
  EXPECT_TRUE(viewers.front()->current().state->text().ends_with(body(R"("totalEvents":1)") + "\n\n"));
  EXPECT_EQ(viewers.front(), viewers.back());
  pass(milliseconds(199));
  EXPECT_EQ(asked_.size(), 0) << "at most once an interval";
  pass(milliseconds(1));
  EXPECT_EQ(asked_.size(), 1);
  pass(milliseconds(1'000));
  EXPECT_EQ(asked_.size(), 1) << "one read at a time";
}

TEST_F(MatchStreamsTest, TellsOfChangesOnly) {
  streams();
  const auto viewer = follow("m");
  reply(answer(body(R"("totalEvents":1)")));
  EXPECT_EQ(told_->states, 1);
  pass(milliseconds(200));
  reply(answer(body(R"("totalEvents":1)", "2024-01-15T14:30:00.200Z")));
  EXPECT_EQ(told_->states, 1);
  EXPECT_NE(viewer->current().state->text().find("14:30:00.200Z"), std::string_view::npos)
      << "who comes now gets the newest bytes";
  pass(milliseconds(200));
  reply(answer(body(R"("totalEvents":2)")));
  EXPECT_EQ(told_->states, 2);
  EXPECT_EQ(told_->heartbeats, 0);
}

TEST_F(MatchStreamsTest, BeatsWhileNothingChanges) {
  streams();
  const auto viewer = follow("m");
  reply(answer(body(R"("totalEvents":1)")));
  for (int i = 0; i < 26; ++i) {
    pass(milliseconds(200));
    reply(answer(body(R"("totalEvents":1)", "2024-01-15T14:30:0" + std::to_string(i / 5) + "Z")));
  }
  EXPECT_EQ(told_->states, 1);
  EXPECT_EQ(told_->heartbeats, 1);
  EXPECT_EQ(viewer->current().heartbeat->text(), heartbeat_frame("2024-01-15T14:30:05Z", true)->text());
}

TEST_F(MatchStreamsTest, AMatchWithoutEventsIsAwaitedCheaply) {
  streams();
  const auto viewer = follow("later");
  reply(http::problem(404, "none"));
  pass(milliseconds(1));
  ASSERT_EQ(asked_.size(), 1);
  EXPECT_EQ(asked_.front().kind, Kind::kAwaited);
  EXPECT_EQ(told_->heartbeats, 0) << "nothing is known yet";
  reply(answer(body("")));
  EXPECT_EQ(told_->heartbeats, 1) << "as of then there was no event";
  EXPECT_EQ(viewer->current().state, nullptr);
  pass(milliseconds(900));
  EXPECT_TRUE(asked_.empty());
  pass(milliseconds(100));
  reply(answer(body(R"("totalEvents":1)")));
  EXPECT_EQ(told_->states, 1);
  pass(milliseconds(200));
  ASSERT_EQ(asked_.size(), 1);
  EXPECT_EQ(asked_.front().kind, Kind::kMatch);
}

TEST_F(MatchStreamsTest, MadeUpMatchesDoNotKeepLiveOnesWaiting) {
  streams();
  std::vector<std::shared_ptr<http::Broadcast>> viewers;
  for (int i = 0; i < 1'000; ++i) {
    viewers.push_back(streams_->follow(Kind::kMatch, "none" + std::to_string(i)));
    while (!asked_.empty()) reply(http::problem(404, "none"));
  }
  viewers.push_back(streams_->follow(Kind::kMatch, "live"));
  reply(answer(body(R"("totalEvents":1)")));
  pass(milliseconds(200));
  const auto live =
      std::count_if(asked_.begin(), asked_.end(), [](const Asked& one) { return one.name == "live"; });
  EXPECT_EQ(live, 1);
  EXPECT_LE(asked_.size(), 33);
}

TEST_F(MatchStreamsTest, SaysWhenTheStoreIsAwayAndAsksLessOften) {
  streams();
  const auto viewer = follow("m");
  reply(answer(body(R"("totalEvents":1)")));
  pass(milliseconds(200));
  reply(http::problem_retry(503, "away", std::chrono::seconds(1)));
  EXPECT_EQ(told_->heartbeats, 1) << "at once";
  EXPECT_EQ(viewer->current().heartbeat->text(), heartbeat_frame(kAt, false)->text());
  EXPECT_NE(viewer->current().state, nullptr) << "the last numbers stay";
  const auto late = streams_->follow(Kind::kMatch, "other");
  EXPECT_EQ(late->current().heartbeat->text(), heartbeat_frame({}, false)->text());
  int questions = 0;
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 10; ++i) {
      pass(milliseconds(100));
      for (; !asked_.empty(); ++questions) reply(http::problem_retry(503, "away", std::chrono::seconds(1)));
    }
  }
  EXPECT_LT(questions, 2 * 25);
  EXPECT_GE(told_->heartbeats, 12) << "they go on, with the last true asOf";
  EXPECT_EQ(viewer->current().heartbeat->text(), heartbeat_frame(kAt, false)->text());
  for (int i = 0; i < 50 && asked_.empty(); ++i) pass(milliseconds(100));
  while (!asked_.empty()) reply(answer(body(R"("totalEvents":1)", "2024-01-15T14:32:00Z")));
  EXPECT_EQ(viewer->current().heartbeat->text(), heartbeat_frame("2024-01-15T14:32:00Z", true)->text());
  EXPECT_EQ(told_->states, 1);
}

TEST_F(MatchStreamsTest, ForgetsWhatNobodyFollows) {
  MatchStreamsConfig config;
  config.max_topics = 2;
  streams(config);
  auto first = streams_->follow(Kind::kMatch, "1");
  const auto second = streams_->follow(Kind::kMatch, "2");
  EXPECT_EQ(streams_->follow(Kind::kMatch, "3"), nullptr);
  EXPECT_EQ(streams_->follow(Kind::kMatch, "2"), second);
  first.reset();
  streams_->round();
  EXPECT_EQ(streams_->topics(), 2) << "its read is under way";
  reply(answer(body(R"("totalEvents":1)")));
  streams_->round();
  EXPECT_EQ(streams_->topics(), 1);
  EXPECT_NE(streams_->follow(Kind::kMatch, "3"), nullptr);
}

TEST_F(MatchStreamsTest, AReadThatNobodyAnswersIsAFailure) {
  streams();
  const auto viewer = follow("m");
  asked_.clear();
  EXPECT_EQ(told_->heartbeats, 1);
  EXPECT_EQ(viewer->current().heartbeat->text(), heartbeat_frame({}, false)->text());
  pass(milliseconds(200));
  EXPECT_EQ(asked_.size(), 1);
}

TEST_F(MatchStreamsTest, AnswersMayComeAfterTheEnd) {
  streams();
  const auto viewer = follow("m");
  streams_.reset();
  reply(answer(body(R"("totalEvents":1)")));
  EXPECT_EQ(told_->states, 1);
}

TEST_F(MatchStreamsTest, TheListAndAMatchOfItsNameAreTwo) {
  streams();
  const auto list = streams_->follow(Kind::kList, "50");
  const auto match = streams_->follow(Kind::kMatch, "50");
  EXPECT_NE(list, match);
  ASSERT_EQ(asked_.size(), 2);
  EXPECT_EQ(asked_[0].kind, Kind::kList);
}

class StreamRoutes : public MatchStreamsTest {
 protected:
  http::Response ask(const http::Route& route, std::vector<std::string> params,
                     std::vector<std::pair<std::string, std::string>> query = {},
                     std::string_view last_event_id = {}) {
    http::Request request;
    request.params = std::move(params);
    request.query = std::move(query);
    request.last_event_id = last_event_id;
    auto answers = std::make_shared<Answers>();
    route.handler(request, http::Responder(answers));
    return answers->wait();
  }
};

TEST_F(StreamRoutes, AnswerWithWhatToFollow) {
  const http::Route route = get_match_stream(streams());
  EXPECT_EQ(route.access, http::Access::kRead);
  EXPECT_TRUE(route.rate_limited);
  const auto response = ask(route, {"m"}, {}, "00000000000000ff");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/event-stream");
  EXPECT_EQ(response.follow, streams_->follow(Kind::kMatch, "m"));
  EXPECT_EQ(response.shown, 255);
  EXPECT_EQ(ask(route, {"m"}, {{"lastEventId", "00000000000000fe"}}).shown, 254);
  EXPECT_EQ(ask(route, {"m"}, {{"lastEventId", "x"}}).shown, 0);
}

TEST_F(StreamRoutes, RefuseWhatIsNotValid) {
  const http::Route match = get_match_stream(streams());
  EXPECT_EQ(ask(match, {"a\nb"}).status, 400);
  EXPECT_EQ(ask(match, {std::string(257, 'x')}).status, 400);
  const http::Route list = get_matches_stream(*streams_);
  for (const char* limit : {"0", "501", "x", "", "1x", "-1"})
    EXPECT_EQ(ask(list, {}, {{"limit", limit}}).status, 400);
  EXPECT_EQ(ask(list, {}, {{"cursor", "x"}}).status, 400);
  EXPECT_EQ(streams_->topics(), 0);
  EXPECT_EQ(ask(list, {}, {{"limit", "050"}}).follow, ask(list, {}).follow);
}

TEST_F(StreamRoutes, AStreamOfNamedMatchesIsTheSameHoweverTheyAreNamed) {
  const http::Route route = get_matches_stream(streams());
  const auto stream = ask(route, {}, {{"match", "b"}, {"match", "a/ä"}}).follow;
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(ask(route, {}, {{"match", "a/ä"}, {"match", "b"}, {"match", "b"}}).follow, stream);
  EXPECT_EQ(streams_->follow(Kind::kNamed, "a/ä\nb"), stream);
  EXPECT_NE(ask(route, {}).follow, stream);
  std::vector<std::pair<std::string, std::string>> many;
  for (std::size_t i = 0; i < kMaxNamedMatches; ++i) many.emplace_back("match", std::to_string(i));
  EXPECT_EQ(ask(route, {}, many).status, 200);
  many.emplace_back("match", "one too many");
  EXPECT_EQ(ask(route, {}, many).status, 400);
  EXPECT_EQ(ask(route, {}, {{"match", "a"}, {"match", ""}}).status, 400);
  EXPECT_EQ(ask(route, {}, {{"match", "a\nb"}}).status, 400);
}

TEST_F(StreamRoutes, RefuseMoreTopicsThanThereMayBe) {
  MatchStreamsConfig config;
  config.max_topics = 0;
  const auto refused = ask(get_match_stream(streams(config)), {"m"});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.follow, nullptr);
}

}  // namespace
}  // namespace fanfinity::api
