#include "pipeline/id_filter.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fanfinity::pipeline {
namespace {

using namespace std::chrono_literals;
using base::Timestamp;
using base::Uuid;

constexpr auto kWindow = std::chrono::milliseconds(24h);
const Timestamp kStart{1'700'000'000s};

std::vector<Uuid> random_ids(std::size_t count) {
  std::vector<Uuid> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(Uuid::random());
  return ids;
}
std::size_t maybes(const IdFilter& filter, const std::vector<Uuid>& ids, Timestamp at) {
  return static_cast<std::size_t>(
      std::ranges::count_if(ids, [&](const Uuid& id) { return filter.may_hold(id, at); }));
}

TEST(IdFilter, NeverCallsAStoredIdNew) {
  FilterBudget budget(4U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  const auto ids = random_ids(50'000);
  for (const Uuid& id : ids) filter.add(id, kStart);
  EXPECT_EQ(maybes(filter, ids, kStart), ids.size());
  EXPECT_EQ(filter.ids(), ids.size());
}

TEST(IdFilter, CallsNewIdsNew) {
  FilterBudget budget(4U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  for (const Uuid& id : random_ids(50'000)) filter.add(id, kStart);
  EXPECT_LT(maybes(filter, random_ids(50'000), kStart), 500U);
}

TEST(IdFilter, AnswersForManyAsForEachOfThem) {
  FilterBudget budget(64U << 10U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  std::vector<store::EventKey> keys;
  for (const Uuid& id : random_ids(20'011)) keys.push_back({id, log::Offset{0}, kStart, kStart});
  const std::span<const store::EventKey> all(keys);
  filter.add(all.first(15'003));
  std::vector<Uuid> expected;
  for (const store::EventKey& key : all.last(10'000)) {
    if (filter.may_hold(key.id, key.received_at)) expected.push_back(key.id);
  }
  std::vector<Uuid> found;
  for (const store::EventKey& key : filter.maybes(all.last(10'000))) found.push_back(key.id);
  EXPECT_EQ(found, expected);
  EXPECT_GE(found.size(), 4'992U);
  EXPECT_TRUE(filter.maybes({}).empty());
}

TEST(IdFilter, IsAlmostExactWhileHalfOfItsShareIsFree) {
  FilterBudget budget(16U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  for (const Uuid& id : random_ids(500'000)) filter.add(id, kStart);
  EXPECT_LE(filter.bytes(), 8U << 20U);
  EXPECT_LT(maybes(filter, random_ids(100'000), kStart), 10U);
}

TEST(IdFilter, WorksForIdsThatShareAPartition) {
  FilterBudget budget(1U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  std::vector<Uuid> ours;
  while (ours.size() < 20'000) {
    const Uuid id = Uuid::random();
    if (id.hash() % 16 == 3) ours.push_back(id);
  }
  for (std::size_t i = 0; i < 10'000; ++i) filter.add(ours[i], kStart);
  EXPECT_LT(maybes(filter, {ours.begin() + 10'000, ours.end()}, kStart), 100U);
}

TEST(IdFilter, KnowsNothingOfEventsWhoseWindowBeginsBeforeIt) {
  FilterBudget budget(1U << 20U);
  const IdFilter filter(budget, kWindow, kStart);
  EXPECT_TRUE(filter.may_hold(Uuid::random(), kStart + kWindow - 1ms));
  EXPECT_FALSE(filter.may_hold(Uuid::random(), kStart + kWindow));
}

TEST(IdFilter, SaysNothingOfOldEventsUnlessItHoldsEveryId) {
  FilterBudget budget(1U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  const std::vector<store::EventKey> old{{Uuid::random(), log::Offset{0}, kStart, kStart - kWindow}};
  EXPECT_EQ(filter.maybes(old).size(), 1U);
  filter.set_since(Timestamp{});
  EXPECT_TRUE(filter.maybes(old).empty());
  filter.add(old);
  EXPECT_EQ(filter.maybes(old).size(), 1U);
  filter.forget_before(kStart + 1ms);
  EXPECT_EQ(filter.maybes(old).size(), 1U) << "forgotten, so it is looked up";
}

TEST(IdFilter, StaysWithinItsBudgetAndRightBeyondIt) {
  constexpr std::size_t kBytes = 64U << 10U;
  FilterBudget budget(kBytes);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  const auto ids = random_ids(100'000);  // A quarter would fit.
  for (const Uuid& id : ids) filter.add(id, kStart);
  EXPECT_LE(filter.bytes(), kBytes);
  EXPECT_EQ(maybes(filter, ids, kStart), ids.size());
}

TEST(IdFilter, UsesAllOfItsShareBeforeItIsOverfull) {
  constexpr std::size_t kBytes = 4U << 20U;
  FilterBudget budget(kBytes);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  for (const Uuid& id : random_ids(kBytes * 8 / 24)) filter.add(id, kStart);
  EXPECT_EQ(filter.bytes(), kBytes);
  EXPECT_LT(maybes(filter, random_ids(100'000), kStart), 200U);
}

TEST(IdFilter, AnswersMaybeWithoutAnyMemory) {
  FilterBudget budget(0);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  const Uuid id = Uuid::random();
  EXPECT_FALSE(filter.may_hold(id, kStart)) << "nothing is stored";
  filter.add(id, kStart);
  EXPECT_TRUE(filter.may_hold(id, kStart));
  EXPECT_TRUE(filter.may_hold(Uuid::random(), kStart));
  EXPECT_EQ(filter.bytes(), 0U);
}

TEST(IdFilter, DropsASliceOnlyWhenAllOfItIsOld) {
  FilterBudget budget(1U << 20U);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  const Uuid old = Uuid::random();
  const Uuid young = Uuid::random();
  filter.add(old, kStart);
  filter.add(young, kStart + 5s);
  const std::size_t held = filter.bytes();
  filter.forget_before(kStart + 5s);
  EXPECT_EQ(filter.bytes(), held);
  EXPECT_TRUE(filter.may_hold(old, kStart + 5s));

  filter.forget_before(kStart + 6s);
  EXPECT_EQ(filter.bytes(), 0U);
  EXPECT_TRUE(filter.may_hold(young, kStart + 5s)) << "no longer complete for its window: look it up";
  EXPECT_EQ(filter.since(), kStart + 5s + 1ms);
  EXPECT_FALSE(filter.may_hold(young, kStart + 5s + 1ms + kWindow)) << "outside of the window";
}

TEST(IdFilter, GrowsAgainWhenOldSlicesGaveTheirMemoryBack) {
  constexpr std::size_t kBytes = 64U << 10U;
  FilterBudget budget(kBytes);
  IdFilter filter(budget, kWindow, kStart - kWindow);
  for (const Uuid& id : random_ids(30'000)) filter.add(id, kStart);
  filter.forget_before(kStart + 1ms);
  const auto ids = random_ids(1'000);
  for (const Uuid& id : ids) filter.add(id, kStart + kWindow + 1ms);
  EXPECT_EQ(maybes(filter, ids, kStart + kWindow + 1ms), ids.size());
  EXPECT_LT(maybes(filter, random_ids(1'000), kStart + kWindow + 1ms), 20U);
}

TEST(FilterBudget, IsSharedByTheFiltersThereAre) {
  FilterBudget budget(1'000);
  budget.join();
  EXPECT_TRUE(budget.take(0, 600));
  budget.join();
  EXPECT_EQ(budget.share(), 500U);
  EXPECT_FALSE(budget.take(600, 1)) << "over its share now";
  EXPECT_FALSE(budget.take(0, 500)) << "over the whole";
  EXPECT_TRUE(budget.take(0, 400));
  budget.leave(600);
  EXPECT_TRUE(budget.take(400, 600));
  EXPECT_FALSE(budget.take(1'000, 1));
  budget.give_back(1'000);
  budget.leave(0);
}

}  // namespace
}  // namespace fanfinity::pipeline
