#include "fixture.h"

namespace fanfinity::pipeline {
namespace {

log::Record waiting(const Uuid& id, Timestamp due_at, const std::string& player = "") {
  log::Record record = record_of(id, now(), player);
  record.failure = log::Failure{{{now(), "refused"}}, due_at, {Stream::kEvents, kFirst, Offset{0}}};
  return record;
}

TEST(RetryRelay, ProducesToEventsOnlyWhenDue) {
  World world;
  const Uuid later = Uuid::random();
  const Uuid soon = Uuid::random();
  const Timestamp due = now() + 300ms;
  world.post(Stream::kRetry, waiting(later, due));
  world.post(Stream::kRetry, waiting(soon, now()));
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.stored().contains(soon); }))
      << "the longer delay does not block it";
  ASSERT_TRUE(eventually([&] { return world.stored().contains(later); }));
  EXPECT_GE(now(), due);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  const auto events = world.log.records(Stream::kEvents);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].record.key, soon);
  EXPECT_EQ(events[1].record.failure->attempts.size(), 1U) << "the history stays";
}

TEST(RetryRelay, CommitsOnlyWhatTheGroupHasSettledInEvents) {
  World world;
  world.store.set_available(false);
  world.post(Stream::kRetry, waiting(Uuid::random(), now()));
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.log.records(Stream::kEvents).size() == 1; }));
  ASSERT_TRUE(eventually([&] { return world.recorder.insert_failures() > 3; }));
  EXPECT_FALSE(world.settled(Stream::kRetry));
  world.store.set_available(true);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.stored().size(), 1U);
}

TEST(RetryRelay, ProducesAgainWhatWasNotSettledWhenItDied) {
  World world;
  const Uuid x = Uuid::random();
  world.post(Stream::kRetry, waiting(x, now()));
  world.store.set_available(false);
  {
    const auto consumer = world.consume();
    ASSERT_TRUE(eventually([&] { return world.log.records(Stream::kEvents).size() == 1; }));
  }
  world.store.set_available(true);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.store.raw_count(x), 1U);
}

TEST(RetryRelay, TriesAgainWhenTheLogIsFull) {
  World world;
  const Uuid x = Uuid::random();
  world.post(Stream::kRetry, waiting(x, now()));
  world.log.fail_appends(Stream::kEvents, {Errc::kFull, "full"}, 2);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once({x});
}

TEST(RetryRelay, ACopyTooManyIsCountedOnce) {
  World world;
  const Uuid x = Uuid::random();
  world.post(Stream::kRetry, waiting(x, now()));
  world.log.fail_appends(Stream::kEvents, {Errc::kUnknownOutcome, "lost"}, 1, Landing::kAtOnce);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.log.records(Stream::kEvents).size(), 2U);
  world.expect_counted_once({x});
}

TEST(RetryRelay, StartsOverWhenTheOutcomeOfItsCommitIsUnknown) {
  World world;
  const Uuid x = Uuid::random();
  world.post(Stream::kRetry, waiting(x, now()));
  world.log.fail_commits(Stream::kRetry, {Errc::kUnknownOutcome, "lost"}, 1, Landing::kNever);
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once({x});
}

}  // namespace
}  // namespace fanfinity::pipeline
