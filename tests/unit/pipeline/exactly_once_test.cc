// The bad days that the protocol was made for, one by one (docs/GUARANTEES.md names them).

#include "desk.h"
#include "mortal.h"

namespace fanfinity::pipeline {
namespace {

/// A consumer that dies at the `nth` call of this kind.
class Mortal {
 public:
  Mortal(World& world, Call call, int nth, Fate fate, ConsumerConfig config = quick())
      : life_([this, call, nth, fate](Call made) {
          return made == call && ++seen_ == nth ? fate : Fate::kLive;
        }),
        ports_(life_, world.ports()),
        consumer_(std::move(config), ports_.ports()) {
    consumer_.start();
  }
  void wait_until_dead() {
    ASSERT_TRUE(eventually([&] { return life_.over(); }));
  }

 private:
  std::atomic<int> seen_{0};
  Life life_;
  MortalPorts ports_;
  Consumer consumer_;
};

void expect_settled(World& world, const std::vector<Uuid>& ids) {
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
}

class HalfAppliedInsert : public testing::TestWithParam<MemoryStore::Reach> {};

TEST_P(HalfAppliedInsert, IsCompletedByTheNextOwnersReplay) {
  World world;
  std::vector<Uuid> ids = world.post_many(6);
  const Uuid last_month = Uuid::random();  // Two parts of the table.
  world.post(Stream::kEvents, record_of(last_month, now() - std::chrono::days(31)));
  ids.push_back(last_month);
  {
    world.store.fail_next_inserts(1, Errc::kUnknownOutcome, GetParam());
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  EXPECT_EQ(world.committed(), Offset{0}) << "the intent does not move the offset";
  world.post(ids.front());  // What came meanwhile must not join the replayed range.
  expect_settled(world, ids);
  ASSERT_FALSE(world.recorder.batches().empty());
  EXPECT_EQ(tokens(world.store).at(0), tokens(world.store).at(1));
  EXPECT_TRUE(world.recorder.batches().front().replayed);
}

INSTANTIATE_TEST_SUITE_P(ExactlyOnce, HalfAppliedInsert,
                         testing::Values(MemoryStore::Reach::kNothing, MemoryStore::Reach::kFirstMonth,
                                         MemoryStore::Reach::kRaw, MemoryStore::Reach::kMinutes,
                                         MemoryStore::Reach::kEvents, MemoryStore::Reach::kEverything));

TEST(ExactlyOnce, RepeatsTheSameRowsWithTheSameTokenWhileTheOutcomeIsUnknown) {
  World world;
  world.store.fail_next_inserts(3, Errc::kUnknownOutcome, MemoryStore::Reach::kRaw);
  const auto ids = world.post_many(5);
  expect_settled(world, ids);
  const auto calls = world.store.calls();
  ASSERT_EQ(calls.size(), 4U);
  for (const auto& call : calls) {
    EXPECT_EQ(call.token, calls[0].token);
    EXPECT_EQ(call.batch.events.size(), 5U);
  }
  EXPECT_EQ(world.recorder.insert_failures(), 3);
}

TEST(ExactlyOnce, NamesTheRangeInTheToken) {
  World world;
  const auto ids = world.post_many(3);
  expect_settled(world, ids);
  EXPECT_EQ(tokens(world.store), std::vector<std::string>{"events/0/0-3"});
}

TEST(ExactlyOnce, ALateInsertAfterTheRangeMovedOnChangesNothing) {
  World world;
  const auto ids = world.post_many(4);
  {
    world.store.delay_next_inserts(1);
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  expect_settled(world, ids);
  EXPECT_EQ(world.store.land_late_inserts(), 1U);
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, APausedOwnerThatWakesChangesNothing) {
  World world;
  auto ids = world.post_many(4);
  std::atomic<int> epoch{0};
  Gate gate;
  std::atomic<bool> first{true};
  world.store.on_insert([&](const store::Batch&, std::string_view) {
    if (first.exchange(false)) gate.wait();
  });
  Desk paused(world, epoch);
  paused.start();
  ASSERT_TRUE(eventually([&] { return gate.reached(); }));

  Desk next(world, epoch);  // Takes the partition: the paused one has lost it and does not know.
  next.start();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.post(ids.emplace_back(Uuid::random()));
  ASSERT_TRUE(eventually([&] { return world.settled(); }));

  gate.open();
  EXPECT_EQ(paused.join(), Errc::kFenced);
  EXPECT_EQ(next.stop(), Errc::kStopped);
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, AMemberThatLostThePartitionCannotCommit) {
  World world;
  auto ids = world.post_many(4);
  std::atomic<int> epoch{0};
  Gate gate;
  Desk loser(world, epoch);
  loser.partition().before_commit = [&](Offset offset, std::string_view) {
    if (offset > Offset{0}) gate.wait();  // Its insert is done; the end is not committed yet.
  };
  loser.start();
  ASSERT_TRUE(eventually([&] { return gate.reached(); }));
  Desk next(world, epoch);
  next.start();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.post(ids.emplace_back(Uuid::random()));
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  const auto committed = world.log.committed(Stream::kEvents, kFirst);
  EXPECT_EQ(next.stop(), Errc::kStopped);
  gate.open();
  EXPECT_EQ(loser.join(), Errc::kFenced);
  EXPECT_GE(world.log.committed(Stream::kEvents, kFirst).offset, committed.offset);
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, AnIntentCommitOfUnknownOutcomeMayLandLater) {
  World world;
  std::vector<Uuid> ids = world.post_many(4);
  world.log.fail_commits(Stream::kEvents, {Errc::kUnknownOutcome, "lost"}, 1, Landing::kLater);
  // It lands when the member has left, before the group grants the partition anew. Meanwhile more came.
  std::atomic<bool> first{true};
  world.recorder.when_revoked([&] {
    if (!first.exchange(false)) return;
    world.post(ids.emplace_back(Uuid::random()));
    world.log.land_late_commits();
  });
  expect_settled(world, ids);
  EXPECT_FALSE(first);
  ASSERT_FALSE(world.recorder.batches().empty());
  EXPECT_TRUE(world.recorder.batches().front().replayed);
  EXPECT_EQ(world.recorder.batches().front().end, Offset{4}) << "the range as it was announced";
}

TEST(ExactlyOnce, AnIntentCommitOfUnknownOutcomeMayNeverLand) {
  World world;
  const auto ids = world.post_many(4);
  world.log.fail_commits(Stream::kEvents, {Errc::kUnknownOutcome, "lost"}, 1, Landing::kNever);
  expect_settled(world, ids);
}

TEST(ExactlyOnce, AnEndCommitOfUnknownOutcomeStartsOver) {
  for (const Landing landing : {Landing::kNever, Landing::kAtOnce}) {
    World world;
    const auto ids = world.post_many(4);
    std::atomic<int> commits{0};
    world.log.on_commit([&](Stream stream, PartitionId) {
      if (stream != Stream::kEvents || ++commits != 2) return;
      world.log.fail_commits(Stream::kEvents, {Errc::kUnknownOutcome, "lost"}, 1, landing);
    });
    expect_settled(world, ids);
  }
}

TEST(ExactlyOnce, TheFilterIsYoungerThanTheAssignment) {
  // The second member lives while the first stores x; it must know of x when the partition becomes its own.
  World world;
  const Uuid x = Uuid::random();
  auto first = world.consume();
  ASSERT_TRUE(eventually([&] { return world.committed() == Offset{0}; }));
  const auto second = world.consume();
  world.post(x);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  first.reset();
  world.post(x);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.committed(), Offset{2});
  world.expect_counted_once({x});
}

TEST(ExactlyOnce, TheFilterIsBuiltAfterTheStateWasReadAndAnnouncedAgain) {
  World world;
  const auto ids = world.post_many(2);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  std::mutex mutex;
  std::vector<Call> calls;
  Life life([&](Call call) {
    const std::scoped_lock lock(mutex);
    const bool of_interest = call == Call::kCommit || call == Call::kScan || call == Call::kFind;
    if (of_interest && calls.size() < 2) calls.push_back(call);
    return Fate::kLive;
  });
  MortalPorts ports(life, world.ports());
  Consumer consumer(quick(), ports.ports());
  consumer.start();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  consumer.stop(false, 0ms);
  EXPECT_EQ(calls.front(), Call::kCommit);
  EXPECT_NE(calls.back(), Call::kCommit) << "the store is looked at only after that";
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, TheIntentOfADeadOwnerIsAnnouncedAgainBeforeItIsUsed) {
  World world;
  const auto ids = world.post_many(3);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieBefore);
    mortal.wait_until_dead();
  }
  const auto announced = world.log.committed(Stream::kEvents, kFirst);
  const auto before = world.log.commits(Stream::kEvents, kFirst).size();
  expect_settled(world, ids);
  const auto commits = world.log.commits(Stream::kEvents, kFirst);
  ASSERT_GT(commits.size(), before + 1);
  const auto again = *CommitMetadata::decode(commits[before].metadata);
  const auto first = *CommitMetadata::decode(announced.metadata);
  EXPECT_EQ(commits[before].offset, announced.offset);
  EXPECT_EQ(again->intent_end, first->intent_end);
  EXPECT_EQ(again->intent_at, first->intent_at) << "its age goes on counting";
}

TEST(ExactlyOnce, AReplayTakesTheAnnouncedRangeAndNoMore) {
  World world;
  auto ids = world.post_many(3);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieBefore);
    mortal.wait_until_dead();
  }
  for (const Uuid& id : world.post_many(3)) ids.push_back(id);
  ConsumerConfig config = quick();
  config.batch_max_events = 2;  // Smaller than what was announced.
  {
    const auto consumer = world.consume(config);
    ASSERT_TRUE(eventually([&] { return world.settled(); }));
  }
  EXPECT_EQ(tokens(world.store).front(), "events/0/0-3");
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, AReplayLeavesOutWhatAGenerousFetchBringsBeyondTheRange) {
  World world;
  auto ids = world.post_many(3);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  for (const Uuid& id : world.post_many(3)) ids.push_back(id);
  std::atomic<int> epoch{0};
  Desk desk(world, epoch);
  desk.partition().generous = true;
  desk.start();
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(desk.stop(), Errc::kStopped);
  EXPECT_EQ(world.store.calls().at(1).batch.events.size(), 3U);
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, DuplicatesWithinABatchAndAcrossItsBorderAreStoredOnce) {
  World world;
  ConsumerConfig config = quick();
  config.batch_max_events = 4;
  const Uuid x = Uuid::random();
  const Uuid y = Uuid::random();
  for (const Uuid& id : {x, x, y, x, x, y, y, x}) world.post(id);
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once({x, y});
  std::uint64_t duplicates = 0;
  for (const auto& batch : world.recorder.batches()) duplicates += batch.duplicates;
  EXPECT_EQ(duplicates, 6U);
  EXPECT_EQ(world.recorder.visible(), 2U);
}

