#include <thread>

#include "fixture.h"
#include "pipeline/insert_pace.h"
#include "pipeline/intent_age.h"

namespace fanfinity::pipeline {
namespace {

TEST(Consumer, StoresWhatIsPostedAndCommitsTheEnd) {
  World world(4);
  const auto consumer = world.consume();
  const auto ids = world.post_many(200);
  ASSERT_TRUE(eventually([&] { return world.settled() && world.recorder.visible() == ids.size(); }));
  world.expect_counted_once(ids);
  EXPECT_EQ(world.recorder.lag(), 0);
  EXPECT_FALSE(consumer->stopped_partition().has_value());
}

TEST(Consumer, StoresEventsWithNamesThatEarlierVersionsAccepted) {
  World world;
  std::vector<Uuid> ids;
  for (const std::string_view match : {".", "..", " ", "\u3000", "m"}) {
    domain::Event event = event_of(ids.emplace_back(Uuid::random()), std::string("a\0\tb", 4));
    event.match_id = match;
    log::Record record = record_of(event.id, now());
    record.value.clear();
    domain::append_event_json(event, record.value);
    world.post(Stream::kEvents, std::move(record));
  }
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
  EXPECT_TRUE(world.dead().empty());
}

TEST(Consumer, TakesALargeBacklogInFullBatches) {
  World world;
  const auto ids = world.post_many(100);
  ConsumerConfig config = quick();
  config.batch_max_events = 40;
  config.batch_max_age = 1h;
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.committed() == Offset{80}; })) << "the rest waits for its age";
  EXPECT_EQ(world.store.raw().size(), 80U);
}

TEST(Consumer, CutsABatchByBytes) {
  World world;
  const auto ids = world.post_many(10);
  ConsumerConfig config = quick();
  config.batch_max_bytes = 1;
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.recorder.batches().size(), ids.size()) << "never less than one record";
}

TEST(Consumer, WaitsForTheStoreAndCatchesUp) {
  World world(2);
  world.store.set_available(false);
  const auto consumer = world.consume();
  const auto ids = world.post_many(50);
  ASSERT_TRUE(eventually([&] { return world.recorder.insert_failures() >= 5; }));
  world.store.set_available(true);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
}

TEST(Consumer, WaitsForTheLogAndCatchesUp) {
  World world;
  world.log.fail_fetches(Stream::kEvents, {Errc::kUnavailable, "away"}, 5);
  world.log.fail_commits(Stream::kEvents, {Errc::kUnavailable, "away"}, 5);
  const auto consumer = world.consume();
  const auto ids = world.post_many(10);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
}

TEST(Consumer, LooksUpOnlyWhatTheFilterCannotSay) {
  World world;
  const auto consumer = world.consume();
  const auto ids = world.post_many(100);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_LE(world.recorder.exact_lookups(), 5U);
  const auto before = world.recorder.exact_lookups();
  for (const Uuid& id : ids) world.post(id);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_GE(world.recorder.exact_lookups(), before + 1);
  world.expect_counted_once(ids);
}

TEST(Consumer, LeavesTheIntentWhenItIsStoppedWhileTheStoreIsAway) {
  World world;
  const auto ids = world.post_many(3);
  {
    const auto consumer = world.consume();
    ASSERT_TRUE(eventually([&] { return world.settled(); }));
  }
  world.store.fail_next_inserts(1'000'000, Errc::kUnavailable, MemoryStore::Reach::kNothing);
  world.post_many(3);
  auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.recorder.insert_failures() > 0; }));
  consumer->stop(false, 0ms);
  consumer->stop(false, 0ms);
  const auto metadata = **CommitMetadata::decode(world.log.committed(Stream::kEvents, kFirst).metadata);
  EXPECT_EQ(world.committed(), Offset{3});
  EXPECT_GT(metadata.intent_end, Offset{3});
}

TEST(Consumer, FinishesTheInsertUnderWayWhenStopped) {
  World world;
  std::atomic<bool> inserting{false};
  std::atomic<bool> go_on{false};
  world.store.on_insert([&](const store::Batch&, std::string_view) {
    inserting = true;
    while (!go_on) std::this_thread::sleep_for(1ms);
  });
  const auto ids = world.post_many(3);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return inserting.load(); }));
  std::jthread stopper([&] { consumer->stop(false, 0ms); });
  go_on = true;
  stopper.join();
  EXPECT_TRUE(world.settled(Stream::kEvents));
  world.expect_counted_once(ids);
}

