// What retention removes is gone from every table, and what it leaves is still found.

#include <algorithm>
#include <chrono>

#include "contract/store/store_subject.h"

namespace fanfinity::store {
namespace {

using std::chrono::days;

TEST(Retention, LeavesTheIdsOfAPartThatAreYoungEnough) {
  // Both in one month, and today in between when each has been kept its time.
  const auto today = std::chrono::floor<days>(base::system_clock().now());
  const std::chrono::year_month_day then{today - days{60}};
  const auto month = std::chrono::sys_days{then.year() / then.month() / 1};
  SchemaConfig config;
  config.retention_days = static_cast<std::uint32_t>((today - (month + days{14})).count());
  fakes::ClickHouseDatabase database(fakes::ClickHouseServer::shared(), config);
  ClickHouseStore events(database.http());

  std::vector<EventRow> rows;
  for (std::int64_t i = 0; i < 5'000; ++i) {
    rows.push_back(event_row("m" + std::to_string(i % 7), i));
    rows.back().received_at = month + (i % 2 == 0 ? days{4} : days{24});
  }
  const std::span<const EventRow> all(rows);
  const auto insert = [&](std::span<const EventRow> some, const std::string& token) {
    return events.insert(batch_of(std::vector(some.begin(), some.end())), token);
  };
  ASSERT_OK(insert(all.first(3'000), "a"));
  ASSERT_OK(insert(all.subspan(3'000), "b"));
  database.query("OPTIMIZE TABLE events FINAL");
  ASSERT_EQ(database.query("SELECT count() FROM events"), "2500");
  ASSERT_EQ(database.query("SELECT count() FROM system.parts WHERE active AND database = currentDatabase() "
                           "AND table = 'events'"),
            "1");

  std::vector<base::Uuid> ids;
  for (const EventRow& row : rows) ids.push_back(row.event.id);
  auto found = events.find(ids, {});
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 2'500U);
  EXPECT_TRUE(
      std::ranges::all_of(*found, [](const StoredId& row) { return log::number(row.offset) % 2 == 1; }));
  auto highest = events.highest_offset({});
  ASSERT_OK(highest);
  EXPECT_EQ(*highest, log::Offset{4'999});
}

}  // namespace
}  // namespace fanfinity::store