TEST(ExactlyOnce, DuplicatesWithOtherContentWithinABatchAreCounted) {
  World world;
  ConsumerConfig config = quick();
  config.batch_max_events = 6;
  const Uuid x = Uuid::random();
  const Uuid y = Uuid::random();
  for (const char* player : {"a", "a", "b", "b", "a"}) world.post(x, player);
  world.post(y, "a");
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled() && world.recorder.batches().size() == 1; }));
  world.expect_counted_once({x, y});
  EXPECT_EQ(world.store.raw().front().row.event.player, "a");
  EXPECT_EQ(world.recorder.batches().front().duplicates, 4U);
  EXPECT_EQ(world.recorder.batches().front().conflicts, 2U);
}

TEST(ExactlyOnce, AnIdComesAgainOnlyAfterTheWindow) {
  World world;
  ConsumerConfig config = quick();
  config.dedup_window = 24h;
  const Uuid x = Uuid::random();
  const Timestamp sent = now() - 72h;
  const auto post = [&](Timestamp received_at) {
    domain::Event event = event_of(x);
    event.at = received_at;
    log::Record record = record_of(x, received_at);
    record.value.clear();
    domain::append_event_json(event, record.value);
    world.post(Stream::kEvents, record);
  };
  post(sent);
  post(sent + 24h);
  post(sent + 24h + 1ms);
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  EXPECT_EQ(world.store.raw_count(x), 2U);
}

