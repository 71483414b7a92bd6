#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "domain/response_times.h"
#include "golden.h"
#include "random_event.h"
#include "sent_event.h"

namespace fanfinity::domain {
namespace {

using testing::HasSubstr;

std::string json_of(const ResponseTimesRecord& record) {
  std::string text;
  append_response_times_json(record, text);
  return text;
}

TEST(ResponseTimesJson, IsWrittenInOneForm) {
  ResponseTimesRecord record{"match-123", {}};
  EXPECT_EQ(json_of(record), R"({"matchId":"match-123","responseTimes":[]})");
  record.times.add_bucket(1382, 3);
  record.times.add_bucket(691, 2);
  EXPECT_EQ(json_of(record) + "\n", tests::golden("response-times.json"));
}

TEST(ResponseTimesJson, ReadsBackAsTheSameRecord) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 1'000; ++i) {
    ResponseTimesRecord record{"m" + tests::random_text(random, 255, false), {}};
    for (std::size_t n = random() % 20; n > 0; --n) {
      record.times.add_bucket(static_cast<std::int16_t>(random() % 2202), 1 + random() % 1'000'000);
    }
    const auto parsed = parse_response_times(json_of(record));
    ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
    EXPECT_EQ(parsed->match_id, record.match_id);
    EXPECT_EQ(parsed->times.buckets(), record.times.buckets());
    EXPECT_EQ(parsed->times.count(), record.times.count());
  }
}

TEST(ResponseTimesJson, TakesMembersInAnyOrderAndUnknownOnes) {
  const auto parsed = parse_response_times(
      " { \"server\" : [1,{}] , \"responseTimes\" : [ [ 5 , 2 ] , [4,1], [5,1] ] , \"matchId\" : "
      "\"a\\u002fb\" } ");
  ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
  EXPECT_EQ(parsed->match_id, "a/b");
  EXPECT_EQ(parsed->times.buckets(), (std::map<std::int16_t, std::uint64_t>{{4, 1}, {5, 3}}));
}

TEST(ResponseTimesJson, RefusesWhatIsNotARecord) {
  for (const std::string_view json : {"",
                                      " ",
                                      "{",
                                      "[]",
                                      "null",
                                      "{}",
                                      R"({"matchId":"m"})",
                                      R"({"responseTimes":[]})",
                                      R"({"matchId":"m","responseTimes":[]}x)",
                                      R"({"matchId":"","responseTimes":[]})",
                                      R"({"matchId":5,"responseTimes":[]})",
                                      R"({"matchId":"\u0000","responseTimes":[]})",
                                      R"({"matchId":"\ud800","responseTimes":[]})",
                                      R"({"matchId":"m","matchId":"m","responseTimes":[]})",
                                      R"({"matchId":"m","responseTimes":[],"responseTimes":[]})",
                                      R"({"matchId":"m","responseTimes":{}})",
                                      R"({"matchId":"m","responseTimes":[1]})",
                                      R"({"matchId":"m","responseTimes":[[]]})",
                                      R"({"matchId":"m","responseTimes":[[1]]})",
                                      R"({"matchId":"m","responseTimes":[[1,2,3]]})",
                                      R"({"matchId":"m","responseTimes":[[1,2],]})",
                                      R"({"matchId":"m","responseTimes":[[1,2])",
                                      "{\"matchId\":\"\xFF\",\"responseTimes\":[]}",
                                      R"({"matchId":"m","responseTimes":[[1,2]]]})",
                                      R"({"matchId":"m","responseTimes":[],"x":tru})"}) {
    const auto parsed = parse_response_times(json);
    ASSERT_FALSE(parsed.ok()) << json;
    EXPECT_EQ(parsed.error().code, base::Errc::kInvalid);
    EXPECT_THAT(parsed.error().detail, HasSubstr("A record of response times "));
  }
}

TEST(ResponseTimesJson, RefusesBucketsAndCountsThatCannotBe) {
  for (const std::string_view pair :
       {"[-1,1]", "[2202,1]", "[32768,1]", "[1.0,1]", "[\"1\",1]", "[null,1]", "[1,0]", "[1,-1]", "[1,1.5]",
        "[1,1e3]", "[1,\"1\"]", "[1,18446744073709551616]", "[1,18446744073709551615],[2,1]", "[1,[]]"}) {
    const std::string json = R"({"matchId":"m","responseTimes":[)" + std::string(pair) + "]}";
    EXPECT_FALSE(parse_response_times(json).ok()) << json;
  }
  EXPECT_TRUE(
      parse_response_times(R"({"matchId":"m","responseTimes":[[0,1],[2201,18446744073709551614]]})").ok());
}

TEST(ResponseTimesJson, RefusesEndlessNesting) {
  const std::string deep = tests::repeated("[", 50'000) + tests::repeated("]", 50'000);
  EXPECT_FALSE(parse_response_times(R"({"x":)" + deep + R"(,"matchId":"m","responseTimes":[]})").ok());
}

}  // namespace
}  // namespace fanfinity::domain
