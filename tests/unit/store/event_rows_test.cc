#include "store/event_rows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fanfinity::store {
namespace {

using log::Offset;

EventRow row(std::int64_t offset, std::string match, std::optional<std::string> player,
             std::string metadata) {
  EventRow made;
  made.event.id = base::Uuid::random();
  made.event.match_id = std::move(match);
  made.event.type = domain::EventType::kRedCard;
  made.event.at = base::Timestamp(std::chrono::milliseconds(1'700'000'000'123));
  made.event.team = 2;
  made.event.player = std::move(player);
  made.event.metadata = std::move(metadata);
  made.received_at = base::Timestamp(std::chrono::milliseconds(1'700'000'000'999));
  made.offset = Offset{offset};
  return made;
}

std::vector<EventRow> some_rows() {
  return {row(7, "m", std::nullopt, ""), row(8, std::string(256, 'x'), "player-1", R"({"a":1})"),
          row(10, "m", "", std::string(60'000, ' ')), row(11, "n", "player-2", "{}")};
}

EventRows rows_of(const std::vector<EventRow>& all, std::string_view topic = "events") {
  EventRows rows(log::PartitionId{3}, topic);
  for (const EventRow& one : all) rows.add(one.event, one.received_at, one.offset);
  return rows;
}

void expect_same(const EventRows& rows, const std::vector<EventRow>& expected) {
  const auto decoded = rows.decoded();
  ASSERT_EQ(decoded.size(), expected.size());
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(decoded[i].event, expected[i].event) << i;
    EXPECT_EQ(decoded[i].received_at, expected[i].received_at) << i;
    EXPECT_EQ(decoded[i].offset, expected[i].offset) << i;
    EXPECT_EQ(rows.keys()[i].id, expected[i].event.id) << i;
    EXPECT_EQ(rows.keys()[i].received_at, expected[i].received_at) << i;
    EXPECT_EQ(rows.keys()[i].offset, expected[i].offset) << i;
  }
}

TEST(EventRows, AreReadBackAsTheyWereAdded) {
  const auto all = some_rows();
  expect_same(rows_of(all), all);
}

TEST(EventRows, AreTheBytesThatClickHouseReads) {
  EventRow one = row(258, "m", "p", "{}");
  one.event.id = *base::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  one.event.at = base::Timestamp(std::chrono::milliseconds(1));
  one.received_at = base::Timestamp(std::chrono::milliseconds(2));
  const std::string expected(
      "\x77\x66\x55\x44\x33\x22\x11\x00\xff\xee\xdd\xcc\xbb\xaa\x99\x88"  // event_id
      "\x01m\x06"                                                         // match_id, event_type
      "\x01\0\0\0\0\0\0\0\x02"                                            // event_time, team
      "\x00\x01p\x02{}"                                                   // player_id, metadata
      "\x02\0\0\0\0\0\0\0"                                                // received_at
      "\x05topic\x03\0\0\0"                                               // topic, partition
      "\x02\x01\0\0\0\0\0\0",                                             // offset
      16 + 3 + 9 + 6 + 8 + 10 + 8);
  EXPECT_EQ(rows_of({one}, "topic").bytes(), expected);
}

TEST(EventRows, KeepThoseThatAreToBeKept) {
  const auto all = some_rows();
  const std::vector<std::vector<std::size_t>> choices = {{}, {0}, {3}, {1, 3}, {0, 1, 3}, {0, 1, 2, 3}};
  for (const auto& choice : choices) {
    EventRows rows = rows_of(all);
    rows.keep(choice);
    std::vector<EventRow> expected;
    for (const std::size_t index : choice) expected.push_back(all[index]);
    expect_same(rows, expected);
    rows.add(all[0].event, all[0].received_at, Offset{99});
    EXPECT_EQ(rows.decoded().back().event, all[0].event);
  }
}

TEST(EventRows, AreCutByOffset) {
  const auto all = some_rows();
  const EventRows rows = rows_of(all);
  expect_same(rows.slice(Offset{0}, Offset{100}), all);
  expect_same(rows.slice(Offset{8}, Offset{11}), {all[1], all[2]});
  expect_same(rows.slice(Offset{9}, Offset{10}), {});
  expect_same(rows.slice(Offset{11}, Offset{12}), {all[3]});
  EXPECT_EQ(rows.slice(Offset{8}, Offset{11}).partition(), rows.partition());
  const std::string together = std::string(rows.slice(Offset{0}, Offset{10}).bytes()) +
                               std::string(rows.slice(Offset{10}, Offset{12}).bytes());
  EXPECT_EQ(together, rows.bytes());
}

TEST(EventRows, AreClearedWithoutGivingMemoryBack) {
  EventRows rows = rows_of(some_rows());
  const std::size_t memory = rows.memory();
  rows.clear();
  EXPECT_TRUE(rows.empty());
  EXPECT_TRUE(rows.bytes().empty());
  EXPECT_EQ(rows.memory(), memory);
}

}  // namespace
}  // namespace fanfinity::store
