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
using tests::in_quotes;
using tests::repeated;
using tests::SentEvent;

constexpr std::size_t kMany = 10'000;

ParsedBatch parse(std::string_view body, BatchFormat format, std::size_t max_events = kMany) {
  EventParser parser;
  return parser.parse_batch(body, format, max_events);
}

std::vector<BatchItem> items_of(ParsedBatch batch) {
  if (const auto* fault = std::get_if<BatchFault>(&batch)) {
    ADD_FAILURE() << fault->detail;
    return {};
  }
  return std::get<std::vector<BatchItem>>(std::move(batch));
}

std::vector<BatchItem> lines(std::string_view body) {
  return items_of(parse(body, BatchFormat::kNdjson));
}

std::vector<BatchItem> elements(std::string_view body) {
  return items_of(parse(body, BatchFormat::kJsonArray));
}

void expect_fault(const ParsedBatch& batch, BatchFault::Kind kind, std::string_view detail) {
  ASSERT_TRUE(std::holds_alternative<BatchFault>(batch));
  EXPECT_EQ(std::get<BatchFault>(batch).kind, kind);
  EXPECT_THAT(std::get<BatchFault>(batch).detail, HasSubstr(detail));
}

bool is_good(const BatchItem& item) {
  return std::holds_alternative<Event>(item.event);
}

const FieldError& first_error(const BatchItem& item) {
  return std::get<std::vector<FieldError>>(item.event).at(0);
}

std::string good(std::string_view match = "m") {
  return SentEvent().with("matchId", in_quotes(match)).json();
}

/// An event of exactly so many bytes.
std::string event_of_size(std::size_t size) {
  const std::string empty = SentEvent().with("metadata", R"({"x":""})").json();
  return SentEvent().with("metadata", R"({"x":")" + std::string(size - empty.size(), 'x') + "\"}").json();
}

TEST(Ndjson, TakesLinesEndedEitherWayAndSkipsBlankOnes) {
  for (const std::string_view end : {"\n", "\r\n"}) {
    const std::string e(end);
    const auto items = lines(e + good("a") + e + e + " \t" + e + good("b") + e + good("c") + e + e);
    ASSERT_EQ(items.size(), 3);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(items[i].index, i);
      ASSERT_TRUE(is_good(items[i]));
      EXPECT_EQ(std::get<Event>(items[i].event).match_id, std::string(1, static_cast<char>('a' + i)));
    }
  }
}

TEST(Ndjson, NeedsNoLastLineEnd) {
  EXPECT_EQ(lines(good()).size(), 1);
  EXPECT_EQ(lines(good() + "\n" + good()).size(), 2);
}

TEST(Ndjson, HasItsEventsEqualToThoseParsedAlone) {
  EventParser parser;
  const std::string text = SentEvent().with("metadata", R"({"a": [1e999, "\u00e9"]})").json();
  EXPECT_EQ(lines(text).at(0).event, parser.parse(text));
}

TEST(Ndjson, NamesTheErrorsOfALineAndItsIdAsSent) {
  const std::string bad = SentEvent().with("eventType", "\"?\"").with("teamId", "9").json();
  const std::string no_uuid = SentEvent().with("eventId", R"("x\u0041")").json();
  const auto items = lines(good() + "\n" + bad + "\n{\"eventId\":7}\n" + no_uuid + "\n" + good());
  ASSERT_EQ(items.size(), 5);
  EXPECT_TRUE(is_good(items[0]) && is_good(items[4]));
  EXPECT_EQ(items[1].event_id, "550e8400-e29b-41d4-a716-446655440000");
  EXPECT_EQ(std::get<std::vector<FieldError>>(items[1].event).size(), 2);
  EXPECT_EQ(items[2].event_id, "");
  EXPECT_EQ(items[3].event_id, "xA");
  EXPECT_EQ(first_error(items[3]).field, "eventId");
}

