#include "tools/replay_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace fanfinity::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Judge, RetriesWhatMayPassLaterAndNothingElse) {
  EXPECT_EQ(judge(202), Verdict::kAccepted);
  for (const int status : {0, 408, 425, 429, 500, 502, 503, 504})
    EXPECT_EQ(judge(status), Verdict::kRetry) << status;
  for (const int status : {400, 413, 415, 422, 431}) EXPECT_EQ(judge(status), Verdict::kRejected) << status;
  for (const int status : {200, 204, 301, 307, 401, 403, 404, 405}) {
    EXPECT_EQ(judge(status), Verdict::kNoService) << status;
  }
}

TEST(Backoff, DoublesWithJitterUpToFiveSeconds) {
  Backoff backoff(1);
  milliseconds full(100);
  for (int i = 0; i < 20; ++i) {
    const auto wait = backoff.next(seconds(0));
    EXPECT_GE(wait, full / 2);
    EXPECT_LE(wait, full);
    full = std::min(full * 2, milliseconds(5'000));
  }
  backoff.reset();
  EXPECT_LE(backoff.next(seconds(0)), milliseconds(100));
}

TEST(Backoff, WaitsAtLeastAsLongAsTheServerAskedUpToAMinute) {
  Backoff backoff(1);
  EXPECT_GE(backoff.next(seconds(3)), seconds(3));
  EXPECT_LE(backoff.next(seconds(86'400)), seconds(62));
}

TEST(Refusals, NameTheEventsOfABatchAnswer) {
  const Answer answer{202, seconds(0),
                      R"({"accepted":2,"rejected":1,"errors":[{"index":1,"eventId":"x","errors":[)"
                      R"({"field":"teamId","detail":"must be 1 or 2"},{"field":"","detail":"odd"}]}]})",
                      ""};
  const auto refused = refusals(answer, 3);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].index, 1U);
  EXPECT_EQ(refused[0].detail, "teamId: must be 1 or 2; odd");
}

TEST(Refusals, OfAWholeRequestShareItsReason) {
  const Answer answer{400, seconds(0), R"({"title":"Bad Request","detail":"no event is valid"})", ""};
  const auto refused = refusals(answer, 2);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[1].index, 1U);
  EXPECT_EQ(refused[1].detail, "no event is valid");
}

TEST(Refusals, AreFoundWhateverTheBodyIs) {
  for (const char* body : {"", "not json", "[]", "7", R"({"errors":7})", R"({"errors":[{"index":99}]})"}) {
    EXPECT_TRUE(refusals({202, seconds(0), body, ""}, 2).empty()) << body;
    EXPECT_EQ(refusals({413, seconds(0), body, ""}, 2).size(), 2U) << body;
  }
}

TEST(Explain, SaysWhatToDo) {
  EXPECT_NE(explain({401, seconds(0), "", ""}, "http://h").find("FANFINITY_API_KEY"), std::string::npos);
  EXPECT_NE(explain({404, seconds(0), "", ""}, "http://h").find("--url"), std::string::npos);
  EXPECT_EQ(explain({0, seconds(0), "", "Could not connect"}, "http://h"),
            "no answer from http://h (Could not connect)");
  EXPECT_EQ(explain({503, seconds(0), R"({"detail":"the disk is full"})", ""}, "http://h"),
            "http://h answered 503 (the disk is full)");
}

}  // namespace
}  // namespace fanfinity::tools
