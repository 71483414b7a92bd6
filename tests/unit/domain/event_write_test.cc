#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/rfc3339.h"
#include "domain/control_characters.h"
#include "domain/event_json.h"
#include "golden.h"
#include "random_event.h"
#include "sent_event.h"

namespace fanfinity::domain {
namespace {

using tests::SentEvent;

std::string json_of(const Event& event) {
  std::string text;
  append_event_json(event, text);
  return text;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

Event example() {
  EventParser parser;
  return std::get<Event>(parser.parse(SentEvent().json()));
}

TEST(EventJson, IsCanonical) {
  EXPECT_EQ(json_of(example()) + "\n", tests::golden("event.json"));
  Event bare = example();
  bare.player.reset();
  bare.metadata.clear();
  bare.team = 2;
  bare.at += std::chrono::milliseconds{7};
  EXPECT_EQ(json_of(bare) + "\n", tests::golden("event-bare.json"));
}

TEST(EventJson, IsTheSameHoweverTheEventWasSent) {
  EventParser parser;
  const auto parsed = parser.parse(
      "{ \"unknown\":[1], \"metadata\":{\"minute\":45,\"scorer\":\"Player "
      "Name\"},\n\"playerId\":\"player\\u002d456\","
      "\"teamId\":1,\"timestamp\":\"2024-01-15t16:30:00.0009+02:00\",\"eventType\":\"goal\",\"matchId\":"
      "\"match-123\","
      "\"eventId\":\"550E8400-E29B-41D4-A716-446655440000\"}");
  EXPECT_EQ(json_of(std::get<Event>(parsed)), json_of(example()));
}

TEST(EventJson, IsAppendedAndEndsWithoutALineEnd) {
  std::string out = "before";
  append_event_json(example(), out);
  EXPECT_EQ(out, "before" + json_of(example()));
  EXPECT_EQ(out.back(), '}');
}

TEST(EventJson, TellsAnEmptyPlayerFromNone) {
  Event event = example();
  event.player = "";
  EXPECT_NE(json_of(event).find(R"("playerId":"",)"), std::string::npos);
}

TEST(EventJson, ReadsBackAsTheSameEvent) {
  EventParser parser;
  std::mt19937_64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    const Event event = tests::random_event(random);
    const std::string json = json_of(event);
    const auto parsed = parser.parse_stored(json);
    ASSERT_TRUE(std::holds_alternative<Event>(parsed)) << json;
    ASSERT_EQ(std::get<Event>(parsed), event) << json;
    ASSERT_EQ(json_of(std::get<Event>(parsed)), json);
  }
}

TEST(EventJson, ReadsBackFromBatchesOfEitherFormat) {
  EventParser parser;
  std::mt19937_64 random(8);
  std::vector<Event> events;
  std::string array = "[";
  std::string ndjson;
  for (int i = 0; i < 500; ++i) {
    events.push_back(tests::random_event(random));
    // Line ends are legal inside metadata, where only an array can hold them.
    std::erase_if(events.back().metadata, [](char c) { return c == '\n' || c == '\r'; });
    auto& player = events.back().player;
    if (player && has_control_character(*player)) player.reset();
    if (i > 0) array += ',';
    append_event_json(events.back(), array);
    append_event_json(events.back(), ndjson);
    ndjson += '\n';
  }
  array += ']';
  for (const auto& batch : {parser.parse_batch(array, BatchFormat::kJsonArray, events.size()),
                            parser.parse_batch(ndjson, BatchFormat::kNdjson, events.size())}) {
    const auto& items = std::get<std::vector<BatchItem>>(batch);
    ASSERT_EQ(items.size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(std::get<Event>(items[i].event), events[i]);
  }
}

TEST(JsonString, EscapesWhatJsonAsksForAndNothingElse) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a/b"), R"("a/b")");
  EXPECT_EQ(json_string("\"\\"), R"("\"\\")");
  EXPECT_EQ(json_string("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\0\x01\x1F\x7F", 4)), "\"\\u0000\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json_string("Barça–Alavés ⚽🏆"), "\"Barça–Alavés ⚽🏆\"");
  EXPECT_EQ(
      json_string("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
      "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  const std::string_view mark = "\xEF\xBF\xBD";
  const auto marks = [mark](int count) {
    std::string text = "\"";
    for (int i = 0; i < count; ++i) text += mark;
    return text + "\"";
  };
  EXPECT_EQ(json_string("\xFF"), marks(1));
  EXPECT_EQ(json_string("\x80"), marks(1));
  EXPECT_EQ(json_string("\xC3"), marks(1));
  EXPECT_EQ(json_string("\xC0\xAF"), marks(2));
  EXPECT_EQ(json_string("\xE0\x9F\xBF"), marks(3));
  EXPECT_EQ(json_string("\xED\xA0\x80"), marks(3));
  EXPECT_EQ(json_string("\xF0\x8F\xBF\xBF"), marks(4));
  EXPECT_EQ(json_string("\xF4\x90\x80\x80"), marks(4));
  EXPECT_EQ(json_string("\xF5\x80\x80\x80"), marks(4));
  EXPECT_EQ(json_string("a\xE2\x82z"), "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST(JsonString, OfAnyBytesReadsBackAsText) {
  EventParser parser;
  std::mt19937_64 random(9);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const auto parsed = parser.parse_stored(SentEvent().with("playerId", json_string(bytes)).json());
    ASSERT_TRUE(std::holds_alternative<Event>(parsed)) << json_string(bytes);
  }
}

}  // namespace
}  // namespace fanfinity::domain