TEST(Ndjson, IsSpoiltByABadLineOnlyThere) {
  for (const std::string_view bad : {"{broken", "{\"a", "\xFF", "[]", "null", "{}{}", "\xEF\xBB\xBF{}", "\"",
                                     "\\", "{\"a\":\"\x01\"}", "\x1A"}) {
    const auto items = lines(good() + "\n" + std::string(bad) + "\n" + good());
    ASSERT_EQ(items.size(), 3) << bad;
    EXPECT_TRUE(is_good(items[0]) && is_good(items[2])) << bad;
    EXPECT_EQ(first_error(items[1]).field, "") << bad;
  }
}

TEST(Ndjson, DoesNotTakeAnEventOverTwoLines) {
  const auto items = lines("{\"eventId\":\n1}");
  ASSERT_EQ(items.size(), 2);
  EXPECT_FALSE(is_good(items[0]) || is_good(items[1]));
}

TEST(JsonArray, TakesItsElementsInOrder) {
  const auto items = elements(" [ " + good("a") + " ,\n" + good("b") + "\r\n,\t" + good("c") + "] \n");
  ASSERT_EQ(items.size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(items[i].index, i);
    ASSERT_TRUE(is_good(items[i]));
    EXPECT_EQ(std::get<Event>(items[i].event).match_id, std::string(1, static_cast<char>('a' + i)));
  }
}

TEST(JsonArray, HasItsEventsEqualToThoseParsedAlone) {
  EventParser parser;
  const std::string text = SentEvent().with("metadata", "{\n\"a\": [1e999, \"\\u00e9\"] }").json();
  EXPECT_EQ(elements("[" + text + "]").at(0).event, parser.parse(text));
}

TEST(JsonArray, NamesTheErrorsOfAnElementAndTakesTheOthers) {
  const auto items = elements("[" + good() + ",5,{\"eventId\":\"x\"},null,[[]],\"\\ud800\"," + good() + "]");
  ASSERT_EQ(items.size(), 7);
  EXPECT_TRUE(is_good(items[0]) && is_good(items[6]));
  EXPECT_EQ(items[2].event_id, "x");
  for (const std::size_t i : {1U, 3U, 4U, 5U}) {
    EXPECT_EQ(first_error(items[i]).detail, "The event must be a JSON object.");
  }
}

TEST(JsonArray, CountsTheDepthFromEachEvent) {
  const auto deep = [](std::size_t depth) {
    return SentEvent().with("metadata", repeated("{\"a\":", depth) + "1" + repeated("}", depth)).json();
  };
  const auto items = elements("[" + deep(63) + "," + deep(64) + "," + deep(500) + "," + good() + "]");
  ASSERT_EQ(items.size(), 4);
  EXPECT_TRUE(is_good(items[0]) && is_good(items[3]));
  EXPECT_THAT(first_error(items[1]).detail, HasSubstr("64 levels"));
  EXPECT_THAT(first_error(items[2]).detail, HasSubstr("64 levels"));
}

TEST(JsonArray, IsMalformedAsAWholeWhenItIsNotJson) {
  const auto malformed = BatchFault::Kind::kMalformed;
  for (const std::string& body : std::vector<std::string>{
           "[" + good(), "[" + good() + ",]", "[," + good() + "]", "[" + good() + " " + good() + "]",
           "[" + good() + "]]", "[" + good() + "]x", "[{broken]", "[tru]", "[" + good() + ",{\"a\":\"\\x\"}]",
           "[" + good() + "}", "[\"a]", "[", "[[[[", "[1", "[\"\xFF\"]", "[\"\x01\"]"}) {
    expect_fault(parse(body, BatchFormat::kJsonArray), malformed, "The body is not valid");
  }
  for (const std::string& body : {good(), std::string("{}"), std::string("null"), std::string("x")}) {
    expect_fault(parse(body, BatchFormat::kJsonArray), malformed, "must be a JSON array of events");
  }
}

