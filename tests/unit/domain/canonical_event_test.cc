#include "domain/canonical_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "domain/event_json.h"
#include "random_event.h"

namespace fanfinity::domain {
namespace {

std::string json_of(const Event& event) {
  std::string text;
  append_event_json(event, text);
  return text;
}

Event example() {
  Event event;
  event.id = *base::Uuid::parse("550e8400-e29b-41d4-a716-446655440000");
  event.match_id = "match-123";
  event.type = EventType::kGoal;
  event.at = base::Timestamp{std::chrono::milliseconds{1'705'329'000'250}};
  event.team = 2;
  event.player = "player-456";
  event.metadata = R"({"minute":45,"scorer":"Player \u00e9","at":[0.5,{"x":null}]})";
  return event;
}

/// Where it answers at all, it answers as the parser does.
bool agrees(EventParser& parser, std::string_view json) {
  const Event* event = parser.parse_canonical(json);
  if (event == nullptr) return true;
  const Event read = *event;
  const ParsedEvent parsed = parser.parse_stored(json);
  return std::holds_alternative<Event>(parsed) && std::get<Event>(parsed) == read;
}

TEST(CanonicalEvent, IsReadBack) {
  EventParser parser;
  Event event = example();
  for (const auto& player :
       {std::optional<std::string>("p"), std::optional<std::string>(""), std::optional<std::string>()}) {
    for (const std::string_view metadata : {R"({"minute":45})", "{}", ""}) {
      event.player = player;
      event.metadata = metadata;
      const Event* read = parser.parse_canonical(json_of(event));
      ASSERT_NE(read, nullptr) << json_of(event);
      EXPECT_EQ(*read, event);
    }
  }
  for (const EventType type : kAllEventTypes) {
    event.type = type;
    EXPECT_EQ(*parser.parse_canonical(json_of(event)), event);
  }
}

TEST(CanonicalEvent, IsReadBackUnderANameThatIsRefusedToday) {
  EventParser parser;
  for (const std::string_view match : {".", "..", " ", "  "}) {
    Event event = example();
    event.match_id = match;
    const Event* read = parser.parse_canonical(json_of(event));
    ASSERT_NE(read, nullptr) << match;
    EXPECT_EQ(*read, event);
  }
}

TEST(CanonicalEvent, IsLeftToTheParserWhereItIsNotPlain) {
  EventParser parser;
  for (const std::string_view text : {"Barça–Alavés", "a\"b", "a\\b", "a/b\x7f"}) {
    Event event = example();
    event.player = text;
    EXPECT_EQ(parser.parse_canonical(json_of(event)), nullptr) << text;
  }
  const std::string json = json_of(example());
  for (const std::string& other : {" " + json, json + " ", json + "}", json + json, std::string(),
                                   std::string("{}"), std::string("[") + json + "]"}) {
    EXPECT_EQ(parser.parse_canonical(other), nullptr) << other;
  }
}

TEST(CanonicalEvent, IsWhatTheParserSaysHoweverItIsDamaged) {
  EventParser parser;
  const std::string whole = json_of(example());
  constexpr std::string_view kBytes("\0\x1f \"\\{}[]:,0129aZz~\x7f\xc2\x80\xe9\n", 24);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    EXPECT_TRUE(agrees(parser, whole.substr(0, at))) << at;
    EXPECT_TRUE(agrees(parser, whole.substr(at))) << at;
    std::string without = whole;
    without.erase(at, 1);
    EXPECT_TRUE(agrees(parser, without)) << without;
    for (const char byte : kBytes) {
      std::string changed = whole;
      changed[at] = byte;
      EXPECT_TRUE(agrees(parser, changed)) << changed;
      std::string longer = whole;
      longer.insert(at, 1, byte);
      EXPECT_TRUE(agrees(parser, longer)) << longer;
    }
  }
}

TEST(CanonicalEvent, IsWhatTheParserSaysOfMetadataOfAnyKind) {
  EventParser parser;
  const std::string head =
      R"({"eventId":"550e8400-e29b-41d4-a716-446655440000","matchId":"m","eventType":"goal",)"
      R"("timestamp":"2024-01-15T14:30:00Z","teamId":1,"metadata":)";
  for (const std::string_view metadata :
       {"{}", "{} ", " {}", "null", "[]", "1", "\"x\"", "{},\"metadata\":{}", "{},\"extra\":{}", "{}}", "{",
        "", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}", "{\"a\":01}", "{\"a\":tru}", "{\"a\" : [ 1 , 2 ] }"}) {
    EXPECT_TRUE(agrees(parser, head + std::string(metadata) + "}")) << metadata;
  }
  for (std::size_t depth = 60; depth < 70; ++depth) {
    const std::string deep = "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
    EXPECT_TRUE(agrees(parser, head + deep + "}")) << depth;
  }
}

TEST(CanonicalEvent, IsWhatTheParserSaysOfRandomEvents) {
  tests::Random random(11);
  EventParser parser;
  std::size_t read = 0;
  for (int i = 0; i < 3'000; ++i) {
    Event event = tests::random_event(random);
    if (random() % 2 == 0) event.match_id = "match-" + std::to_string(i);
    if (random() % 2 == 0) event.player.reset();
    std::string json = json_of(event);
    if (const Event* same = parser.parse_canonical(json)) {
      ++read;
      ASSERT_EQ(*same, event) << json;
    }
    json[random() % json.size()] = static_cast<char>(random());
    EXPECT_TRUE(agrees(parser, json)) << json;
  }
  EXPECT_GT(read, 500U);
}

}  // namespace
}  // namespace fanfinity::domain
