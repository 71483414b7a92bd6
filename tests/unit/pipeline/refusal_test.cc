#include "pipeline/refusal.h"

#include "fixture.h"
#include "pipeline/range_writer.h"

namespace fanfinity::pipeline {
namespace {

/// Posts `count` events, those at these places poisonous, and runs until all is settled.
struct Trial {
  World world;
  std::vector<Uuid> healthy;
  std::vector<Uuid> poison;

  Trial(std::size_t count, const std::set<std::size_t>& poisonous, ConsumerConfig config = quick()) {
    for (std::size_t i = 0; i < count; ++i) {
      const bool bad = poisonous.contains(i);
      const Uuid id = Uuid::random();
      (bad ? poison : healthy).push_back(id);
      world.post(id, bad ? kPoison : "");
    }
    const auto consumer = world.consume(std::move(config));
    EXPECT_TRUE(eventually([&] { return world.settled(); }));
  }
  void expect_isolated() const {
    world.expect_counted_once(healthy);
    EXPECT_EQ(world.dead(), std::set<Uuid>(poison.begin(), poison.end()));
  }
};

TEST(Refusal, OfTheFirstEventIsolatesIt) {
  Trial(7, {0}).expect_isolated();
}
TEST(Refusal, OfAMiddleEventIsolatesIt) {
  Trial(7, {3}).expect_isolated();
}
TEST(Refusal, OfTheLastEventIsolatesIt) {
  Trial(7, {6}).expect_isolated();
}
TEST(Refusal, OfTheOnlyEventIsolatesIt) {
  Trial(1, {0}).expect_isolated();
}
TEST(Refusal, OfSeveralEventsIsolatesEach) {
  Trial(16, {0, 1, 7, 15}).expect_isolated();
}
TEST(Refusal, OfEveryEventStoresNone) {
  Trial(5, {0, 1, 2, 3, 4}).expect_isolated();
}

TEST(Refusal, HalvesTheSameRangeTheSameWay) {
  ConsumerConfig once = quick();
  once.max_attempts = 1;
  const Trial run(4, {1}, once);
  EXPECT_THAT(tokens(run.world.store), testing::ElementsAre("events/0/0-4", "events/0/0-2", "events/0/0-1",
                                                            "events/0/1-2", "events/0/2-4"));
}

TEST(Refusal, LeavesOutHalvesWithoutRows) {
  // Seven copies of one id and a poisonous one at the end: two rows, far apart.
  World world;
  ConsumerConfig once = quick();
  once.max_attempts = 1;
  const Uuid x = Uuid::random();
  for (int i = 0; i < 7; ++i) world.post(x);
  world.post(Uuid::random(), kPoison);
  const auto consumer = world.consume(once);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_THAT(tokens(world.store), testing::ElementsAre("events/0/0-8", "events/0/0-4", "events/0/4-8"));
  world.expect_counted_once({x});
}

TEST(Refusal, KeepsTheHistoryUntilTheAttemptsAreUsedUp) {
  const Trial run(3, {1});
  const auto letters = run.world.log.records(Stream::kDead);
  ASSERT_EQ(letters.size(), 1U);
  const log::Record& letter = letters.front().record;
  ASSERT_TRUE(letter.failure.has_value());
  EXPECT_EQ(letter.failure->attempts.size(), 3U);
  EXPECT_EQ(letter.failure->attempts.front().reason, "the test made this row be refused");
  EXPECT_EQ(letter.failure->origin, (log::Position{Stream::kEvents, kFirst, Offset{1}}));
  EXPECT_EQ(letter.value, run.world.log.records(Stream::kEvents)[1].record.value);
  EXPECT_EQ(letter.received_at, run.world.log.records(Stream::kEvents)[1].record.received_at);
  EXPECT_EQ(run.world.recorder.retries_scheduled(), 2);
  EXPECT_EQ(run.world.recorder.retried(), 2);
  EXPECT_EQ(run.world.recorder.dead_reasons().size(), 1U);
}

TEST(Refusal, AnEventWhoseCauseIsGoneIsCountedFromRetry) {
  World world;
  const Uuid x = Uuid::random();
  world.post(x, kPoison);
  std::atomic<int> refusals{0};
  world.store.refuse_if([&](const domain::Event&) { return ++refusals <= 2; });
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once({x});
  EXPECT_TRUE(world.dead().empty());
}

TEST(Refusal, IsAnsweredOnlyOnceTheRetryIsDurable) {
  World world;
  world.log.fail_appends(Stream::kRetry, {Errc::kFull, "the disk is full"}, 3);
  world.post(Uuid::random(), kPoison);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.dead().size(), 1U);
}

TEST(Refusal, TheEndIsNotCommittedWhileTheAckIsAwaited) {
  World world;
  world.post(Uuid::random(), kPoison);
  world.log.hold_acks(true);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return !world.log.records(Stream::kRetry).empty(); }));
  EXPECT_EQ(world.committed(), Offset{0});
  world.log.hold_acks(false);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.dead().size(), 1U);
}