TEST(Consumer, StoresWhatIsThereWhenItDrains) {
  World world(3);
  ConsumerConfig config = quick();
  config.batch_max_age = 1h;  // Nothing would go out by itself.
  const auto consumer = world.consume(config);
  const auto ids = world.post_many(100);
  // Whoever owns nothing yet has nothing to drain.
  ASSERT_TRUE(eventually([&] { return world.recorder.assignments() == 3; }));
  consumer->stop(true, 20s);
  EXPECT_TRUE(world.settled(Stream::kEvents));
  world.expect_counted_once(ids);
}

TEST(Consumer, GivesUpDrainingWhenTheTimeIsOver) {
  World world;
  world.store.set_available(false);
  world.post_many(3);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.recorder.insert_failures() > 0; }));
  consumer->stop(true, 50ms);
  EXPECT_FALSE(world.settled(Stream::kEvents));
}

TEST(Consumer, HandsItsPartitionsToAnother) {
  World world(4);
  auto ids = world.post_many(50);
  auto first = world.consume();
  auto second = world.consume();
  for (const Uuid& id : world.post_many(50)) ids.push_back(id);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  first.reset();
  for (const Uuid& id : world.post_many(50)) ids.push_back(id);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
}

TEST(Consumer, OneStoppedPartitionLeavesTheOthersRunning) {
  World world(2);
  world.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, "unreadable"});
  const auto consumer = world.consume();
  const Uuid other = id_in(PartitionId{1}, 2);
  world.post(other);
  ASSERT_TRUE(eventually([&] { return world.stored().contains(other); }));
  ASSERT_TRUE(eventually([&] { return consumer->stopped_partition().has_value(); }));
}

TEST(Consumer, ThatRepeatsAnInsertForTooLongIsInTrouble) {
  World world(2);
  ConsumerConfig config = quick();
  config.repeated_too_long = 20ms;
  const auto consumer = world.consume(config);
  world.post_many(10);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_FALSE(consumer->trouble().has_value());
  world.store.set_available(false);
  world.post_many(10);
  ASSERT_TRUE(eventually([&] { return consumer->trouble().has_value(); }));
  EXPECT_NE(consumer->trouble()->detail.find("repeated in vain for"), std::string::npos)
      << consumer->trouble()->detail;
  EXPECT_GE(consumer->repeating(), 20ms);
  world.store.set_available(true);
  ASSERT_TRUE(eventually([&] { return !consumer->trouble().has_value() && world.settled(); }));
  EXPECT_EQ(consumer->repeating(), 0ms);
}

TEST(Consumer, ThatCannotLookUpIdsIsInTrouble) {
  World world;
  world.store.set_available(false);  // Already its first question is not answered.
  ConsumerConfig config = quick();
  config.repeated_too_long = 20ms;
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return consumer->trouble().has_value(); }));
  world.store.set_available(true);
  ASSERT_TRUE(eventually([&] { return !consumer->trouble().has_value(); }));
}

class IntentAgeTest : public testing::Test {
 protected:
  void committed_at(Timestamp moment) {
    const CommitMetadata metadata{{}, {}, moment, moment};
    world_.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, metadata.encode()});
  }
  World world_;
  IntentAge age_;
  const Timestamp announced_{1'000'000s};
};

TEST_F(IntentAgeTest, IsPlainWhenTheGroupWasNotLookedAt) {
  EXPECT_EQ(age_.of(announced_, announced_ + 5h), 5h);
  EXPECT_EQ(age_.of(announced_, announced_ - 1h), 0h) << "a clock set back";
}

TEST_F(IntentAgeTest, CountsOnlyTimeInWhichMembersLived) {
  committed_at(announced_ + 10min);
  age_.look(world_.log, announced_ + 48h);
  EXPECT_EQ(age_.of(announced_, announced_ + 48h + 1min), 11min);
}

TEST_F(IntentAgeTest, CountsAllWhileOthersLive) {
  committed_at(announced_ + 48h);
  age_.look(world_.log, announced_ + 48h);
  EXPECT_EQ(age_.of(announced_, announced_ + 48h + 1min), 48h + 1min);
}

TEST_F(IntentAgeTest, TrustsNoStateWrittenByHand) {
  world_.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, ""});
  age_.look(world_.log, announced_ + 48h);
  EXPECT_EQ(age_.of(announced_, announced_ + 48h), 48h);
}

}  // namespace
}  // namespace fanfinity::pipeline
