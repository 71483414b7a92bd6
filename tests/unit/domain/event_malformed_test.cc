// What is not one JSON object is refused as a whole, wherever in the text its fault lies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "domain/event_json.h"
#include "sent_event.h"

namespace fanfinity::domain {
namespace {

using testing::HasSubstr;
using tests::repeated;
using tests::SentEvent;

/// The sentence about the document; empty when the event was accepted.
std::string fault_of(std::string_view json) {
  EventParser parser;
  const auto parsed = parser.parse(json);
  if (std::holds_alternative<Event>(parsed)) return {};
  const auto& errors = std::get<std::vector<FieldError>>(parsed);
  EXPECT_EQ(errors.size(), 1);
  EXPECT_EQ(errors.front().field, "") << json.substr(0, 300) << ": " << errors.front().detail;
  return errors.front().detail;
}

TEST(MalformedEvent, IsRefusedWithASentence) {
  const std::string good = SentEvent().json();
  EXPECT_EQ(fault_of(good), "");
  EXPECT_EQ(fault_of(""), "The event is empty.");
  EXPECT_EQ(fault_of(" \n\t "), "The event is empty.");
  EXPECT_EQ(fault_of("{"),
            "The event is not valid JSON: expected a member's name in double quotes at the end.");
  EXPECT_EQ(fault_of(R"({"a" 1})"),
            "The event is not valid JSON: expected ':' after a member's name at byte 5.");
  EXPECT_EQ(fault_of(R"({"a":})"), "The event is not valid JSON: expected a value at byte 5.");
  EXPECT_EQ(fault_of(R"({"a":1 "b":2})"), "The event is not valid JSON: expected ',' or '}' at byte 7.");
  EXPECT_EQ(fault_of(good + "x"), "The event is not valid JSON: expected nothing after it at byte " +
                                      std::to_string(good.size()) + ".");
  EXPECT_EQ(fault_of(R"({"a)"), "The event is not valid JSON: a string is not closed.");
  EXPECT_EQ(fault_of("{\"a\xFF\":1}"), "The event is not valid UTF-8.");
  EXPECT_EQ(fault_of("{\"a\nb\":1}"),
            "The event is not valid JSON: a string holds a control character that is not escaped.");
}

TEST(MalformedEvent, MayHaveOneByteOrderMarkBeforeIt) {
  const std::string good = SentEvent().json();
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(fault_of(mark + good), "");
  EXPECT_EQ(fault_of(mark + " \n" + good), "");
  EXPECT_EQ(fault_of(mark), "The event is empty.");
  for (const std::string& json :
       {mark + mark + good, " " + mark + good, good + mark, "{" + mark + good.substr(1)}) {
    EXPECT_NE(fault_of(json), "") << json;
  }
}

/// JSON of ASCII in another encoding: `width` bytes a character, `at` of which holds it.
std::string widened(std::string_view json, std::size_t width, std::size_t at) {
  std::string text;
  for (const char c : json) {
    std::string unit(width, '\0');
    unit[at] = c;
    text += unit;
  }
  return text;
}

TEST(MalformedEvent, IsNamedWhenItIsInAnotherEncoding) {
  const std::string good = SentEvent().json();
  for (const std::string& json :
       {widened(good, 2, 0), widened(good, 2, 1), widened(good, 4, 0), widened(good, 4, 3),
        "\xFF\xFE" + widened(good, 2, 0), "\xFE\xFF" + widened(good, 2, 1)}) {
    EXPECT_EQ(fault_of(json), "The event is UTF-16 or UTF-32: send it as UTF-8.");
    EventParser parser;
    for (const BatchFormat format : {BatchFormat::kJsonArray, BatchFormat::kNdjson}) {
      const auto batch = parser.parse_batch(json, format, 10);
      ASSERT_TRUE(std::holds_alternative<BatchFault>(batch));
      EXPECT_EQ(std::get<BatchFault>(batch).detail, "The body is UTF-16 or UTF-32: send it as UTF-8.");
    }
  }
}

TEST(MalformedEvent, IsEverythingButAnObject) {
  for (const std::string_view json :
       {"[]", "1", "null", "true", "\"event\"", "[{}]", " -1.5e3 ", R"("\ud800")"}) {
    EXPECT_EQ(fault_of(json), "The event must be a JSON object.") << json;
  }
}

TEST(MalformedEvent, IsOneOfWrongStructure) {
  const std::string good = SentEvent().json();
  const std::string open = good.substr(0, good.size() - 1);
  for (const std::string& json : std::vector<std::string>{open,
                                                          good + good,
                                                          good + "," + good,
                                                          good + "}",
                                                          good + "]",
                                                          open + ",}",
                                                          open + ",,\"x\":1}",
                                                          "{,}",
                                                          "{:}",
                                                          "{\"a\"}",
                                                          "{\"a\":1:2}",
                                                          "{\"a\":1,2}",
                                                          "{1:2}",
                                                          "{a:1}",
                                                          "{'a':1}",
                                                          "{null:1}",
                                                          "{\"a\":1]",
                                                          "/* */" + good,
                                                          good + "// end",
                                                          "goal!",
                                                          "{}{}",
                                                          "{} {}",
                                                          "{}[]",
                                                          "{}\"\"",
                                                          "{}0",
                                                          ",",
                                                          ":",
                                                          "}",
                                                          "]",
                                                          "[",
                                                          repeated("[", 60'000),
                                                          repeated("{\"a\":", 10'000),
                                                          "\\",
                                                          "{\\\"a\\\":1}",
                                                          "{\"a\":1}\\"}) {
    EXPECT_THAT(fault_of(json), HasSubstr("is not valid")) << json.substr(0, 300);
  }
}

TEST(MalformedEvent, IsOneWithABadValueAnywhere) {
  for (const std::string_view value : {"",
                                       "tru",
                                       "truee",
                                       "True",
                                       "nul",
                                       "nil",
                                       "NaN",
                                       "Infinity",
                                       "-Infinity",
                                       "undefined",
                                       "'x'",
                                       "x",
                                       "+1",
                                       "-",
                                       "--1",
                                       "01",
                                       "-01",
                                       "1.",
                                       ".5",
                                       "1.e5",
                                       "1e",
                                       "1e+",
                                       "1e1.5",
                                       "0x1",
                                       "1_000",
                                       "1 2",
                                       "1a",
                                       "1\"a\"",
                                       "\"a\"b",
                                       "\"a\"\"b\"",
                                       "\"a\" \"b\"",
                                       "true false",
                                       "[1,]",
                                       "[,1]",
                                       "[1 2]",
                                       "[1,,2]",
                                       "[",
                                       "[1",
                                       "]",
                                       "{",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\":1,}",
                                       "{a:1}",
                                       "[}",
                                       "{]",
                                       "[1}",
                                       "{\"a\":1]",
                                       "[[1]",
                                       "{\"a\":{}",
                                       "\"\\x41\"",
                                       "\"\\u12\"",
                                       "\"\\u12g4\"",
                                       "\"\\u\"",
                                       "\"\\ud800\\u12\"",
                                       "\"\\'\"",
                                       "\"\\U0041\"",
                                       "\x01",
                                       "\x0C",
                                       "\x1A",
                                       "1\x0C",
                                       "\\n",
                                       "#"}) {
    for (const std::string_view name : {"unknown", "metadata", "matchId", "teamId"}) {
      EXPECT_NE(fault_of(SentEvent().with(name, value).json()), "") << name << " " << value;
      const std::string inside = "{\"a\":[{\"b\":" + std::string(value) + "}]}";
      EXPECT_NE(fault_of(SentEvent().with(name, inside).json()), "") << name << " " << inside;
    }
  }
}

TEST(MalformedEvent, IsOneWithARawControlCharacterInAText) {
  for (int c = 0; c < 0x20; ++c) {
    const std::string text = "\"a" + std::string(1, static_cast<char>(c)) + "\"";
    EXPECT_THAT(fault_of(SentEvent().with("metadata", "{\"a\":" + text + "}").json()),
                HasSubstr("control character"));
  }
}

TEST(MalformedEvent, IsOneWithANulByteAnywhereButInAnEscape) {
  const std::string good = SentEvent().json();
  for (std::size_t at = 0; at <= good.size(); ++at) {
    std::string json = good;
    json.insert(at, 1, '\0');
    EXPECT_NE(fault_of(json), "") << "a NUL before byte " << at;
  }
}

TEST(MalformedEvent, IsOneThatIsNotUtf8Anywhere) {
  for (const std::string_view bytes : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80",
                                       "\xE2\x82", "\xF0\x9F\x98", "\xFE\xFF"}) {
    const std::string text = "\"" + std::string(bytes) + "\"";
    EXPECT_EQ(fault_of(SentEvent().with("unknown", text).json()), "The event is not valid UTF-8.");
    EXPECT_EQ(fault_of(SentEvent().with("metadata", "{" + text + ":1}").json()),
              "The event is not valid UTF-8.");
    EXPECT_NE(fault_of(SentEvent().json() + std::string(bytes)), "");
  }
}

TEST(MalformedEvent, IsEveryEventCutShort) {
  const std::string good = SentEvent().with("metadata", R"({"a":[1,{"b":"\u00e9\n"}],"c":null})").json();
  ASSERT_EQ(fault_of(good), "");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(fault_of(std::string_view(good).substr(0, length)), "") << good.substr(0, length);
  }
}

TEST(MalformedEvent, LeavesTheParserAsGoodAsNew) {
  EventParser parser;
  const std::string good = SentEvent().json();
  const auto expected = parser.parse(good);
  for (const std::string_view bad :
       {"", "{", "{\"a", "\xFF", "[[[[", "{}", "{\"metadata\":{\"a\":\"\\ud800\"}}"}) {
    EXPECT_FALSE(std::holds_alternative<Event>(parser.parse(bad)));
    EXPECT_EQ(parser.parse(good), expected);
  }
}

TEST(MalformedEvent, DoesNotReadBehindTheText) {
  // The text lies at the end of its own allocation, so that a sanitizer sees a read behind it.
  const std::string good = SentEvent().json();
  for (std::size_t length = 1; length <= good.size(); ++length) {
    const std::vector<char> exact(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const std::string fault = fault_of(std::string_view(exact.data(), exact.size()));
    EXPECT_EQ(fault.empty(), length == good.size());
  }
}

}  // namespace
}  // namespace fanfinity::domain
