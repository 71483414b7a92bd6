#include "domain/match_clock.h"

#include <gtest/gtest.h>

namespace fanfinity::domain {
namespace {

std::string clock_of(std::string_view metadata) {
  MatchClockReader reader;
  const auto clock = reader.read(metadata);
  if (!clock) return "none";
  std::string json;
  append_clock_json(*clock, json);
  return json;
}

TEST(MatchClock, IsWhatTheMetadataSays) {
  EXPECT_EQ(clock_of(R"({"minute":45,"stoppage":2,"period":1})"), R"({"minute":45,"stoppage":2,"period":1})");
  EXPECT_EQ(clock_of(R"({"scorer":"A","minute":7})"), R"({"minute":7})");
  EXPECT_EQ(clock_of(R"({ "period" : 2 , "minute" : 0 , "x" : [{"minute":9}] })"),
            R"({"minute":0,"period":2})");
  EXPECT_EQ(clock_of(R"({"minute":"45"})"), R"({"minute":45})");
  EXPECT_EQ(clock_of(R"({"minute":"45'"})"), R"({"minute":45})");
  EXPECT_EQ(clock_of(R"({"minute":"45+2"})"), R"({"minute":45,"stoppage":2})");
  EXPECT_EQ(clock_of(R"({"minute":"90+12'","period":2})"), R"({"minute":90,"stoppage":12,"period":2})");
  EXPECT_EQ(clock_of(R"({"minute":"45+2","stoppage":2})"), R"({"minute":45,"stoppage":2})");
  EXPECT_EQ(clock_of(R"({"\u006dinute":45})"), R"({"minute":45})");
}

TEST(MatchClock, IsReadAsFeedsWriteIt) {
  for (const char* minute :
       {R"("90'+4'")", R"("90 + 4")", R"("90' + 4'")", R"("90+4 ")", R"(" 90 +4'")", R"("90\u2019+4\u2019")",
        R"("90\u2032+4")", "\"90\u2019 + 4\u2019\"", R"("90.0+4.0")"}) {
    EXPECT_EQ(clock_of("{\"minute\":" + std::string(minute) + "}"), R"({"minute":90,"stoppage":4})")
        << minute;
  }
  for (const char* minute : {"45.0", "45.00", R"("45.0")", R"(" 45")", R"("45 ")", R"("45\u0027")"}) {
    EXPECT_EQ(clock_of("{\"minute\":" + std::string(minute) + "}"), R"({"minute":45})") << minute;
  }
  for (const char* apart : {R"("extra":2)", R"("injuryTime":2)", R"("addedTime":2.0)", R"("stoppage":"2")",
                            R"("extra":"+2")", R"("extra":"2'")", R"("stoppage":2,"extra":2)",
                            R"("extra":2,"injuryTime":null)", R"("stoppage":0,"extra":2)"}) {
    EXPECT_EQ(clock_of("{\"minute\":45," + std::string(apart) + "}"), R"({"minute":45,"stoppage":2})")
        << apart;
  }
  EXPECT_EQ(clock_of(R"({"minute":3.0,"period":2.0})"), R"({"minute":3,"period":2})");
  EXPECT_EQ(clock_of(R"({"minute":3,"period":"2"})"), R"({"minute":3,"period":2})");
}

TEST(MatchClock, IsNotGuessed) {
  for (const char* metadata : {"",
                               "{}",
                               "[]",
                               "null",
                               "{",
                               R"({"period":1})",
                               R"({"stoppage":2,"period":1})",
                               R"({"minute":-1})",
                               R"({"minute":151})",
                               R"({"minute":45.5})",
                               R"({"minute":45.01})",
                               R"({"minute":"45."})",
                               R"({"minute":"45 2"})",
                               R"({"minute":"45+2+1"})",
                               R"({"minute":"45'2"})",
                               R"({"minute":45,"stoppage":2,"extra":3})",
                               R"({"minute":4.5e1})",
                               R"({"minute":null})",
                               R"({"minute":[45]})",
                               R"({"minute":{"a":45}})",
                               R"({"minute":""})",
                               R"({"minute":"'"})",
                               R"({"minute":"45+"})",
                               R"({"minute":"45+0"})",
                               R"({"minute":"45+31"})",
                               R"({"minute":"+2"})",
                               R"({"minute":"45:10"})",
                               R"({"minute":"45''"})",
                               R"({"minute":"first half"})",
                               R"({"minute":99999999999999999999})",
                               R"({"minute":45,"minute":45})",
                               R"({"minute":"45+2","stoppage":3})",
                               R"({"Minute":45})",
                               R"({"data":{"minute":45}})",
                               "{\"minute\":45"}) {
    EXPECT_EQ(clock_of(metadata), "none") << metadata;
  }
}

TEST(MatchClock, LeavesOutAStoppageOrPeriodOfAnotherForm) {
  for (const char* rest :
       {R"("stoppage":0)", R"("stoppage":31)", R"("extra":"two")", R"("stoppage":-2)", R"("extra":true)",
        R"("extra":2.5)", R"("injuryTime":{})", R"("extra":"")", R"("stoppage":2,"stoppage":2)",
        R"("period":0)", R"("period":6)", R"("period":"1H")", R"("period":1.5)", R"("period":null)"}) {
    EXPECT_EQ(clock_of("{\"minute\":45," + std::string(rest) + "}"), R"({"minute":45})") << rest;
  }
}

}  // namespace
}  // namespace fanfinity::domain
