#include "domain/event.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace fanfinity::domain {
namespace {

TEST(EventType, HasElevenNamesWhichReadBack) {
  std::set<std::string_view> names;
  for (const EventType type : kAllEventTypes) {
    EXPECT_EQ(parse_event_type(to_string(type)), type);
    names.insert(to_string(type));
  }
  EXPECT_EQ(names,
            (std::set<std::string_view>{"goal", "shot", "pass", "foul", "yellow_card", "red_card",
                                        "substitution", "offside", "corner", "free_kick", "interception"}));
}

TEST(EventType, KeepsItsStoredNumbers) {
  for (std::size_t i = 0; i < kAllEventTypes.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kAllEventTypes[i]), i + 1);
  }
}

TEST(EventType, RefusesEveryOtherName) {
  for (const std::string_view name :
       {"", "Goal", "GOAL", "goal ", " goal", "goals", "own_goal", "yellow-card", "?"}) {
    EXPECT_FALSE(parse_event_type(name)) << name;
  }
}

TEST(MatchId, TakesAnyTextWithoutControlCharacters) {
  for (const std::string_view id : {"m", "match-123", "a/b", "Barça–Alavés 2018", "日本 対 ブラジル", "⚽🏆",
                                    " ", "\"quoted\" \\ back", "\xC2\xA0", "\xEF\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_match_id(id)) << id;
  }
}

TEST(MatchId, HasOneToTwoHundredFiftySixBytes) {
  EXPECT_FALSE(is_valid_match_id(""));
  EXPECT_TRUE(is_valid_match_id(std::string(256, 'm')));
  EXPECT_FALSE(is_valid_match_id(std::string(257, 'm')));
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  EXPECT_TRUE(is_valid_match_id(umlauts));
  EXPECT_FALSE(is_valid_match_id(umlauts + "u"));
}

TEST(MatchId, RefusesEveryControlCharacter) {
  for (int c = 0; c < 0x20; ++c) {
    EXPECT_FALSE(is_valid_match_id("a" + std::string(1, static_cast<char>(c)) + "b")) << c;
  }
  for (std::size_t at = 0; at < 20; ++at) {
    for (const std::string_view control : {"\x1F", "\x7F", "\xC2\x85"}) {
      std::string id = "twenty characters 20";
      EXPECT_FALSE(is_valid_match_id(id.replace(at, 1, control))) << at;
    }
  }
  for (int c = 0x80; c <= 0x9F; ++c) {
    EXPECT_FALSE(is_valid_match_id("a\xC2" + std::string(1, static_cast<char>(c)))) << c;
  }
  EXPECT_TRUE(is_valid_match_id("\xC3\x80\xC3\x9F")) << "the same trailing bytes in letters";
}

TEST(MatchId, RefusesWhatIsNotUtf8) {
  for (const std::string_view id :
       {"\xFF", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC2", "\x80"}) {
    EXPECT_FALSE(is_valid_match_id(id));
  }
}

}  // namespace
}  // namespace fanfinity::domain
