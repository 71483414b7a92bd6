#include "pipeline/id_scan.h"

#include "desk.h"
#include "fixture.h"

namespace fanfinity::pipeline {
namespace {

constexpr std::uint32_t kPartitions = 3;
const Timestamp kReceived{1'700'000'000s};

/// A store that tells of every look, and holds it up or cuts it short when asked to.
class WatchedStore final : public store::EventStore {
 public:
  explicit WatchedStore(MemoryStore& real) : real_(real) {}
  base::Status insert(const store::Batch& batch, std::string_view token) override {
    return real_.insert(batch, token);
  }
  base::Result<std::vector<store::StoredId>> find(std::span<const Uuid> ids, Timestamp since) override {
    return real_.find(ids, since);
  }
  base::Result<base::Timestamp> scan_ids(const store::IdRange& range, const Scanned& each) override {
    bool cut_short = false;
    {
      const std::scoped_lock lock(mutex_);
      looks_.push_back(range);
      cut_short = std::exchange(cut_next_, false);
    }
    if (gate != nullptr) gate->wait();
    return real_.scan_ids(range, [&](std::span<const store::ScannedId> ids) -> base::Status {
      if (!cut_short) return each(ids);
      if (auto taken = each(ids.first(ids.size() / 2)); !taken) return taken;
      return base::Error{Errc::kUnavailable, "the test cut the scan short"};
    });
  }
  base::Result<std::optional<Offset>> highest_offset(PartitionId partition) override {
    return real_.highest_offset(partition);
  }

  void cut_next_short() { cut_next_ = true; }
  std::vector<store::IdRange> looks() const {
    const std::scoped_lock lock(mutex_);
    return looks_;
  }
  Gate* gate = nullptr;

 private:
  MemoryStore& real_;
  mutable std::mutex mutex_;
  std::vector<store::IdRange> looks_;
  bool cut_next_ = false;
};

class IdScanTest : public testing::Test {
 protected:
  Uuid stored_in(std::uint32_t partition, Timestamp received_at = kReceived) {
    const Uuid id = id_in(PartitionId{partition}, kPartitions);
    store::Batch batch;
    batch.events.add(event_of(id), received_at, Offset{next_offset_++});
    EXPECT_TRUE(world_.store.insert(batch, id.to_string()).ok());
    return id;
  }
  ConsumerPorts ports() {
    ConsumerPorts real = world_.ports();
    return {real.group, real.reader, real.producer, store_, real.clock, real.observer};
  }
  std::unique_ptr<IdFilter> filled(FilterOrder& order) {
    const auto done = order.wait({}, 20s);
    EXPECT_TRUE(done.ok() && *done);
    return order.take();
  }
  static bool holds(const IdFilter& filter, const Uuid& id) { return filter.may_hold(id, kReceived + 1s); }

  World world_{kPartitions};
  WatchedStore store_{world_.store};
  const ConsumerConfig config_ = quick();
  const ConsumerPorts ports_ = ports();
  FilterBudget budget_{4U << 20U};
  Repetitions repetitions_;
  std::int64_t next_offset_ = 0;
};

TEST_F(IdScanTest, FillsTheFilterOfAPartitionWithItsIdsAlone) {
  const Uuid ours = stored_in(1);
  const Uuid theirs = stored_in(2);
  IdScan scan(config_, ports_, budget_, repetitions_);
  const auto order = scan.order(PartitionId{1}, Timestamp{});
  const auto filter = filled(*order);
  EXPECT_TRUE(holds(*filter, ours));
  EXPECT_FALSE(holds(*filter, theirs));
  EXPECT_EQ(filter->ids(), 1U);
}

TEST_F(IdScanTest, OneLookServesAllThatWait) {
  std::vector<Uuid> ids;
  for (std::uint32_t p = 0; p < kPartitions; ++p) ids.push_back(stored_in(p));
  Gate gate;
  store_.gate = &gate;
  IdScan scan(config_, ports_, budget_, repetitions_);
  const auto first = scan.order(PartitionId{0}, Timestamp{});
  ASSERT_TRUE(eventually([&] { return gate.reached(); }));
  const auto second = scan.order(PartitionId{2}, kReceived);
  const auto third = scan.order(PartitionId{1}, kReceived - 1s);
  gate.open();
  EXPECT_TRUE(holds(*filled(*first), ids[0]));
  EXPECT_TRUE(holds(*filled(*second), ids[2]));
  EXPECT_TRUE(holds(*filled(*third), ids[1]));
  const auto looks = store_.looks();
  ASSERT_EQ(looks.size(), 2U) << "one that began before an order may have missed what it must see";
  EXPECT_EQ(looks[1].partitions, (std::vector{PartitionId{1}, PartitionId{2}}));
  EXPECT_EQ(looks[1].since, kReceived - 1s);
}

TEST_F(IdScanTest, ALookThatFailsIsRepeatedFromTheStart) {
  std::vector<Uuid> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(stored_in(0));
  store_.cut_next_short();
  IdScan scan(config_, ports_, budget_, repetitions_);
  const auto filter = filled(*scan.order(PartitionId{0}, Timestamp{}));
  EXPECT_EQ(filter->ids(), ids.size());
  for (const Uuid& id : ids) EXPECT_TRUE(holds(*filter, id));
  EXPECT_EQ(store_.looks().size(), 2U);
  EXPECT_EQ(world_.recorder.insert_failures(), 1);
}

TEST_F(IdScanTest, AWithdrawnOrderHoldsNoMemoryAndStopsNobody) {
  stored_in(0);
  Gate gate;
  store_.gate = &gate;
  IdScan scan(config_, ports_, budget_, repetitions_);
  const auto withdrawn = scan.order(PartitionId{0}, Timestamp{});
  ASSERT_TRUE(eventually([&] { return gate.reached(); }));
  withdrawn->withdraw();
  EXPECT_EQ(budget_.share(), 4U << 20U) << "nobody shares it";
  gate.open();
  EXPECT_EQ(filled(*scan.order(PartitionId{0}, Timestamp{}))->ids(), 1U);
  EXPECT_EQ(withdrawn->take(), nullptr);
}

TEST_F(IdScanTest, AWaitEndsWithItsWorker) {
  Gate gate;
  store_.gate = &gate;
  IdScan scan(config_, ports_, budget_, repetitions_);
  const auto order = scan.order(PartitionId{0}, Timestamp{});
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(order->wait(stop.get_token(), 1h).error().code, Errc::kStopped);
  gate.open();
}

TEST_F(IdScanTest, EventsAreStoredOnceWhileTheFilterIsBeingFilled) {
  World world;
  const Uuid before = world.post_many(1).front();
  {
    const auto consumer = world.consume();
    ASSERT_TRUE(eventually([&] { return world.settled(); }));
  }
  WatchedStore watched(world.store);
  Gate gate;
  watched.gate = &gate;
  ConsumerConfig config = quick();
  config.filter_patience = 0ms;
  const ConsumerPorts real = world.ports();
  Consumer consumer(config, {real.group, real.reader, real.producer, watched, real.clock, real.observer});
  consumer.start();
  ASSERT_TRUE(eventually([&] { return gate.reached(); }));

  const Uuid during = Uuid::random();
  for (const Uuid& id : {before, during, during, before}) world.post(id);
  ASSERT_TRUE(eventually([&] { return world.settled(); })) << "nobody waits for the filter";
  world.expect_counted_once({before, during});

  // What was stored meanwhile is in the filter, too.
  gate.open();
  const std::uint64_t looked_up = world.recorder.exact_lookups();
  const Uuid after = Uuid::random();
  ASSERT_TRUE(eventually([&] {
    world.post(after);
    return world.settled() && world.recorder.filter_bytes() > 0;
  }));
  for (const Uuid& id : {before, during, after}) world.post(id);
  ASSERT_TRUE(eventually([&] { return world.settled(); }));
  world.expect_counted_once({before, during, after});
  EXPECT_GE(world.recorder.exact_lookups(), looked_up + 3);
  consumer.stop(false, 0ms);
}

}  // namespace
}  // namespace fanfinity::pipeline
