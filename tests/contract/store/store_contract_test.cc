// The contract of EventStore and MetricsReader, for the fake and for ClickHouse alike.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "store_subject.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using domain::EventType;

enum class Kind { kMemory, kClickHouse };

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { open(10'000); }
  void open(std::uint64_t token_window) {
    if (GetParam() == Kind::kMemory) {
      subject_ = std::make_unique<MemorySubject>(token_window);
    } else {
      subject_ = std::make_unique<ClickHouseSubject>(token_window);
    }
  }
  EventStore& events() { return subject_->events(); }
  MetricsReader& reader() { return subject_->metrics(); }

  base::Result<domain::MatchMetrics> metrics_of(const std::string& match) {
    auto found = reader().metrics(std::vector{match});
    if (!found) return found.error();
    if (found->empty()) return base::Error{Errc::kNotFound, "no event"};
    EXPECT_EQ(found->size(), 1U);
    return std::move(found->front());
  }
  std::uint64_t total_of(const std::string& match) {
    auto metrics = metrics_of(match);
    return metrics ? metrics->total : 0;
  }
  std::size_t raw_rows_of(const Batch& batch) {
    std::vector<base::Uuid> ids;
    for (const auto& row : batch.events.keys()) ids.push_back(row.id);
    auto found = events().find(ids, {});
    EXPECT_TRUE(found.ok()) << found.error().detail;
    return found ? found->size() : 0;
  }

  std::unique_ptr<StoreSubject> subject_;
};

INSTANTIATE_TEST_SUITE_P(, StoreContract, testing::Values(Kind::kMemory, Kind::kClickHouse),
                         [](const auto& param) {
                           return param.param == Kind::kMemory ? "Memory" : "ClickHouse";
                         });

TEST_P(StoreContract, ARepeatedTokenCountsOnceInRawAndEveryRollup) {
  Batch batch = batch_of("m", 0, 50);
  batch.response_times.push_back(response_times("m", 700, 50));
  for (int i = 0; i < 3; ++i) ASSERT_OK(events().insert(batch, "events/0/0-50"));
  EXPECT_EQ(raw_rows_of(batch), 50U);
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  EXPECT_EQ(metrics->total, 50U);
  auto timeline = reader().timeline("m", {});
  ASSERT_OK(timeline);
  ASSERT_EQ(timeline->cells.size(), 1U);
  EXPECT_EQ(timeline->cells[0].count, 50U);
  auto matches = reader().matches({.limit = 10});
  ASSERT_OK(matches);
  ASSERT_EQ(matches->size(), 1U);
  EXPECT_EQ((*matches)[0].total, 50U);
}

TEST_P(StoreContract, ATokenWorksInEachMonthOfABatch) {
  auto rows = batch_of("m", 0, 10).events.decoded();
  for (std::size_t i = 0; i < 5; ++i) rows[i].received_at = at("2024-01-31 23:59:59.999");
  for (std::size_t i = 5; i < 10; ++i) rows[i].received_at = at("2024-02-01 00:00:00.000");
  const Batch batch = batch_of(rows);
  for (int i = 0; i < 3; ++i) ASSERT_OK(events().insert(batch, "t"));
  EXPECT_EQ(raw_rows_of(batch), 10U);
  EXPECT_EQ(total_of("m"), 10U);
}

TEST_P(StoreContract, AnotherTokenIsAnotherInsert) {
  const Batch batch = batch_of("m", 0, 2);
  ASSERT_OK(events().insert(batch, "events/0/0-2"));
  ASSERT_OK(events().insert(batch, "events/0/0-1"));
  EXPECT_EQ(raw_rows_of(batch), 4U);
  EXPECT_EQ(total_of("m"), 4U);
}

TEST_P(StoreContract, ATokenIsRememberedWhileTheWindowLasts) {
  open(4);
  const Batch stuck = batch_of("stuck", 0, 3, 0);
  ASSERT_OK(events().insert(stuck, "events/0/0-3"));
  for (std::int64_t i = 0; i < 3; ++i) {
    ASSERT_OK(events().insert(batch_of("busy", i, 1, 1), "events/1/" + std::to_string(i)));
  }
  ASSERT_OK(events().insert(stuck, "events/0/0-3"));
  EXPECT_EQ(total_of("stuck"), 3U);
  EXPECT_EQ(raw_rows_of(stuck), 3U);
}

// EXACTLY-ONCE C2: why the window is sized for the busiest neighbours of a stuck partition.
TEST_P(StoreContract, ATokenBeyondTheWindowIsForgotten) {
  open(4);
  const Batch stuck = batch_of("stuck", 0, 3, 0);
  ASSERT_OK(events().insert(stuck, "events/0/0-3"));
  for (std::int64_t i = 0; i < 4; ++i) {
    ASSERT_OK(events().insert(batch_of("busy", i, 1, 1), "events/1/" + std::to_string(i)));
  }
  ASSERT_OK(events().insert(stuck, "events/0/0-3"));
  EXPECT_EQ(total_of("stuck"), 6U);
  EXPECT_EQ(raw_rows_of(stuck), 6U);
}

TEST_P(StoreContract, AnEmptyKindIsSkipped) {
  ASSERT_OK(events().insert({}, "nothing"));
  Batch only_times;
  only_times.response_times.push_back(response_times("m", 700, 5));
  ASSERT_OK(events().insert(only_times, "times"));
  EXPECT_EQ(metrics_of("m").error().code, Errc::kNotFound);
  ASSERT_OK(events().insert(batch_of("m", 0, 1), "events"));
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  ASSERT_TRUE(metrics->response_times.has_value());
  EXPECT_NEAR(metrics->response_times->p50, domain::response_time_of_bucket(700), 1e-9);
}

TEST_P(StoreContract, ResponseTimesOfAMatchAddUp) {
  Batch batch = batch_of("m", 0, 1);
  batch.response_times = {response_times("m", 100, 50), response_times("m", 200, 49),
                          response_times("n", 900, 9)};
  ASSERT_OK(events().insert(batch, "a"));
  Batch more;
  more.response_times = {response_times("m", 300, 1), response_times("m", 100, 100)};
  ASSERT_OK(events().insert(more, "b"));
  ASSERT_OK(events().insert(more, "b"));
  domain::ResponseTimes expected;
  for (const auto& [bucket, count] : std::map<std::int16_t, std::uint64_t>{{100, 150}, {200, 49}, {300, 1}}) {
    expected.add_bucket(bucket, count);
  }
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  ASSERT_TRUE(metrics->response_times.has_value());
  EXPECT_EQ(metrics->response_times->p50, expected.percentiles()->p50);
  EXPECT_EQ(metrics->response_times->p95, expected.percentiles()->p95);
  EXPECT_EQ(metrics->response_times->p99, expected.percentiles()->p99);
}

TEST_P(StoreContract, NoSamplesMeanNoPercentiles) {
  ASSERT_OK(events().insert(batch_of("m", 0, 1), "a"));
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  EXPECT_FALSE(metrics->response_times.has_value());
}

TEST_P(StoreContract, FindTellsWhereIdsAreStoredAndLeavesOutTheRest) {
  const Batch batch = batch_of("m", 100, 30, 3);
  ASSERT_OK(events().insert(batch, "a"));
  std::vector<base::Uuid> ids;
  for (std::size_t i = 0; i < batch.events.size(); i += 2) ids.push_back(batch.events.keys()[i].id);
  for (int i = 0; i < 20; ++i) ids.push_back(base::Uuid::random());
  auto found = events().find(ids, {});
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 15U);
  std::ranges::sort(*found, {}, &StoredId::offset);
  for (std::size_t i = 0; i < found->size(); ++i) {
    EXPECT_EQ((*found)[i].id, batch.events.keys()[2 * i].id);
    EXPECT_EQ((*found)[i].partition, log::PartitionId{3});
    EXPECT_EQ((*found)[i].offset, batch.events.keys()[2 * i].offset);
    EXPECT_EQ((*found)[i].received_at, batch.events.keys()[2 * i].received_at);
  }
  auto none = events().find({}, {});
  ASSERT_OK(none);
  EXPECT_TRUE(none->empty());
}

