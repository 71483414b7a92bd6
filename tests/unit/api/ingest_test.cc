#include "api/ingest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "fakes.h"

namespace fanfinity::api {
namespace {

constexpr const char* kGoal =
    R"({"eventId":"550E8400-e29b-41d4-a716-446655440000","matchId":"m1","eventType":"goal",)"
    R"("timestamp":"2024-01-15T14:30:00Z","teamId":1,"metadata":{"minute":45}})";

class Ingest : public testing::Test {
 protected:
  http::Response post(const http::Route& route, std::string_view body,
                      std::string_view type = "application/json") {
    http::Request request;
    request.method = http::Method::kPost;
    request.body = body;
    request.content_type = type;
    request.received_at = clock_.now();
    request.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto answers = std::make_shared<Answers>();
    route.handler(request, http::Responder(answers));
    EXPECT_EQ(answers->size(), 1U);
    return answers->wait();
  }
  http::Response post_one(std::string_view body) { return post(post_event(ports_), body); }

  FakeClock clock_;
  FakeProducer producer_;
  CountingObserver observer_;
  ResponseTimeRecorder times_{producer_, clock_};
  RecentIds recent_ids_;
  IngestPorts ports_{producer_, times_, recent_ids_, observer_};
};

TEST_F(Ingest, AnswersOnceTheEventIsDurable) {
  producer_.hold();
  http::Request request;
  request.body = kGoal;
  const auto answers = std::make_shared<Answers>();
  post_event(ports_).handler(request, http::Responder(answers));
  EXPECT_EQ(answers->size(), 0U) << "no 202 before the log has said durable";
  producer_.release();
  EXPECT_EQ(answers->wait().status, 202);
}

TEST_F(Ingest, AnswersWithTheIdInLowerCaseAndTheTimeOfReceipt) {
  const http::Response response = post_one(kGoal);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(
      response.body,
      R"({"eventId":"550e8400-e29b-41d4-a716-446655440000","status":"accepted","timestamp":"2024-01-15T14:30:00Z"})");
  ASSERT_EQ(producer_.appended.size(), 1U);
  EXPECT_EQ(producer_.appended[0].kind, log::RecordKind::kEvent);
  EXPECT_EQ(producer_.appended[0].key.to_string(), "550e8400-e29b-41d4-a716-446655440000");
  EXPECT_EQ(producer_.appended[0].received_at, clock_.now());
  EXPECT_EQ(producer_.appended[0].traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(observer_.ingested, 1U);
}

std::string goal_in(std::string_view minute) {
  std::string event = kGoal;
  return event.replace(event.find("45"), 2, minute);
}

std::string known_in(const http::Response& response) {
  const std::size_t at = response.body.find(R"(,"known")");
  return at == std::string::npos ? "" : response.body.substr(at);
}

TEST_F(Ingest, SaysWhetherAKnownIdComesWithTheSameContent) {
  EXPECT_EQ(known_in(post_one(goal_in("45"))), "");
  EXPECT_EQ(known_in(post_one(goal_in("45"))), R"(,"known":"same"})");
  EXPECT_EQ(known_in(post_one(goal_in("46"))), R"(,"known":"different"})");
  EXPECT_EQ(known_in(post_one(goal_in("46"))), R"(,"known":"different"})")
      << "the first one stays what counts";
  EXPECT_EQ(known_in(post_one(goal_in("45"))), R"(,"known":"same"})");
  EXPECT_EQ(known_in(post_one(" " + goal_in("45"))), R"(,"known":"same"})") << "by what it says";
  EXPECT_EQ(producer_.appended.size(), 6U) << "the consumer decides what is stored";
  EXPECT_EQ(observer_.ingested, 6U);
  EXPECT_EQ(observer_.known_same, 3U);
  EXPECT_EQ(observer_.known_different, 2U);
}

TEST_F(Ingest, CallsNoIdKnownThatWasNotAccepted) {
  producer_.answer = base::Error{base::Errc::kUnknownOutcome, "No answer."};
  EXPECT_EQ(post_one(kGoal).status, 503);
  producer_.answer = {};
  EXPECT_EQ(known_in(post_one(kGoal)), "");
}

TEST_F(Ingest, CountsTheKnownIdsOfABatchAndNamesThoseWithOtherContent) {
  const std::string id = "550e8400-e29b-41d4-a716-446655440000";
  const auto batch = [this](const std::vector<std::string>& events) {
    std::string body;
    for (const std::string& event : events) body += event + "\n";
    return known_in(post(post_batch(ports_), body, "application/x-ndjson"));
  };
  EXPECT_EQ(batch({goal_in("45")}), "");
  EXPECT_EQ(batch({goal_in("45")}), R"(,"known":{"same":1,"different":0,"differentIds":[]}})");
  EXPECT_EQ(batch({goal_in("45"), goal_in("46"), goal_in("47"), "{}"}),
            R"(,"known":{"same":1,"different":2,"differentIds":[")" + id + "\",\"" + id + "\"]}}");
  EXPECT_EQ(observer_.known_same, 2U);
  EXPECT_EQ(observer_.known_different, 2U);
}

TEST_F(Ingest, NamesAHundredIdsOfABatchAtMost) {
  std::string body;
  for (int minute = 0; minute <= 150; ++minute) body += goal_in(std::to_string(minute)) + "\n";
  const std::string known = known_in(post(post_batch(ports_), body, "application/x-ndjson"));
  EXPECT_EQ(known.find(R"(,"known":{"same":0,"different":150,"differentIds":[")"), 0U) << known;
  EXPECT_EQ(std::count(known.begin(), known.end(), '-'), 4 * 100);
}

TEST(RecentIds, ForgetsWhatIsOldAndNeverTakesOneIdForAnother) {
  RecentIds ids;
  std::uint64_t known = 0;
  base::Uuid id;
  const auto next = [&id](std::uint64_t n) { std::memcpy(id.bytes.data(), &n, sizeof n); };
  for (std::uint64_t n = 0; n < 500'000; ++n) {
    next(n);
    if (ids.accept(id, 1) != Known::kNo) ++known;
  }
  EXPECT_EQ(known, 0U);
  EXPECT_EQ(ids.accept(id, 1), Known::kSame) << "the last one";
  for (std::uint64_t n = 0; n < 500'000; ++n) {
    next(n);
    if (ids.accept(id, 2) == Known::kDifferent) ++known;
  }
  EXPECT_LT(known, 150'000U) << "no more than the table holds";
}

TEST_F(Ingest, EventsMayBeSentALineUnderEveryNameOfThat) {
  const http::Route route = post_batch(ports_);
  const std::string lines = "\xEF\xBB\xBF" + goal_in("45") + "\n" + goal_in("45");
  for (const char* type : {"application/x-ndjson", "application/ndjson", "application/jsonl",
                           "application/x-jsonlines", "application/jsonlines"}) {
    EXPECT_NE(std::ranges::find(route.media_types, type), route.media_types.end()) << type;
    EXPECT_EQ(post(route, lines, type).body.find(R"({"accepted":2,"rejected":0)"), 0U) << type;
  }
  EXPECT_EQ(post(route, "\xEF\xBB\xBF[" + goal_in("45") + "]", "application/vnd.feed+json").status, 202);
}

TEST_F(Ingest, NamesEveryBadFieldAndAppendsNothing) {
  const http::Response response = post_one(R"({"eventId":"x","matchId":"m","eventType":"dive","teamId":3})");
  EXPECT_EQ(response.status, 400);
  for (const char* field : {"eventId", "eventType", "timestamp", "teamId"}) {
    EXPECT_NE(response.body.find(std::string(R"("field":")") + field), std::string::npos) << response.body;
  }
  EXPECT_TRUE(producer_.appended.empty());
  EXPECT_EQ(observer_.rejected, 1U);
}

TEST_F(Ingest, EveryFailureOfTheLogIsARetryable503) {
  for (const auto code : {base::Errc::kFull, base::Errc::kUnavailable, base::Errc::kUnknownOutcome}) {
    producer_.answer = base::Error{code, "No space."};
    const http::Response response = post_one(kGoal);
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(std::any_of(response.headers.begin(), response.headers.end(),
                            [](const auto& header) { return header.first == "Retry-After"; }));
  }
  EXPECT_EQ(observer_.not_durable, 3U);
  EXPECT_EQ(observer_.ingested, 0U);
}

TEST_F(Ingest, ABatchWithSomeBadEventsStoresTheGoodOnes) {
  const std::string body =
      std::string("[") + kGoal + R"(,{"eventId":"e77e8400-e29b-41d4-a716-446655440000"}])";
  const http::Response response = post(post_batch(ports_), body);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body.find(R"({"accepted":1,"rejected":1,"errors":[{"index":1,)"
                               R"("eventId":"e77e8400-e29b-41d4-a716-446655440000","errors":[{"field":)"),
            0U)
      << response.body;
  EXPECT_EQ(producer_.appended.size(), 1U);
}

TEST_F(Ingest, ABatchNamesAHundredBadEventsAndCountsTheRest) {
  std::string body = std::string("[") + kGoal;
  for (int i = 0; i < 150; ++i) body += ",{}";
  const http::Response response = post(post_batch(ports_), body + "]");
  EXPECT_EQ(response.status, 202);
  EXPECT_NE(response.body.find(R"("accepted":1,"rejected":150,)"), std::string::npos);
  EXPECT_NE(response.body.find(R"({"index":100,)"), std::string::npos);
  EXPECT_EQ(response.body.find(R"({"index":101,)"), std::string::npos);
  EXPECT_TRUE(response.body.ends_with(R"(],"errorsOmitted":50})")) << response.body;
  EXPECT_EQ(observer_.rejected, 150U);
}

TEST_F(Ingest, ABatchDoesNotRepeatAnIdThatIsTooLong) {
  const std::string body = std::string("[") + kGoal + R"(,{"eventId":")" + std::string(5'000, 'a') + "\"}]";
  const http::Response response = post(post_batch(ports_), body);
  EXPECT_EQ(response.status, 202);
  EXPECT_LT(response.body.size(), 1'000U);
  EXPECT_NE(response.body.find(R"("eventId":null)"), std::string::npos) << response.body;
}

TEST_F(Ingest, ABatchWithNoGoodEventIs400) {
  const http::Response response = post(post_batch(ports_), "{}\n[]\n", "application/x-ndjson");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find(R"("field":"[0].eventId")"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(R"("field":"[1])"), std::string::npos) << response.body;
  EXPECT_TRUE(producer_.appended.empty());
}

TEST_F(Ingest, AnEmptyOrTornBatchIs400) {
  EXPECT_EQ(post(post_batch(ports_), "[]").status, 400);
  EXPECT_EQ(post(post_batch(ports_), "").status, 400);
  EXPECT_EQ(post(post_batch(ports_), std::string("[") + kGoal).status, 400);
  EXPECT_EQ(post(post_batch(ports_), kGoal).status, 400);
}

TEST_F(Ingest, MoreEventsThanABatchMayHoldIs413) {
  std::string body;
  for (std::size_t i = 0; i <= kMaxBatchEvents; ++i) body += "{}\n";
  EXPECT_EQ(post(post_batch(ports_), body, "application/x-ndjson").status, 413);
}

TEST_F(Ingest, ResponseTimesArePublishedPerMatchWithOneSampleAnEvent) {
  const http::Response response = post(post_batch(ports_), std::string("[") + kGoal + "," + kGoal + "]");
  ASSERT_TRUE(response.on_sent);
  response.on_sent(std::chrono::microseconds(1'500));
  times_.flush(std::chrono::seconds(20));
  ASSERT_EQ(producer_.appended.size(), 3U);
  const log::Record& record = producer_.appended.back();
  EXPECT_EQ(record.kind, log::RecordKind::kResponseTimes);
  const auto published = domain::parse_response_times(record.value);
  ASSERT_TRUE(published.ok());
  EXPECT_EQ(published->match_id, "m1");
  EXPECT_EQ(published->times.count(), 2U);
  EXPECT_NEAR(published->times.percentiles()->p50, 1.5, 0.015);
}

TEST_F(Ingest, ResponseTimesThatWereNotWrittenArePublishedLater) {
  times_.record("m1", std::chrono::milliseconds(2), 1);
  producer_.answer = base::Error{base::Errc::kFull, "No space."};
  times_.flush(std::chrono::seconds(20));
  EXPECT_TRUE(producer_.appended.empty());
  producer_.answer = {};
  times_.flush(std::chrono::seconds(20));
  EXPECT_EQ(producer_.appended.size(), 1U);
  times_.flush(std::chrono::seconds(20));
  EXPECT_EQ(producer_.appended.size(), 1U) << "a sample counts once";
}

}  // namespace
}  // namespace fanfinity::api
