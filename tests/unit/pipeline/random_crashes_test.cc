// Anything may fail or die at any call; afterwards a recount must find every acknowledged event once.

#include <array>

#include "fixture.h"
#include "mortal.h"

namespace fanfinity::pipeline {
namespace {

/// Fates drawn from a seed; used by many threads.
class Chance {
 public:
  Chance(std::uint64_t seed, int calls_until_death) : random_(seed), left_(calls_until_death) {}
  Fate operator()(Call /*call*/) {
    const std::scoped_lock lock(mutex_);
    if (--left_ == 0) return std::bernoulli_distribution(0.5)(random_) ? Fate::kDieBefore : Fate::kDieAfter;
    const double roll = std::uniform_real_distribution<>(0, 1)(random_);
    if (roll < 0.03) return Fate::kFailBefore;
    if (roll < 0.06) return Fate::kFailAfter;
    return Fate::kLive;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
  int left_;
};

/// Inserts that get halfway, or land late. A row that would be refused never gets anywhere: that is what
/// a refusal means (EXACTLY-ONCE 6).
class HalfwayStore final : public store::EventStore {
 public:
  HalfwayStore(MemoryStore& real, std::uint64_t seed) : real_(real), random_(seed) {}
  base::Status insert(const store::Batch& batch, std::string_view token) override {
    constexpr std::array kReaches = {MemoryStore::Reach::kNothing, MemoryStore::Reach::kFirstMonth,
                                     MemoryStore::Reach::kRaw,     MemoryStore::Reach::kMinutes,
                                     MemoryStore::Reach::kEvents,  MemoryStore::Reach::kEverything};
    const std::scoped_lock lock(mutex_);
    const bool refused = std::ranges::any_of(batch.events.decoded(),
                                             [](const store::EventRow& row) { return is_poison(row.event); });
    const auto roll = random_() % 10;
    if (!refused && roll == 0) real_.delay_next_inserts(1);
    if (!refused && roll == 1) {
      real_.fail_next_inserts(1, Errc::kUnknownOutcome, kReaches[random_() % kReaches.size()]);
    }
    return real_.insert(batch, token);
  }
  base::Result<std::vector<store::StoredId>> find(std::span<const Uuid> ids, Timestamp since) override {
    return real_.find(ids, since);
  }
  base::Result<base::Timestamp> scan_ids(const store::IdRange& range, const Scanned& each) override {
    return real_.scan_ids(range, each);
  }
  base::Result<std::optional<Offset>> highest_offset(PartitionId partition) override {
    return real_.highest_offset(partition);
  }

 private:
  MemoryStore& real_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

class RandomCrashes : public testing::TestWithParam<int> {
 protected:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void post_some() {
    for (std::size_t i = below(12); i > 0; --i) {
      const bool again = !posted_.empty() && below(3) == 0;
      const Uuid id = again ? posted_[below(posted_.size())] : Uuid::random();
      if (!again) posted_.push_back(id);
      if (!again && below(12) == 0) poison_.insert(id);
      // Some come from the month before: a batch of two parts.
      const Timestamp received = below(6) == 0 ? now() - 40 * 24h : now();
      last_posted_ = now();
      world_.post(Stream::kEvents, record_of(id, received, poison_.contains(id) ? kPoison : ""));
    }
  }
  ConsumerConfig config() {
    ConsumerConfig config = quick();
    config.batch_max_events = 1 + below(8);
    config.dedup_window = 24h * 100;
    config.dedup_filter_bytes = below(4) == 0 ? 0 : 1U << 16U;
    return config;
  }
  void live_and_die() {
    Life life([chance = std::make_shared<Chance>(random_(), static_cast<int>(1 + below(120)))](Call call) {
      return (*chance)(call);
    });
    HalfwayStore halfway(world_.store, random_());
    const ConsumerPorts real = world_.ports();
    MortalPorts ports(life, {real.group, real.reader, real.producer, halfway, real.clock, real.observer});
    Consumer consumer(config(), ports.ports());
    consumer.start();
    post_some();
    EXPECT_TRUE(eventually([&] { return life.over() || world_.settled(); }));
    if (below(2) == 0) world_.store.land_late_inserts();
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  World world_{static_cast<std::uint32_t>(1 + below(3))};
  std::vector<Uuid> posted_;
  std::set<Uuid> poison_;
  Timestamp last_posted_{};
};

TEST_P(RandomCrashes, LeaveEveryAcknowledgedEventCountedOnce) {
  for (int life = 0; life < 8; ++life) live_and_die();
  const auto consumer = world_.consume(config());
  ASSERT_TRUE(eventually([&] { return world_.settled(); }));
  world_.store.land_late_inserts();

  std::vector<Uuid> counted;
  for (const Uuid& id : posted_) {
    if (!poison_.contains(id)) counted.push_back(id);
  }
  world_.expect_counted_once(counted);
  EXPECT_EQ(world_.dead(), poison_);
  EXPECT_TRUE(world_.recorder.stopped().empty());
  EXPECT_TRUE(eventually([&] { return *as_of(world_.log) >= last_posted_; }));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCrashes, testing::Range(1, 31));

}  // namespace
}  // namespace fanfinity::pipeline
