// The contract of EventReader, for the fake and for ClickHouse alike.

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store_subject.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using domain::EventType;
using std::chrono::milliseconds;

enum class Kind { kMemory, kClickHouse };

class EventReaderContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kMemory) {
      subject_ = std::make_unique<MemorySubject>(10'000);
    } else {
      subject_ = std::make_unique<ClickHouseSubject>();
    }
  }
  void insert(const std::vector<EventRow>& rows) {
    ASSERT_OK(subject_->events().insert(batch_of(rows), "t" + std::to_string(inserts_++)));
  }
  /// Fails the test when there is no answer.
  std::vector<StoredEvent> read(const EventQuery& query) {
    auto found = subject_->raw().events(query);
    EXPECT_TRUE(found.ok()) << found.error().detail;
    return found ? *std::move(found) : std::vector<StoredEvent>{};
  }
  std::vector<StoredEvent> read_in_pages(EventQuery query) {
    std::vector<StoredEvent> all;
    for (;;) {
      const auto page = read(query);
      EXPECT_LE(page.size(), query.limit);
      if (page.empty()) return all;
      all.insert(all.end(), page.begin(), page.end());
      query.after = EventPosition{page.back().event.at, page.back().event.id};
    }
  }

  std::unique_ptr<StoreSubject> subject_;

 private:
  int inserts_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, EventReaderContract, testing::Values(Kind::kMemory, Kind::kClickHouse),
                         [](const auto& param) {
                           return param.param == Kind::kMemory ? "Memory" : "ClickHouse";
                         });

EventQuery all_of(std::string match, std::size_t limit = 100'000) {
  EventQuery query;
  query.match_id = std::move(match);
  query.limit = limit;
  return query;
}

std::vector<EventRow> many_rows(std::size_t count) {
  std::mt19937 random(5);
  std::vector<EventRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    auto row = event_row("m" + std::to_string(random() % 2), static_cast<std::int64_t>(i),
                         domain::kAllEventTypes[random() % 11]);
    row.event.at += milliseconds{random() % 400};  // Many share a moment.
    row.event.team = static_cast<std::uint8_t>(1 + random() % 2);
    if (random() % 3 != 0) row.event.player = "p" + std::to_string(random() % 5);
    if (random() % 2 == 0) row.event.metadata = R"({"minute": 45,"x":"\u00e9"})";
    rows.push_back(row);
  }
  return rows;
}

TEST_P(EventReaderContract, AnEventComesBackAsItWasStored) {
  auto whole = event_row("m", 0, EventType::kGoal, "2024-01-15 14:30:00.250", "2024-01-15 14:30:01.007", 2);
  whole.event.player = "player-456";
  whole.event.metadata = "{ \"minute\": 45, \"scorer\" :\"Z\\u00f6e \\\"9\\\"\"}";
  auto bare = event_row("m", 1, EventType::kPass, "2261-12-31 23:59:59.999");
  auto nobody = event_row("m", 2, EventType::kPass, "1970-01-01 00:00:00.000");
  nobody.event.player = "";
  insert({whole, bare, nobody});
  const auto events = read(all_of("m"));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].event, bare.event);
  EXPECT_EQ(events[1].event, whole.event);
  EXPECT_EQ(events[2].event, nobody.event);
  EXPECT_EQ(events[1].received_at, whole.received_at);
}