class BackfillTest : public testing::TestWithParam<std::size_t> {};

// With memory for every id, and with next to none.
INSTANTIATE_TEST_SUITE_P(Filters, BackfillTest, testing::Values(4U << 20U, 64U));

TEST_P(BackfillTest, AFileOfOldEventsCountsOnceHoweverLateItIsSentAgain) {
  World world;
  ConsumerConfig config = quick();
  config.dedup_window = 1h;
  config.dedup_filter_bytes = GetParam();
  std::vector<Uuid> file;
  for (int i = 0; i < 50; ++i) file.push_back(Uuid::random());
  const auto send = [&](Timestamp received_at) {
    for (const Uuid& id : file) world.post(Stream::kEvents, record_of(id, received_at));
  };
  send(now() - 72h);
  {
    const auto consumer = world.consume(config);
    ASSERT_TRUE(eventually([&] { return world.settled(); }));
  }
  send(now() - 24h);
  {
    // It dies when half of its insert is done.
    world.store.fail_next_inserts(1, Errc::kUnknownOutcome, MemoryStore::Reach::kRaw);
    file.push_back(Uuid::random());
    send(now() - 24h);
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  send(now());
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(file);
}

TEST(ExactlyOnce, TwoPartitionsWithASmallWindowOfTokens) {
  // A stuck partition beside a busy one: its replay must still meet its token.
  World world(2);
  world.store.set_token_window(8);
  std::vector<Uuid> ids;
  for (int i = 0; i < 3; ++i) world.post(ids.emplace_back(id_in(kFirst, 2)));
  {
    world.store.fail_next_inserts(1, Errc::kUnknownOutcome, MemoryStore::Reach::kRaw);
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  ConsumerConfig config = quick();
  config.batch_max_events = 1;
  for (int i = 0; i < 5; ++i) world.post(ids.emplace_back(id_in(PartitionId{1}, 2)));
  const auto consumer = world.consume(config);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once(ids);
}

TEST(ExactlyOnce, ACopyInRetryIsDroppedOnceTheOriginalIsStored) {
  World world;
  const Uuid x = Uuid::random();
  log::Record copy = record_of(x, now());
  copy.failure = log::Failure{{{now(), "refused"}}, now(), {Stream::kEvents, kFirst, Offset{0}}};
  world.post(x);
  world.post(Stream::kRetry, copy);
  expect_settled(world, {x});
  EXPECT_EQ(world.recorder.retried(), 1);
  EXPECT_EQ(world.log.records(Stream::kEvents).size(), 2U);
}

// -- Lost and reset offsets (C4) ---------------------------------------------------------------------

void expect_stops(World& world, const std::string& advice) {
  const auto rows = world.store.raw().size();
  const auto consumer = world.consume();
  ASSERT_TRUE(eventually([&] { return !world.recorder.stopped().empty(); }));
  EXPECT_THAT(world.recorder.stopped().front().error.detail, testing::HasSubstr(advice));
  ASSERT_TRUE(consumer->stopped_partition().has_value());
  EXPECT_EQ(consumer->stopped_partition()->detail, world.recorder.stopped().front().error.detail);
  EXPECT_EQ(world.store.raw().size(), rows);
}

TEST(LostOffsets, SetBackByHandStopThePartition) {
  World world;
  expect_settled(world, world.post_many(5));
  const auto metadata = world.log.committed(Stream::kEvents, kFirst).metadata;
  world.log.set_committed(Stream::kEvents, kFirst, {Offset{2}, metadata});
  expect_stops(world, "Set the group's offset to 5");
}

TEST(LostOffsets, ForgottenByTheGroupStopThePartition) {
  World world;
  expect_settled(world, world.post_many(5));
  world.log.set_committed(Stream::kEvents, kFirst, {{}, ""});
  expect_stops(world, "no offset for partition 0");
}

TEST(LostOffsets, BeforeTheBeginningOfTheLogStopThePartition) {
  World world;
  world.post_many(5);
  world.log.drop_before(Stream::kEvents, kFirst, Offset{3});
  expect_stops(world, "not in the log");
}

TEST(LostOffsets, ALogThatEndsInsideAnAnnouncedRangeStopsThePartition) {
  World world;
  world.post_many(2);
  const CommitMetadata intent{Offset{5}, now(), now(), now()};
  world.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, intent.encode()});
  expect_stops(world, "acknowledged records are missing");
}

