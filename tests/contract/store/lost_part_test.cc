// ClickHouse killed between noting an insert token and naming the part (store/insert_tokens.h), table by
// table.

#include <filesystem>
#include <fstream>

#include "contract/store/store_subject.h"

namespace fanfinity::store {
namespace {

class ALostPart : public testing::TestWithParam<const char*> {};

TEST_P(ALostPart, IsThereAgainWhenItsInsertIsRepeated) {
  fakes::ClickHouseServer server;
  fakes::ClickHouseDatabase database(server);
  ClickHouseStore events(database.http());
  Batch first = batch_of("m", 0, 3);
  Batch second = batch_of("m", 3, 4);
  second.response_times = {response_times("m", 100, 4)};
  ASSERT_OK(events.insert(first, "events/0/0-3"));
  ASSERT_OK(events.insert(second, "events/0/3-7"));

  // What the kill leaves: the token of the newest part, and no part.
  const std::string part =
      database.query("SELECT path FROM system.parts WHERE active AND database = '" + database.name() +
                     "' AND table = '" + GetParam() + "' ORDER BY min_block_number DESC LIMIT 1");
  ASSERT_TRUE(std::filesystem::is_directory(part)) << part;
  std::filesystem::remove_all(part);
  server.kill_and_wait();

  ASSERT_OK(events.insert(first, "events/0/0-3"));
  ASSERT_OK(events.insert(second, "events/0/3-7"));
  EXPECT_EQ(database.query("SELECT count(), uniqExact(event_id) FROM events"), "7\t7");
  EXPECT_EQ(database.query("SELECT sum(events) FROM match_minutes"), "7");
  EXPECT_EQ(database.query("SELECT sum(events) FROM matches"), "7");
  EXPECT_EQ(database.query("SELECT sum(requests) FROM response_times"), "4");
}

TEST_P(ALostPart, DoesNotTakeTheTokensAfterItsOwnWithIt) {
  fakes::ClickHouseServer server;
  fakes::ClickHouseDatabase database(server);
  ClickHouseStore events(database.http());
  ASSERT_OK(events.insert(batch_of("m", 0, 3), "events/0/0-3"));

  // What a kill in the middle of a write leaves, and one in the middle of what the start after it does.
  const std::filesystem::path table =
      database.query("SELECT arrayElement(data_paths, 1) FROM system.tables WHERE database = '" +
                     database.name() + "' AND name = '" + GetParam() + "'");
  const auto logs = table / "deduplication_logs";
  ASSERT_TRUE(std::filesystem::is_regular_file(logs / "deduplication_log_1.txt")) << logs;
  std::ofstream(logs / "deduplication_log_1.txt", std::ios::app) << "1\tall_9_9";
  std::ofstream(logs / "deduplication_log_1.txt.new") << "1\tall";
  std::ofstream(table / "deduplication_logs.new") << "1\tall";
  server.kill_and_wait();

  Batch second = batch_of("m", 3, 4);
  second.response_times = {response_times("m", 100, 4)};
  ASSERT_OK(events.insert(second, "events/0/3-7"));
  server.kill_and_wait();

  ASSERT_OK(events.insert(second, "events/0/3-7"));
  EXPECT_EQ(database.query("SELECT count(), uniqExact(event_id) FROM events"), "7\t7");
  EXPECT_EQ(database.query("SELECT sum(events) FROM match_minutes"), "7");
  EXPECT_EQ(database.query("SELECT sum(events) FROM matches"), "7");
  EXPECT_EQ(database.query("SELECT sum(requests) FROM response_times"), "4");
}

INSTANTIATE_TEST_SUITE_P(OfTable, ALostPart,
                         testing::Values("events", "match_minutes", "matches", "response_times"),
                         [](const auto& table) { return std::string(table.param); });

}  // namespace
}  // namespace fanfinity::store