TEST_P(StoreContract, FindTakesMoreIdsThanOneQueryHolds) {
  const Batch batch = batch_of("m", 0, 9'001);
  ASSERT_OK(events().insert(batch, "a"));
  EXPECT_EQ(raw_rows_of(batch), 9'001U);
}

TEST_P(StoreContract, FindLeavesOutWhatWasReceivedBefore) {
  const Batch batch = batch_of("m", 0, 10);
  ASSERT_OK(events().insert(batch, "a"));
  std::vector<base::Uuid> ids;
  for (const auto& row : batch.events.keys()) ids.push_back(row.id);
  auto found = events().find(ids, batch.events.keys()[4].received_at);
  ASSERT_OK(found);
  std::set<base::Uuid> seen;
  for (const auto& row : *found) seen.insert(row.id);
  EXPECT_EQ(seen, std::set<base::Uuid>(ids.begin() + 4, ids.end()));
}

TEST_P(StoreContract, ScanHandsOutEveryIdOfItsPartitionsSinceThen) {
  constexpr std::uint32_t kPartitions = 3;
  const Batch batch = batch_of("m", 0, 100'000, 1);
  ASSERT_OK(events().insert(batch, "a"));
  const base::Timestamp since = batch.events.keys()[5'000].received_at;
  for (const std::vector<std::uint32_t>& numbers :
       {std::vector<std::uint32_t>{0}, {1}, {2}, {0, 2}, {0, 1, 2}}) {
    IdRange range{{}, kPartitions, since};
    for (const std::uint32_t number : numbers) range.partitions.push_back(log::PartitionId{number});
    std::map<base::Uuid, base::Timestamp> expected;
    for (const auto& row : batch.events.keys()) {
      const auto home = log::partition_of(row.id.hash(), kPartitions);
      if (std::ranges::find(range.partitions, home) == range.partitions.end()) continue;
      if (row.received_at >= since) expected.emplace(row.id, row.received_at);
    }
    std::map<base::Uuid, base::Timestamp> seen;
    ASSERT_OK(events().scan_ids(range, [&](std::span<const ScannedId> ids) -> base::Status {
      for (const auto& id : ids) EXPECT_TRUE(seen.emplace(id.id, id.received_at).second);
      return {};
    }));
    EXPECT_EQ(seen, expected) << numbers.size() << " partitions";
  }
}

TEST_P(StoreContract, ScanLeavesNothingOutWhileFewRowsAreStored) {
  const Batch batch = batch_of("m", 0, 10, 1);
  ASSERT_OK(events().insert(batch, "a"));
  const base::Timestamp since = batch.events.keys()[4].received_at;
  const auto scanned = [&](base::Timestamp from, std::uint64_t whole_up_to) {
    std::size_t ids = 0;
    const auto complete_since = events().scan_ids({{log::PartitionId{0}}, 1, from, whole_up_to},
                                                  [&](const auto& some) -> base::Status {
                                                    ids += some.size();
                                                    return {};
                                                  });
    EXPECT_TRUE(complete_since.ok());
    return std::pair{ids, *complete_since};
  };
  EXPECT_EQ(scanned(since, 10), std::pair(std::size_t{10}, base::Timestamp{}));
  EXPECT_EQ(scanned(since, 9), std::pair(std::size_t{6}, since));
  EXPECT_EQ(scanned(batch.events.keys()[0].received_at, 9), std::pair(std::size_t{10}, base::Timestamp{}))
      << "nothing is older";
}

TEST_P(StoreContract, AScanEndsWhenItsTakerSaysSo) {
  ASSERT_OK(events().insert(batch_of("m", 0, 100'000), "a"));
  int chunks = 0;
  const auto ended = events().scan_ids({{log::PartitionId{0}}, 1, {}}, [&](auto) -> base::Status {
    ++chunks;
    return base::Error{Errc::kStopped, "enough"};
  });
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Errc::kStopped);
  EXPECT_EQ(chunks, 1);
}

TEST_P(StoreContract, AScanOfNothingIsEmpty) {
  ASSERT_OK(events().scan_ids({{log::PartitionId{0}}, 1, {}}, [](auto) -> base::Status {
    return base::Error{Errc::kStopped, "there is nothing to take"};
  }));
}

TEST_P(StoreContract, HighestOffsetIsOfThatPartition) {
  ASSERT_OK(events().insert(batch_of("m", 10, 5, 0), "a"));
  ASSERT_OK(events().insert(batch_of("m", 500, 1, 1), "b"));
  ASSERT_OK(events().insert(batch_of("m", 3, 2, 0), "c"));
  auto first = events().highest_offset(log::PartitionId{0});
  ASSERT_OK(first);
  EXPECT_EQ(*first, log::Offset{14});
  auto second = events().highest_offset(log::PartitionId{1});
  ASSERT_OK(second);
  EXPECT_EQ(*second, log::Offset{500});
  auto none = events().highest_offset(log::PartitionId{2});
  ASSERT_OK(none);
  EXPECT_FALSE(none->has_value());
}

TEST_P(StoreContract, OffsetZeroIsAnOffset) {
  ASSERT_OK(events().insert(batch_of("m", 0, 1, 0), "a"));
  auto highest = events().highest_offset(log::PartitionId{0});
  ASSERT_OK(highest);
  EXPECT_EQ(*highest, log::Offset{0});
}

TEST_P(StoreContract, AnUnknownMatchIsNotFound) {
  using std::string_literals::operator""s;
  ASSERT_OK(events().insert(batch_of("m", 0, 1), "a"));
  for (const auto& match : {"other"s, ""s, "m\0"s, "m\n"s, "m' OR '1'='1"s, "{match:String}"s}) {
    EXPECT_EQ(metrics_of(match).error().code, Errc::kNotFound) << match;
    EXPECT_EQ(reader().timeline(match, {}).error().code, Errc::kNotFound) << match;
  }
}

TEST_P(StoreContract, AnyMatchIdIsItself) {
  std::vector<std::string> ids = {"Barça–Alavés 2018",
                                  "a/b",
                                  "it's",
                                  "\"q\"",
                                  "back\\slash",
                                  "\\n",
                                  "a\\tb",
                                  "%41",
                                  "A",
                                  "{match:String}",
                                  "試合",
                                  "مباراة",
                                  "🏟️",
                                  "a b",
                                  " ",
                                  "--",
                                  "; DROP TABLE events",
                                  "null",
                                  "NULL",
                                  std::string(256, 'x')};
  std::int64_t offset = 0;
  std::vector<EventRow> rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t n = 0; n <= i; ++n) rows.push_back(event_row(ids[i], offset++));
  }
  ASSERT_OK(events().insert(batch_of(rows), "a"));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto metrics = metrics_of(ids[i]);
    ASSERT_TRUE(metrics.ok()) << ids[i];
    EXPECT_EQ(metrics->total, i + 1) << ids[i];
    EXPECT_EQ(metrics->match_id, ids[i]);
  }
  auto all = reader().matches({.limit = 100});
  ASSERT_OK(all);
  std::ranges::sort(ids);
  ASSERT_EQ(all->size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ((*all)[i].match_id, ids[i]);
}

TEST_P(StoreContract, ThePeakIsTheEarliestOfEqualMinutes) {
  const Batch batch =
      batch_of({event_row("m", 0, EventType::kPass, "2024-01-15 14:31:59.999"),
                event_row("m", 1, EventType::kShot, "2024-01-15 14:31:00.000"),
                event_row("m", 2, EventType::kPass, "2024-01-15 14:30:00.000"),
                event_row("m", 3, EventType::kGoal, "2024-01-15 14:30:30.000", "2024-01-16 14:30:00.000", 2),
                event_row("m", 4, EventType::kPass, "2024-01-15 14:29:59.999")});
  ASSERT_OK(events().insert(batch, "a"));
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  EXPECT_EQ(metrics->peak.minute, at("2024-01-15 14:30:00.000"));
  EXPECT_EQ(metrics->peak.count, 2U);
}

TEST_P(StoreContract, TimesMayBeAnywhereFrom1970To2261) {
  const Batch batch = batch_of({event_row("m", 0, EventType::kPass, "1970-01-01 00:00:00.000"),
                                event_row("m", 1, EventType::kPass, "2261-12-31 23:59:59.999"),
                                event_row("m", 2, EventType::kPass, "2261-12-31 23:59:00.001")});
  ASSERT_OK(events().insert(batch, "a"));
  auto metrics = metrics_of("m");
  ASSERT_OK(metrics);
  EXPECT_EQ(metrics->first_at, at("1970-01-01 00:00:00.000"));
  EXPECT_EQ(metrics->last_at, at("2261-12-31 23:59:59.999"));
  EXPECT_EQ(metrics->peak.minute, at("2261-12-31 23:59:00.000"));
  auto timeline = reader().timeline("m", {});
  ASSERT_OK(timeline);
  ASSERT_EQ(timeline->cells.size(), 2U);
  EXPECT_EQ(timeline->cells[0].start, at("1970-01-01 00:00:00.000"));
  EXPECT_EQ(timeline->cells[1].start, at("2261-12-31 23:59:00.000"));
}

TEST_P(StoreContract, ATimelineHasTheMinutesOfItsSpan) {
  const Batch batch = batch_of({event_row("m", 0, EventType::kPass, "2024-01-15 14:29:59.999"),
                                event_row("m", 1, EventType::kPass, "2024-01-15 14:30:00.000"),
                                event_row("m", 2, EventType::kPass, "2024-01-15 14:31:59.999"),
                                event_row("m", 3, EventType::kPass, "2024-01-15 14:32:00.000")});
  ASSERT_OK(events().insert(batch, "a"));
  const auto cells = [&](const TimeSpan& span) {
    auto timeline = reader().timeline("m", span);
    EXPECT_TRUE(timeline.ok());
    return timeline ? timeline->cells.size() : 0;
  };
  const auto from = at("2024-01-15 14:30:00.000");
  const auto to = at("2024-01-15 14:32:00.000");
  EXPECT_EQ(cells({from, to}), 2U);
  EXPECT_EQ(cells({from, {}}), 3U);
  EXPECT_EQ(cells({{}, to}), 3U);
  EXPECT_EQ(cells({to + std::chrono::minutes{1}, {}}), 0U) << "which is not the same as no match";
  EXPECT_EQ(reader().timeline("n", {from, to}).error().code, Errc::kNotFound);
}

TEST_P(StoreContract, MetricsOfManyMatchesAreThoseOfEach) {
  std::vector<EventRow> rows;
  std::vector<std::string> asked = {"none", "it's", "back\\slash", std::string(256, 'x'), "times only"};
  for (std::int64_t i = 0; i < 100; ++i) {
    rows.push_back(event_row("m" + std::to_string(i % 40), i, domain::kAllEventTypes[i % 11]));
    if (i % 3 == 0) asked.push_back(rows.back().event.match_id);
  }
  for (const char* match : {"it's", "back\\slash"}) rows.push_back(event_row(match, 200));
  rows.push_back(event_row(std::string(256, 'x'), 201));
  Batch batch = batch_of(rows);
  for (int i = 0; i < 40; i += 2)
    batch.response_times.push_back(response_times("m" + std::to_string(i), 500, 3));
  batch.response_times.push_back(response_times("times only", 600, 1));
  ASSERT_OK(events().insert(batch, "a"));
  std::ranges::sort(asked);
  asked.erase(std::ranges::unique(asked).begin(), asked.end());

  auto found = reader().metrics(asked);
  ASSERT_OK(found);
  EXPECT_EQ(found->size(), asked.size() - 2) << "all but those without an event";
  for (const domain::MatchMetrics& metrics : *found) {
    auto alone = metrics_of(metrics.match_id);
    ASSERT_OK(alone);
    EXPECT_EQ(metrics.total, alone->total);
    EXPECT_EQ(metrics.by_type, alone->by_type);
    EXPECT_EQ(metrics.peak.minute, alone->peak.minute);
    EXPECT_EQ(metrics.first_at, alone->first_at);
    EXPECT_EQ(metrics.response_times.has_value(), alone->response_times.has_value()) << metrics.match_id;
  }
  auto nothing = reader().metrics({});
  ASSERT_OK(nothing);
  EXPECT_TRUE(nothing->empty());
}

// A recount that shares nothing with either implementation.
TEST_P(StoreContract, MetricsAndTimelineEqualARecount) {
  std::mt19937 random(7);
  const std::vector<std::string> matches = {"m0", "m1", "m2"};
  std::vector<EventRow> all;
  std::int64_t offset = 0;
  for (int part = 0; part < 5; ++part) {
    std::vector<EventRow> rows;
    for (int i = 0; i < 300; ++i) {
      auto row = event_row(matches[random() % 3], offset++, domain::kAllEventTypes[random() % 11]);
      row.event.team = static_cast<std::uint8_t>(1 + random() % 2);
      row.event.at += std::chrono::milliseconds{random() % (95 * 60'000)};
      row.received_at += std::chrono::hours{24 * (random() % 60)};
      rows.push_back(row);
    }
    ASSERT_OK(events().insert(batch_of(rows), "t" + std::to_string(part)));
    all.insert(all.end(), rows.begin(), rows.end());
  }
  for (const auto& match : matches) {
    std::map<EventType, std::uint64_t> types;
    std::map<std::int64_t, std::uint64_t> minutes;
    std::map<std::tuple<std::int64_t, EventType, int>, std::uint64_t> cells;
    std::set<base::Timestamp> times;
    for (const auto& row : all) {
      if (row.event.match_id != match) continue;
      const std::int64_t minute = row.event.at.time_since_epoch().count() / 60'000;
      ++types[row.event.type];
      ++minutes[minute];
      ++cells[{minute, row.event.type, row.event.team}];
      times.insert(row.event.at);
    }
    const auto peak =
        std::ranges::max_element(minutes, {}, &std::pair<const std::int64_t, std::uint64_t>::second);
    auto metrics = metrics_of(match);
    ASSERT_OK(metrics);
    EXPECT_EQ(metrics->by_type, types);
    EXPECT_EQ(metrics->first_at, *times.begin());
    EXPECT_EQ(metrics->last_at, *times.rbegin());
    EXPECT_EQ(metrics->peak.count, peak->second);
    EXPECT_EQ(metrics->peak.minute.time_since_epoch().count(), peak->first * 60'000);
    auto timeline = reader().timeline(match, {});
    ASSERT_OK(timeline);
    ASSERT_EQ(timeline->cells.size(), cells.size());
    std::size_t i = 0;
    for (const auto& [key, count] : cells) {
      const auto& cell = timeline->cells[i++];
      EXPECT_EQ(cell.start.time_since_epoch().count(), std::get<0>(key) * 60'000);
      EXPECT_EQ(cell.type, std::get<1>(key));
      EXPECT_EQ(cell.team, std::get<2>(key));
      EXPECT_EQ(cell.count, count);
    }
  }
}

TEST_P(StoreContract, MatchesComeLatestActivityFirstThenById) {
  const Batch batch =
      batch_of({event_row("b", 0, EventType::kGoal, "2024-01-15 14:30:00.000", "2024-01-15 15:00:00.001"),
                event_row("a", 1, EventType::kPass, "2024-01-15 14:31:00.000", "2024-01-15 15:00:00.001"),
                event_row("z", 2, EventType::kPass, "2024-01-15 14:32:00.000", "2024-01-15 15:00:00.002"),
                event_row("b", 3, EventType::kPass, "2024-01-15 14:29:00.000", "2024-01-14 15:00:00.000"),
                event_row("c", 4, EventType::kPass, "2024-01-15 14:33:00.000", "2024-01-15 15:00:00.000")});
  ASSERT_OK(events().insert(batch, "a"));
  std::vector<std::string> ids;
  std::optional<MatchCursor> after;
  for (int page = 0; page < 5; ++page) {
    auto matches = reader().matches({.limit = 1, .after = after});
    ASSERT_OK(matches);
    if (matches->empty()) break;
    ASSERT_EQ(matches->size(), 1U);
    ids.push_back((*matches)[0].match_id);
    after = MatchCursor{(*matches)[0].last_activity, ids.back()};
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"z", "a", "b", "c"}));
  auto all = reader().matches({.limit = 3});
  ASSERT_OK(all);
  ASSERT_EQ(all->size(), 3U);
  const domain::MatchSummary& b = (*all)[2];
  EXPECT_EQ(b.total, 2U);
  EXPECT_EQ(b.goals, 1U);
  EXPECT_EQ(b.first_at, at("2024-01-15 14:29:00.000"));
  EXPECT_EQ(b.last_at, at("2024-01-15 14:30:00.000"));
  EXPECT_EQ(b.last_activity, at("2024-01-15 15:00:00.001"));
}

// Some were active today, most long ago: whoever looks at the latest days first must find the same.
TEST_P(StoreContract, PagesOfMatchesAreTheWholeListInPieces) {
  std::mt19937 random(11);
  const base::Timestamp now = base::system_clock().now();
  std::map<std::string, base::Timestamp> latest;
  std::int64_t offset = 0;
  for (int part = 0; part < 4; ++part) {
    std::vector<EventRow> rows;
    for (int i = 0; i < 60; ++i) {
      auto row = event_row("m" + std::to_string(random() % 40), offset++);
      row.received_at = now - std::chrono::hours{random() % 4 == 0 ? random() % 30 : random() % 2'000};
      base::Timestamp& last = latest.try_emplace(row.event.match_id, row.received_at).first->second;
      last = std::max(last, row.received_at);
      rows.push_back(row);
    }
    ASSERT_OK(events().insert(batch_of(rows), "t" + std::to_string(part)));
  }
  std::vector<std::pair<base::Timestamp, std::string>> expected;
  for (const auto& [match, last] : latest) expected.emplace_back(last, match);
  std::ranges::sort(expected, [](const auto& a, const auto& b) {
    return std::tie(b.first, a.second) < std::tie(a.first, b.second);
  });
  for (const std::size_t size : {1U, 3U, 7U, 100U}) {
    std::vector<std::pair<base::Timestamp, std::string>> seen;
    std::optional<MatchCursor> after;
    while (seen.size() < expected.size()) {
      auto page = reader().matches({.limit = size, .after = after});
      ASSERT_OK(page);
      ASSERT_EQ(page->size(), std::min(size, expected.size() - seen.size()));
      for (const auto& match : *page) seen.emplace_back(match.last_activity, match.match_id);
      after = MatchCursor{seen.back().first, seen.back().second};
    }
    EXPECT_EQ(seen, expected) << "in pages of " << size;
    auto beyond = reader().matches({.limit = size, .after = after});
    ASSERT_OK(beyond);
    EXPECT_TRUE(beyond->empty());
  }
}

TEST_P(StoreContract, MatchesAreFoundByWordsOfTheirIds) {
  const base::Timestamp now = base::system_clock().now();
  std::vector<EventRow> rows;
  for (const char* id : {"Harbour-City-Rio-1", "rio-harbour-2", "it's 100% \\ rio", "city-3"}) {
    rows.push_back(event_row(id, static_cast<std::int64_t>(rows.size())));
    // The first is long past: whoever looks at the latest days only does not find it.
    rows.back().received_at = now - std::chrono::hours{24 * 40} + std::chrono::hours{24 * 13} * rows.size();
  }
  ASSERT_OK(events().insert(batch_of(rows), "words"));
  const auto found = [this](std::vector<std::string> words, std::optional<MatchCursor> after = {}) {
    auto matches = reader().matches({.limit = 2, .after = std::move(after), .words = std::move(words)});
    std::vector<std::string> ids;
    if (matches) {
      for (const auto& match : *matches) ids.push_back(match.match_id);
    }
    return ids;
  };
  EXPECT_EQ(found({"RIO", "harbour"}), (std::vector<std::string>{"rio-harbour-2", "Harbour-City-Rio-1"}));
  EXPECT_EQ(found({"city", "-1"}), std::vector<std::string>{"Harbour-City-Rio-1"});
  EXPECT_EQ(found({"'S", "0%", "\\"}), std::vector<std::string>{"it's 100% \\ rio"});
  EXPECT_EQ(found({"%"}), std::vector<std::string>{"it's 100% \\ rio"}) << "no pattern";
  EXPECT_TRUE(found({"city", "nowhere"}).empty());
  EXPECT_EQ(found({"rio"}).size(), 2U) << "a page";
  EXPECT_EQ(found({"rio"}, MatchCursor{rows[1].received_at, "rio-harbour-2"}),
            std::vector<std::string>{"Harbour-City-Rio-1"})
      << "the next page";
}

TEST_P(StoreContract, AnEmptyStoreHasNoMatches) {
  auto matches = reader().matches({.limit = 10});
  ASSERT_OK(matches);
  EXPECT_TRUE(matches->empty());
  ASSERT_OK(reader().ping());
}

}  // namespace
}  // namespace fanfinity::store
