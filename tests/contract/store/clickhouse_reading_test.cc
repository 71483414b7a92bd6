// How much ClickHouse reads for an answer: what costs as much as the table is large shows here, not on a
// clock.

#include <charconv>
#include <functional>
#include <string>

#include "contract/store/store_subject.h"

namespace fanfinity::store {
namespace {

constexpr std::int64_t kMany = 100'000;

class ClickHouseReading : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* table : {"events", "match_minutes", "matches", "response_times"}) {
      subject_.database().query("SYSTEM STOP MERGES " + subject_.database().name() + "." + table);
    }
  }
  EventStore& events() { return subject_.events(); }
  MetricsReader& reader() { return subject_.metrics(); }

  /// Granules, of which one has 8192 rows if it can, of a projection of ids 1024.
  std::uint64_t granules_read_by(const std::function<void()>& question) {
    return counted_by("SelectedMarks", question);
  }
  /// Rows, of which more may have been chosen than were read in the end.
  std::uint64_t rows_read_by(const std::function<void()>& question) {
    return counted_by("SelectedRows", question);
  }
  EventReader& raw() { return subject_.raw(); }

 private:
  std::uint64_t counted_by(const std::string& event, const std::function<void()>& question) {
    const std::uint64_t before = count_of(event);
    question();
    return count_of(event) - before;
  }
  std::uint64_t count_of(const std::string& event) {
    const std::string text =
        subject_.database().query("SELECT sum(value) FROM system.events WHERE event = '" + event + "'");
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
  }

  ClickHouseSubject subject_;
};

TEST_F(ClickHouseReading, OfTheHighestOffsetIsOneGranuleAPart) {
  ASSERT_OK(events().insert(batch_of("m", 0, kMany), "a"));
  ASSERT_OK(events().insert(batch_of("m", kMany, 10), "b"));
  EXPECT_LE(granules_read_by([&] { EXPECT_EQ(**events().highest_offset({}), log::Offset{kMany + 9}); }), 2U);
}

TEST_F(ClickHouseReading, OfAnIdIsOneSmallGranule) {
  const Batch batch = batch_of("m", 0, kMany);
  ASSERT_OK(events().insert(batch, "a"));
  const std::vector<base::Uuid> ids = {batch.events.keys()[500].id, base::Uuid::random()};
  EXPECT_LE(granules_read_by([&] { EXPECT_EQ(events().find(ids, {})->size(), 1U); }), 2U);
}

TEST_F(ClickHouseReading, OfAnIdLeavesPartsFromBeforeTheWindowAlone) {
  const Batch old = batch_of(
      {event_row("m", 0, domain::EventType::kGoal, "2024-01-10 00:00:00.000", "2024-01-10 00:00:00.000")});
  ASSERT_OK(events().insert(old, "a"));
  const std::vector<base::Uuid> ids = {old.events.keys()[0].id};
  const base::Timestamp since = at("2024-01-12 00:00:00.000");
  EXPECT_EQ(granules_read_by([&] { EXPECT_TRUE(events().find(ids, since)->empty()); }), 0U);
}

TEST_F(ClickHouseReading, OfAPageOfEventsEndsWhenThePageIsFull) {
  ASSERT_OK(events().insert(batch_of("m", 0, kMany), "a"));
  EventQuery query;
  query.match_id = "m";
  query.limit = 50;
  for (const bool latest_first : {true, false}) {
    query.latest_first = latest_first;
    query.after.reset();
    for (int page = 0; page < 3; ++page) {
      const std::uint64_t rows = rows_read_by([&] {
        auto found = raw().events(query);
        ASSERT_OK(found);
        ASSERT_EQ(found->size(), 50U);
        query.after = EventPosition{found->back().event.at, found->back().event.id};
      });
      EXPECT_LE(rows, 30'000U) << "page " << page << " of a match of " << kMany;
    }
  }
}

TEST_F(ClickHouseReading, OfAMatchLeavesPartsWithoutItAlone) {
  for (int i = 0; i < 9; ++i) {
    const std::string match = "match-" + std::to_string(i);
    // It stands between the others in the order of the table.
    Batch batch = batch_of({event_row("a", 3 * i), event_row(match, 3 * i + 1), event_row("z", 3 * i + 2)});
    batch.response_times.push_back(response_times(match, 700, 10));
    ASSERT_OK(events().insert(batch, "t" + std::to_string(i)));
  }
  const std::vector<std::string> match = {"match-5"};
  EXPECT_LE(granules_read_by([&] { EXPECT_EQ(reader().metrics(match)->front().total, 1U); }), 2U);
  EXPECT_LE(granules_read_by([&] { EXPECT_EQ(reader().timeline(match.front(), {})->cells.size(), 1U); }), 1U);
}

}  // namespace
}  // namespace fanfinity::store