TEST(Batch, MayHaveOneByteOrderMarkBeforeIt) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const auto& items :
       {lines(mark + good() + "\n" + good()), lines(mark + "\n\r\n" + good() + "\n" + good()),
        elements(mark + "[" + good() + "," + good() + "]"),
        elements(mark + " [" + good() + "," + good() + "]")}) {
    ASSERT_EQ(items.size(), 2);
    EXPECT_TRUE(is_good(items[0]) && is_good(items[1]));
  }
  expect_fault(parse(mark + mark + "[]", BatchFormat::kJsonArray), BatchFault::Kind::kMalformed,
               "byte order mark");
  for (const BatchFormat format : {BatchFormat::kJsonArray, BatchFormat::kNdjson}) {
    expect_fault(parse(mark, format), BatchFault::Kind::kEmpty, "no event");
  }
  const auto items = lines(mark + mark + good() + "\n" + mark + good() + "\n" + good());
  ASSERT_EQ(items.size(), 3);
  EXPECT_THAT(first_error(items[0]).detail, HasSubstr("byte order mark"));
  EXPECT_THAT(first_error(items[1]).detail, HasSubstr("byte order mark"));
  EXPECT_TRUE(is_good(items[2]));
}

TEST(Batch, WithoutAnEventIsEmpty) {
  for (const std::string_view body : {"", " ", "\n\n", "\r\n \t\r\n"}) {
    expect_fault(parse(body, BatchFormat::kNdjson), BatchFault::Kind::kEmpty, "no event");
    expect_fault(parse(body, BatchFormat::kJsonArray), BatchFault::Kind::kEmpty, "no event");
  }
  expect_fault(parse("[]", BatchFormat::kJsonArray), BatchFault::Kind::kEmpty, "no event");
  expect_fault(parse(" [\n] ", BatchFormat::kJsonArray), BatchFault::Kind::kEmpty, "no event");
}

TEST(Batch, MayHoldTheMostEventsAndNotOneMore) {
  const auto too_many = BatchFault::Kind::kTooManyEvents;
  EXPECT_EQ(items_of(parse(good() + "\n" + good() + "\n\n", BatchFormat::kNdjson, 2)).size(), 2);
  EXPECT_EQ(items_of(parse("[1," + good() + "]", BatchFormat::kJsonArray, 2)).size(), 2);
  expect_fault(parse("x\ny\nz", BatchFormat::kNdjson, 2), too_many, "more than 2 events");
  expect_fault(parse("[1,2,3]", BatchFormat::kJsonArray, 2), too_many, "more than 2 events");
}

TEST(Batch, TakesAnEventOf64KiBAndNamesALargerOne) {
  const std::string largest = event_of_size(kMaxEventBytes);
  const std::string larger = event_of_size(kMaxEventBytes + 1);
  ASSERT_EQ(largest.size(), kMaxEventBytes);
  for (const auto& items : {lines(largest + "\r\n" + larger + "\n" + good()),
                            elements("[ " + largest + " , " + larger + " ," + good() + "]")}) {
    ASSERT_EQ(items.size(), 3);
    EXPECT_TRUE(is_good(items[0]) && is_good(items[2]));
    EXPECT_EQ(first_error(items[1]).detail, "The event must not exceed 64 KiB.");
  }
}

TEST(Batch, OfEightMebibytesIsTakenAndTheParserReused) {
  const std::string one = event_of_size(839);
  std::string all = "[" + one;
  while (all.size() + one.size() + 2 < 8U * 1024 * 1024) all += "," + one;
  all += "]";
  EventParser parser;
  for (int round = 0; round < 2; ++round) {
    const auto items = items_of(parser.parse_batch(all, BatchFormat::kJsonArray, kMany));
    EXPECT_GT(items.size(), 9'900);
    EXPECT_TRUE(is_good(items.back()));
    EXPECT_TRUE(std::holds_alternative<Event>(parser.parse(one)));
  }
}

TEST(Batch, DoesNotReadBehindTheBody) {
  for (const auto format : {BatchFormat::kJsonArray, BatchFormat::kNdjson}) {
    const std::string body = format == BatchFormat::kJsonArray ? "[" + good() + "]" : good() + "\n";
    for (std::size_t length = 0; length <= body.size(); ++length) {
      const std::vector<char> exact(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
      const auto batch = parse(std::string_view(exact.data(), exact.size()), format);
      const auto* items = std::get_if<std::vector<BatchItem>>(&batch);
      const bool whole = items != nullptr && is_good(items->front());
      EXPECT_EQ(whole,
                length == body.size() || (format == BatchFormat::kNdjson && length + 1 == body.size()));
    }
  }
}

}  // namespace
}  // namespace fanfinity::domain
