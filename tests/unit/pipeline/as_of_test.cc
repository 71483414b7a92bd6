#include "fixture.h"

namespace fanfinity::pipeline {
namespace {

Timestamp at(std::int64_t ms) {
  return Timestamp{std::chrono::milliseconds(ms)};
}

void commit(World& world, PartitionId partition, std::int64_t offset, Timestamp as_of_moment) {
  const CommitMetadata metadata{{}, {}, as_of_moment, as_of_moment};
  world.log.set_committed(Stream::kEvents, partition, {Offset{offset}, metadata.encode()});
}

TEST(AsOf, ClaimsNothingBeforeAnyPartitionWasCommitted) {
  World world(2);
  EXPECT_EQ(*as_of(world.log), Timestamp{});
}

TEST(AsOf, IsTheLowestWatermark) {
  World world(2);
  commit(world, PartitionId{0}, 0, at(5'000));
  commit(world, PartitionId{1}, 0, at(4'000));
  EXPECT_EQ(*as_of(world.log), at(4'000));
}

TEST(AsOf, IsNotHeldBackByAPartitionThatNeverHeldARecord) {
  World world(2);
  commit(world, PartitionId{0}, 0, at(5'000));
  EXPECT_EQ(*as_of(world.log), at(5'000));
}

TEST(AsOf, DoesNotPassTheFirstRecordOfAPartitionNobodyReadYet) {
  World world(2);
  commit(world, PartitionId{0}, 0, at(5'000));
  world.post(Stream::kEvents, record_of(id_in(PartitionId{1}, 2), at(4'500)));
  EXPECT_EQ(*as_of(world.log), at(4'500));
}

TEST(AsOf, ClaimsNothingWhereUnreadRecordsAreGone) {
  World world(1);
  world.post(Stream::kEvents, record_of(Uuid::random(), at(4'500)));
  world.log.drop_before(Stream::kEvents, kFirst, Offset{1});
  EXPECT_EQ(*as_of(world.log), Timestamp{});
}

TEST(AsOf, ClaimsNothingForAnOffsetCommittedByHand) {
  World world(1);
  world.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, ""});
  EXPECT_EQ(*as_of(world.log), Timestamp{});
}

TEST(AsOf, DoesNotPassTheOldestEventThatWaitsInRetry) {
  World world(1);
  commit(world, kFirst, 0, at(5'000));
  world.post(Stream::kRetry, record_of(Uuid::random(), at(4'800)));
  world.post(Stream::kRetry, record_of(Uuid::random(), at(4'200)));
  world.post(Stream::kRetry, record_of(Uuid::random(), at(4'600)));
  EXPECT_EQ(*as_of(world.log), at(4'200));
  world.log.set_committed(Stream::kRetry, kFirst, {Offset{2}, ""});
  EXPECT_EQ(*as_of(world.log), at(4'600));
  world.log.set_committed(Stream::kRetry, kFirst, {Offset{3}, ""});
  EXPECT_EQ(*as_of(world.log), at(5'000));
}

TEST(AsOf, ClaimsNothingWhenMoreWaitsInRetryThanIsRead) {
  World world(1);
  commit(world, kFirst, 0, at(5'000));
  for (int i = 0; i < 10'001; ++i) {
    std::vector<log::Record> records(1, log::Record{});
    records.front().received_at = at(4'900);
    world.log.append(Stream::kRetry, std::move(records), [](auto) {});
  }
  EXPECT_EQ(*as_of(world.log), Timestamp{});
}

TEST(AsOf, MovesWhileNothingHappens) {
  World world(2);
  const Timestamp started = now();
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return *as_of(world.log) >= started; }));
  const Timestamp first = *as_of(world.log);
  EXPECT_TRUE(eventually([&] { return *as_of(world.log) > first; }));
}

TEST(AsOf, CoversWhatWasAcknowledgedOnceItPassesTheMoment) {
  World world(2);
  const auto consumer = world.consume();
  for (int round = 0; round < 5; ++round) {
    const auto ids = world.post_many(20);
    const Timestamp acknowledged = now() + 1ms;
    ASSERT_TRUE(eventually([&] { return *as_of(world.log) >= acknowledged; }));
    for (const Uuid& id : ids) EXPECT_EQ(world.store.raw_count(id), 1U);
  }
}

TEST(AsOf, StandsStillWhileTheStoreIsAway) {
  World world(1);
  world.store.set_available(true);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return *as_of(world.log) > Timestamp{}; }));
  world.store.set_available(false);
  world.post_many(1);
  const Timestamp acknowledged = now() + 1ms;
  ASSERT_TRUE(eventually([&] { return world.recorder.insert_failures() > 10; }));
  EXPECT_LT(*as_of(world.log), acknowledged);
  world.store.set_available(true);
  EXPECT_TRUE(eventually([&] { return *as_of(world.log) >= acknowledged; }));
}

TEST(AsOf, MovesThroughALongBacklogWithoutClaimingTooMuch) {
  World world(1);
  std::vector<Timestamp> received;
  for (int i = 0; i < 6; ++i) {
    received.push_back(now() - 1h + std::chrono::minutes(i));
    world.post(Stream::kEvents, record_of(Uuid::random(), received.back()));
  }
  ConsumerConfig config = quick();
  config.batch_max_events = 2;
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  std::vector<Timestamp> claimed;
  for (const auto& commit : world.log.commits(Stream::kEvents, kFirst)) {
    const auto metadata = **CommitMetadata::decode(commit.metadata);
    const auto stored = static_cast<std::size_t>(log::number(*commit.offset));
    if (stored > 0 && stored < received.size()) {
      EXPECT_EQ(metadata.as_of, received[stored - 1]);
      EXPECT_LT(metadata.as_of, received[stored]) << "the first not yet stored";
    }
    claimed.push_back(metadata.as_of);
  }
  EXPECT_TRUE(std::ranges::is_sorted(claimed));
}

TEST(Backlog, CountsWhatIsNotYetStoredWaitsOrDied) {
  World world(2);
  world.post_many(5);
  world.post(Stream::kRetry, record_of(Uuid::random(), now()));
  world.post(Stream::kDead, record_of(Uuid::random(), now()));
  world.post(Stream::kDead, record_of(Uuid::random(), now()));
  const auto waiting = *backlog(world.log);
  EXPECT_EQ(waiting.lag, 5U);
  EXPECT_EQ(waiting.retry, 1U);
  EXPECT_EQ(waiting.dead, 2U);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(backlog(world.log)->lag, 0U);
  EXPECT_EQ(backlog(world.log)->retry, 0U);
}

}  // namespace
}  // namespace fanfinity::pipeline