TEST(LostOffsets, UnreadableMetadataStopsThePartition) {
  World world;
  world.post_many(2);
  world.log.set_committed(Stream::kEvents, kFirst, {Offset{0}, "written by something else"});
  expect_stops(world, "not written by this program");
}

TEST(LostOffsets, AnAnnouncedRangeMayBeStoredAlready) {
  World world;
  const auto ids = world.post_many(3);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  expect_settled(world, ids);
}

// -- Intents older than the window of tokens (C2) ----------------------------------------------------

void make_intent_old(World& world) {
  auto committed = world.log.committed(Stream::kEvents, kFirst);
  auto metadata = **CommitMetadata::decode(committed.metadata);
  metadata.intent_at -= 2h;  // Its owner lived two hours with it.
  committed.metadata = metadata.encode();
  world.log.set_committed(Stream::kEvents, kFirst, committed);
}

TEST(OldIntent, IsNotReplayedOverStoredRows) {
  World world;
  world.post_many(3);
  {
    world.store.fail_next_inserts(1, Errc::kUnknownOutcome, MemoryStore::Reach::kRaw);
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  make_intent_old(world);
  expect_stops(world, "then set the group's offset to 3");
}

TEST(OldIntent, IsReplayedWhenNothingOfItIsStored) {
  World world;
  const auto ids = world.post_many(3);
  {
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieBefore);
    mortal.wait_until_dead();
  }
  make_intent_old(world);
  expect_settled(world, ids);
}

TEST(OldIntent, DoesNotAgeWhileNobodyLives) {
  World world;
  const auto ids = world.post_many(3);
  {
    world.store.fail_next_inserts(1, Errc::kUnknownOutcome, MemoryStore::Reach::kRaw);
    Mortal mortal(world, Call::kInsert, 1, Fate::kDieAfter);
    mortal.wait_until_dead();
  }
  auto committed = world.log.committed(Stream::kEvents, kFirst);
  auto metadata = **CommitMetadata::decode(committed.metadata);
  metadata.intent_at -= 48h;  // Switched off for two days: the tokens are as they were.
  metadata.committed_at -= 48h;
  world.log.set_committed(Stream::kEvents, kFirst, {committed.offset, metadata.encode()});
  expect_settled(world, ids);
}

}  // namespace
}  // namespace fanfinity::pipeline