TEST_P(EventReaderContract, PagesHoldEachEventOnceInOrder) {
  const auto rows = many_rows(3'000);
  for (std::size_t from = 0; from < rows.size(); from += 1'000) {
    insert(std::vector(rows.begin() + static_cast<std::ptrdiff_t>(from),
                       rows.begin() + static_cast<std::ptrdiff_t>(from) + 1'000));
  }
  for (const bool latest_first : {true, false}) {
    for (const std::size_t limit : {7U, 100U, 5'000U}) {
      EventQuery query = all_of("m0", limit);
      query.latest_first = latest_first;
      const auto events = read_in_pages(query);
      std::set<base::Uuid> expected;
      for (const auto& row : rows) {
        if (row.event.match_id == "m0") expected.insert(row.event.id);
      }
      std::set<base::Uuid> seen;
      for (const auto& event : events) EXPECT_TRUE(seen.insert(event.event.id).second);
      EXPECT_EQ(seen, expected) << limit;
      EXPECT_TRUE(std::ranges::is_sorted(events, [&](const auto& a, const auto& b) {
        return latest_first ? a.event.at > b.event.at : a.event.at < b.event.at;
      }));
    }
  }
}

TEST_P(EventReaderContract, WhatComesMeanwhileDoesNotMoveThePages) {
  std::vector<EventRow> rows;
  for (std::int64_t i = 0; i < 100; ++i) {
    rows.push_back(event_row("m", i));
    rows.back().event.at += milliseconds{10 * i};
  }
  insert(rows);
  std::set<base::Uuid> seen;
  EventQuery query = all_of("m", 9);
  for (int page = 0;; ++page) {
    const auto events = read(query);
    if (events.empty()) break;
    for (const auto& event : events) EXPECT_TRUE(seen.insert(event.event.id).second);
    query.after = EventPosition{events.back().event.at, events.back().event.id};
    auto newer = event_row("m", 1'000 + page);
    newer.event.at += std::chrono::hours{1};
    auto older = event_row("m", 2'000 + page);
    older.event.at = query.after->at;  // Before or after the cursor, as its id has it.
    insert({newer, older});
  }
  for (const auto& row : rows) EXPECT_TRUE(seen.contains(row.event.id));
}

TEST_P(EventReaderContract, FiltersChooseWhatARecountChooses) {
  const auto rows = many_rows(2'000);
  insert(rows);
  std::vector<EventQuery> queries(7, all_of("m1"));
  queries[1].types = {EventType::kGoal, EventType::kRedCard};
  queries[2].team = 2;
  queries[3].player = "p3";
  queries[4].span.from = rows[0].event.at;
  queries[4].span.to = rows[0].event.at + milliseconds{50};
  queries[5].types = {EventType::kPass};
  queries[5].team = 1;
  queries[5].player = "p0";
  queries[5].span.from = at("2024-01-15 14:30:00.100");
  queries[5].latest_first = false;
  queries[6].player = "nobody";
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const EventQuery& query = queries[i];
    std::set<base::Uuid> expected;
    for (const auto& [event, received_at, offset] : rows) {
      const bool type =
          query.types.empty() || std::ranges::find(query.types, event.type) != query.types.end();
      const bool team = !query.team || event.team == *query.team;
      const bool player = !query.player || event.player == query.player;
      const bool time =
          (!query.span.from || event.at >= *query.span.from) && (!query.span.to || event.at < *query.span.to);
      if (event.match_id == "m1" && type && team && player && time) expected.insert(event.id);
    }
    std::set<base::Uuid> seen;
    for (const auto& event : read(query)) EXPECT_TRUE(seen.insert(event.event.id).second);
    EXPECT_EQ(seen, expected) << "query " << i;
    EXPECT_EQ(seen.empty(), i == 6) << "query " << i;
  }
}

TEST_P(EventReaderContract, NamesAreValuesAndNothingElse) {
  const std::vector<std::string> names = {"it's",
                                          "\"q\"",
                                          "back\\slash",
                                          "\\n",
                                          "tab\tand\nlines",
                                          "%41",
                                          "%",
                                          "' OR '1'='1",
                                          "'; DROP TABLE events --",
                                          "{player:String}",
                                          "NULL",
                                          "試合",
                                          "a,b",
                                          " ",
                                          "\\N",
                                          std::string(256, 'x')};
  std::int64_t offset = 0;
  std::vector<EventRow> rows;
  for (const auto& name : names) {
    rows.push_back(event_row(name.find('\n') == std::string::npos ? name : "m", offset++));
    rows.back().event.player = name;
  }
  insert(rows);
  for (const auto& row : rows) {
    EventQuery query = all_of(row.event.match_id);
    query.player = row.event.player;
    const auto events = read(query);
    ASSERT_EQ(events.size(), 1U) << *row.event.player;
    EXPECT_EQ(events[0].event, row.event);
  }
}

TEST_P(EventReaderContract, AFineTimelineEqualsARecount) {
  const auto rows = many_rows(2'000);
  insert(rows);
  const auto from = at("2024-01-15 14:30:00.000");
  for (const int bucket : {1, 15, 30}) {
    // Of buckets that are longer than all there is, and of a part.
    FineTimelineQuery query{"m0", std::chrono::seconds{bucket}, from, from + std::chrono::seconds{60}};
    std::map<std::tuple<base::Timestamp, EventType, int>, std::uint64_t> expected;
    for (const auto& row : rows) {
      if (row.event.match_id != "m0") continue;
      const auto since = (row.event.at - from) / std::chrono::seconds{bucket} * std::chrono::seconds{bucket};
      ++expected[{from + since, row.event.type, row.event.team}];
    }
    auto timeline = subject_->raw().timeline(query);
    ASSERT_OK(timeline);
    EXPECT_EQ(timeline->bucket, query.bucket);
    ASSERT_EQ(timeline->cells.size(), expected.size());
    std::size_t i = 0;
    for (const auto& [key, count] : expected) {
      const auto& cell = timeline->cells[i++];
      EXPECT_EQ(std::tuple(cell.start, cell.type, int{cell.team}), key);
      EXPECT_EQ(cell.count, count);
    }
  }
  auto nothing =
      subject_->raw().timeline({"m0", std::chrono::seconds{1}, from - std::chrono::hours{1}, from});
  ASSERT_OK(nothing);
  EXPECT_TRUE(nothing->cells.empty());
}

TEST_P(EventReaderContract, PlayersEqualARecount) {
  const auto rows = many_rows(2'000);
  insert(rows);
  std::map<std::pair<std::string, int>, domain::TypeCounts> expected;
  domain::TypeCounts without;
  for (const auto& row : rows) {
    if (row.event.match_id != "m1") continue;
    ++(row.event.player ? expected[{*row.event.player, row.event.team}] : without)[row.event.type];
  }
  auto found = subject_->raw().players("m1", 500);
  ASSERT_OK(found);
  EXPECT_EQ(found->players.size(), expected.size());
  EXPECT_EQ(found->without_by_type, without);
  std::uint64_t all = found->without_total;
  for (const auto& player : found->players) {
    EXPECT_EQ(player.by_type, (expected[{player.player, player.team}])) << player.player;
    std::uint64_t total = 0;
    for (const auto& [type, count] : player.by_type) total += count;
    EXPECT_EQ(player.total, total);
    all += total;
  }
  EXPECT_EQ(all, std::ranges::count_if(rows, [](const auto& row) { return row.event.match_id == "m1"; }));
  EXPECT_TRUE(std::ranges::is_sorted(found->players, [](const auto& a, const auto& b) {
    return std::tuple(b.total, a.player, a.team) < std::tuple(a.total, b.player, b.team);
  }));
  auto few = subject_->raw().players("m1", 3);
  ASSERT_OK(few);
  EXPECT_EQ(few->players, std::vector(found->players.begin(), found->players.begin() + 3));
  EXPECT_EQ(few->without_by_type, without) << "what names nobody takes no place";
  EXPECT_EQ(subject_->raw().players("other", 3).error().code, Errc::kNotFound);
}

TEST_P(EventReaderContract, AMatchWithoutEventsIsNotFoundButAFilterMayFindNothing) {
  insert({event_row("m", 0)});
  EXPECT_EQ(subject_->raw().events(all_of("other")).error().code, Errc::kNotFound);
  EventQuery query = all_of("m");
  query.types = {EventType::kGoal};
  EXPECT_TRUE(read(query).empty());
}

}  // namespace
}  // namespace fanfinity::store