TEST(Refusal, OfARangeWithResponseTimesKeepsThem) {
  World world;
  domain::ResponseTimesRecord measured;
  measured.match_id = "m";
  measured.times.add(5ms);
  measured.times.add(7ms);
  log::Record record;
  record.kind = log::RecordKind::kResponseTimes;
  record.key = Uuid::random();
  record.received_at = now();
  domain::append_response_times_json(measured, record.value);
  world.post(Stream::kEvents, record);
  const Uuid x = Uuid::random();
  world.post(x);
  world.post(Uuid::random(), kPoison);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.store.response_time_count("m"), 2U);
  world.expect_counted_once({x});
}

// -- What cannot be decoded ----------------------------------------------------------------------------

TEST(Undecodable, RecordsAreDeadAtOnceAndTheRestFlowsOn) {
  World world;
  auto ids = world.post_many(2);
  log::Record garbage = record_of(Uuid::random(), now());
  garbage.value = "{\"eventId\": 7}";
  world.post(Stream::kEvents, garbage);
  log::Record other_key = record_of(Uuid::random(), now());
  other_key.key = Uuid::random();
  world.post(Stream::kEvents, other_key);
  world.post(ids.emplace_back(Uuid::random()));
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
  EXPECT_EQ(world.dead(), (std::set<Uuid>{garbage.key, other_key.key}));
  EXPECT_THAT(world.recorder.dead_reasons(),
              testing::UnorderedElementsAre(testing::HasSubstr("eventId"), testing::HasSubstr("key")));
  EXPECT_TRUE(world.log.records(Stream::kRetry).empty());
}

TEST(Undecodable, ResponseTimesAreDropped) {
  World world;
  log::Record garbage;
  garbage.kind = log::RecordKind::kResponseTimes;
  garbage.key = Uuid::random();
  garbage.value = "[]";
  garbage.received_at = now();
  world.post(Stream::kEvents, garbage);
  const auto ids = world.post_many(1);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
  EXPECT_TRUE(world.dead().empty());
}

// -- The pure parts ------------------------------------------------------------------------------------

TEST(Refuse, DoublesTheDelayUpToTheLimit) {
  ConsumerConfig config;
  config.max_attempts = 6;
  config.retry_first_delay = 100ms;
  config.retry_max_delay = 350ms;
  const Timestamp at{1'000s};
  const log::Position position{Stream::kEvents, kFirst, Offset{9}};
  log::Record record = record_of(Uuid::random(), at);
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 5; ++i) {
    const Verdict verdict = refuse(record, position, "no", at, config);
    EXPECT_EQ(verdict.stream, Stream::kRetry);
    delays.push_back((verdict.record.failure->due_at - at).count());
    record = verdict.record;
  }
  EXPECT_EQ(delays, (std::vector<std::int64_t>{100, 200, 350, 350, 350}));
  EXPECT_EQ(refuse(record, position, "no", at, config).stream, Stream::kDead);
}

TEST(Refuse, KeepsTheFirstOriginAndBoundsTheReason) {
  const log::Position first{Stream::kEvents, kFirst, Offset{1}};
  const log::Position later{Stream::kEvents, kFirst, Offset{8}};
  const ConsumerConfig config;
  const Verdict once = refuse(record_of(Uuid::random(), now()), first, "no", now(), config);
  const Verdict twice = refuse(once.record, later, std::string(100'000, 'x'), now(), config);
  EXPECT_EQ(twice.record.failure->origin, first);
  EXPECT_LE(twice.record.failure->attempts.back().reason.size(), 1'000U);
}

TEST(DecidedRows, SlicesKeepEveryRowOnce) {
  DecidedRows rows{Offset{10}, Offset{14}, {}, {}};
  rows.batch.events.add(event_of(Uuid::random()), now(), Offset{10});
  rows.batch.events.add(event_of(Uuid::random()), now(), Offset{13});
  rows.batch.response_times.resize(1);
  rows.response_time_offsets = {Offset{12}};
  const DecidedRows left = rows.slice(Offset{10}, Offset{12});
  const DecidedRows right = rows.slice(Offset{12}, Offset{14});
  EXPECT_EQ(left.batch.events.size(), 1U);
  EXPECT_EQ(left.batch.response_times.size(), 0U);
  EXPECT_EQ(right.batch.events.size(), 1U);
  EXPECT_EQ(right.response_time_offsets, std::vector<Offset>{Offset{12}});
}

}  // namespace
}  // namespace fanfinity::pipeline
