#include "pipeline/batch_decision.h"

#include <gtest/gtest.h>

namespace fanfinity::pipeline {
namespace {

using namespace std::chrono_literals;
using base::Timestamp;
using log::Offset;
using log::PartitionId;

constexpr PartitionId kOurs{3};
constexpr std::chrono::milliseconds kWindow = 100ms;

base::Uuid id(std::uint8_t n) {
  base::Uuid uuid;
  uuid.bytes[15] = n;
  return uuid;
}
Timestamp at(int ms) {
  return Timestamp{std::chrono::milliseconds(ms)};
}
Candidate event(std::uint8_t n, int offset, int received = 1'000) {
  return {id(n), Offset{offset}, at(received), at(received)};
}
/// Happened at another time than it was received.
Candidate event_at(std::uint8_t n, int offset, int received, int happened) {
  return {id(n), Offset{offset}, at(received), at(happened)};
}
store::StoredId row(std::uint8_t n, int offset, int received = 1'000, PartitionId partition = kOurs) {
  return {id(n), partition, Offset{offset}, at(received)};
}
std::vector<std::size_t> kept(std::vector<Candidate> candidates, std::vector<store::StoredId> stored) {
  return decide(candidates, stored, kOurs, kWindow);
}
using Indices = std::vector<std::size_t>;

TEST(BatchDecision, KeepsWhatIsNotStored) {
  EXPECT_EQ(kept({event(1, 5), event(2, 6)}, {}), (Indices{0, 1}));
  EXPECT_EQ(kept({}, {row(1, 1)}), Indices{});
}

TEST(BatchDecision, ComparesWhatIsDroppedWithTheFirstOfItsIdOnly) {
  store::EventRows rows;
  const auto add = [&rows](std::uint8_t id, std::string_view metadata) {
    domain::Event event;
    event.id.bytes[0] = id;
    event.match_id = "m";
    event.metadata = metadata;
    const auto offset = static_cast<std::int64_t>(rows.size());
    rows.add(event, base::Timestamp{std::chrono::seconds(offset)}, log::Offset{offset});
  };
  add(1, "{}");
  add(2, "{}");
  add(1, "{ }");
  add(1, "{}");
  add(2, "{}");
  add(3, "{}");
  add(3, R"({"a":1})");
  const auto conflicts = [&rows](std::vector<std::size_t> kept) { return count_conflicts(rows, kept); };
  EXPECT_EQ(conflicts({0, 1, 2, 3, 4, 5, 6}), 0U) << "nothing was dropped";
  EXPECT_EQ(conflicts({0, 1, 5}), 2U);
  EXPECT_EQ(conflicts({0, 1, 5, 6}), 1U) << "one is stored once more, its window was over";
  EXPECT_EQ(conflicts({}), 2U) << "all were stored by an earlier batch";
}

TEST(BatchDecision, KeepsTheLowestOffsetOfAnId) {
  EXPECT_EQ(kept({event(1, 5), event(2, 6), event(1, 7), event(1, 8)}, {}), (Indices{0, 1}));
}

TEST(BatchDecision, DropsAnIdStoredAtAnotherOffset) {
  EXPECT_EQ(kept({event(1, 5), event(2, 6)}, {row(1, 2)}), (Indices{1}));
}

TEST(BatchDecision, DropsAnIdStoredFromAnotherPartition) {
  EXPECT_EQ(kept({event(1, 5)}, {row(1, 5, 1'000, PartitionId{4})}), Indices{});
}

TEST(BatchDecision, KeepsAnIdStoredAtItsOwnPositionSoThatAReplayRepeatsTheBlock) {
  EXPECT_EQ(kept({event(1, 5), event(1, 6), event(2, 7)}, {row(1, 5)}), (Indices{0, 2}));
}

TEST(BatchDecision, DecidesAReplayAsTheFirstTime) {
  const std::vector<Candidate> range = {event(1, 5), event(2, 6), event(1, 7), event(3, 8)};
  const std::vector<store::StoredId> before = {row(2, 1)};
  const Indices first = kept(range, before);
  // Half the block landed.
  EXPECT_EQ(kept(range, {row(2, 1), row(1, 5)}), first);
  EXPECT_EQ(kept(range, {row(2, 1), row(1, 5), row(3, 8)}), first);
}

TEST(BatchDecision, ComparesReceivedAtWithTheWindow) {
  EXPECT_EQ(kept({event(1, 5, 1'100)}, {row(1, 2, 1'000)}), Indices{}) << "at the edge of the window";
  EXPECT_EQ(kept({event(1, 5, 1'101)}, {row(1, 2, 1'000)}), Indices{0}) << "beyond it";
}

TEST(BatchDecision, DropsACopyThatIsOlderThanTheStoredRow) {
  EXPECT_EQ(kept({event(1, 9, 1'000)}, {row(1, 5, 5'000)}), Indices{});
}

TEST(BatchDecision, CountsAnIdAgainWithinABatchWhenTheWindowHasPassedBetween) {
  EXPECT_EQ(kept({event(1, 5, 1'000), event(1, 6, 1'050), event(1, 7, 1'101)}, {}), (Indices{0, 2}));
}

TEST(BatchDecision, UsesTheNewestOfSeveralRowsOfAnId) {
  EXPECT_EQ(kept({event(1, 9, 1'250)}, {row(1, 1, 1'000), row(1, 2, 1'200)}), Indices{});
  EXPECT_EQ(kept({event(1, 9, 1'301)}, {row(1, 1, 1'000), row(1, 2, 1'200)}), Indices{0});
}

TEST(BatchDecision, KnowsAnOldEventForAsLongAsItsRowIsKept) {
  EXPECT_EQ(kept({event_at(1, 9, 9'000, 8'949)}, {row(1, 5, 10)}), Indices{})
      << "more than half a window old";
  EXPECT_EQ(kept({event_at(1, 9, 9'000, 8'950)}, {row(1, 5, 10)}), Indices{0}) << "a live one";
  EXPECT_EQ(kept({event_at(1, 9, 9'000, 9'051)}, {row(1, 5, 10)}), Indices{}) << "of a clock far ahead";
  EXPECT_EQ(kept({event_at(1, 5, 1'000, 0), event_at(1, 6, 9'000, 0)}, {}), Indices{0}) << "within a batch";
}

TEST(BatchDecision, LeavesNoGapBetweenTheWindowAndWhatIsOld) {
  // Whenever it is sent again: the first copy was received when it happened, or a little before that.
  for (const int happened : {1'000, 1'050}) {
    for (int received = 1'000; received < 1'400; ++received) {
      EXPECT_EQ(kept({event_at(1, 9, received, happened)}, {row(1, 5, 1'000)}), Indices{}) << received;
    }
  }
}

TEST(BatchDecision, DecidesTheReplayOfAHalfStoredRangeAsTheFirstTime) {
  // Two rows of an id, a window apart, lie in two monthly partitions: either may be stored without the other.
  const std::vector<Candidate> range = {event(1, 5, 1'000), event(1, 6, 1'101), event(1, 7, 1'102)};
  EXPECT_EQ(kept(range, {}), (Indices{0, 1}));
  EXPECT_EQ(kept(range, {row(1, 5, 1'000)}), (Indices{0, 1}));
  EXPECT_EQ(kept(range, {row(1, 6, 1'101)}), (Indices{0, 1}));
  EXPECT_EQ(kept(range, {row(1, 5, 1'000), row(1, 6, 1'101)}), (Indices{0, 1}));
}

}  // namespace
}  // namespace fanfinity::pipeline
