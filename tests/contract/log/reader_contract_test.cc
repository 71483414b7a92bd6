#include "log_contract.h"

namespace fanfinity::log {
namespace {

using base::Errc;

constexpr Position kStart{Stream::kEvents, PartitionId{0}, Offset{0}};

TEST_P(LogContract, IsEmptyAtFirst) {
  for (const auto stream : {Stream::kEvents, Stream::kRetry, Stream::kDead}) {
    const auto states = reader().state(stream);
    ASSERT_TRUE(states) << states.error().detail;
    ASSERT_EQ(states->size(), producer().partitions(stream));
    for (std::uint32_t p = 0; p < states->size(); ++p) {
      EXPECT_EQ((*states)[p].partition, PartitionId{p});
      EXPECT_EQ((*states)[p].begin, Offset{0});
      EXPECT_EQ((*states)[p].end, Offset{0});
      EXPECT_FALSE((*states)[p].committed.offset);
    }
  }
}

TEST_P(LogContract, TellsTheEndOfEachPartition) {
  append_values(Stream::kRetry, 1, 0, 7);
  const auto states = reader().state(Stream::kRetry);
  ASSERT_TRUE(states) << states.error().detail;
  EXPECT_EQ((*states)[0].end, Offset{0});
  EXPECT_EQ((*states)[1].end, Offset{7});
}

TEST_P(LogContract, ReadsFromTheMiddleInPieces) {
  append_values(Stream::kEvents, 0, 0, 10);
  FetchLimits limits;
  limits.max_records = 3;
  const auto first = reader().read({Stream::kEvents, PartitionId{0}, Offset{5}}, limits, {});
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(values(*first), (std::vector<std::string>{"5", "6", "7"}));
  EXPECT_EQ(first->next, Offset{8});
  EXPECT_EQ(first->end, Offset{10});
  const auto rest = reader().read({Stream::kEvents, PartitionId{0}, first->next}, limits, {});
  ASSERT_TRUE(rest) << rest.error().detail;
  EXPECT_EQ(values(*rest), (std::vector<std::string>{"8", "9"}));
  EXPECT_EQ(rest->next, rest->end);
}

TEST_P(LogContract, KeepsToTheByteLimitButGivesOneRecordAtLeast) {
  std::vector<Record> records;
  for (int i = 0; i < 6; ++i) records.push_back(record(std::string(10'000, 'x'), 0));
  ASSERT_TRUE(append(Stream::kEvents, records));
  FetchLimits limits;
  limits.max_bytes = 25'000;
  const auto some = reader().read(kStart, limits, {});
  ASSERT_TRUE(some) << some.error().detail;
  EXPECT_GE(some->records.size(), 1U);
  EXPECT_LE(some->records.size(), 2U);
  limits.max_bytes = 1;
  const auto one = reader().read(kStart, limits, {});
  ASSERT_TRUE(one) << one.error().detail;
  EXPECT_EQ(one->records.size(), 1U);
  EXPECT_EQ(one->next, Offset{1});
}

TEST_P(LogContract, AnswersNothingWhenNothingComesInTime) {
  FetchLimits limits;
  limits.max_wait = std::chrono::milliseconds(1);
  const auto fetched = reader().read(kStart, limits, {});
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_TRUE(fetched->records.empty());
  EXPECT_EQ(fetched->next, Offset{0});
  EXPECT_EQ(fetched->end, Offset{0});
}

TEST_P(LogContract, WaitsForARecordToCome) {
  FetchLimits limits;
  limits.max_wait = kDeadline;
  auto waiting = std::async(std::launch::async, [&] { return reader().read(kStart, limits, {}); });
  append_values(Stream::kEvents, 0, 0, 1);
  const auto fetched = waiting.get();
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(values(*fetched), std::vector<std::string>{"0"});
}

TEST_P(LogContract, StopsWaitingWhenAsked) {
  std::stop_source stop;
  FetchLimits limits;
  limits.max_wait = std::chrono::hours(1);
  auto waiting =
      std::async(std::launch::async, [&] { return reader().read(kStart, limits, stop.get_token()); });
  stop.request_stop();
  ASSERT_EQ(waiting.wait_for(kDeadline), std::future_status::ready);
  const auto fetched = waiting.get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errc::kStopped);
}

TEST_P(LogContract, SaysWhenAnOffsetIsOutside) {
  append_values(Stream::kEvents, 0, 0, 3);
  for (const auto offset : {Offset{-1}, Offset{4}, Offset{1'000'000}}) {
    const auto fetched = reader().read({Stream::kEvents, PartitionId{0}, offset}, {}, {});
    ASSERT_FALSE(fetched) << number(offset);
    EXPECT_EQ(fetched.error().code, Errc::kNotFound);
  }
  const auto partition = reader().read({Stream::kEvents, PartitionId{99}, Offset{0}}, {}, {});
  ASSERT_FALSE(partition);
  EXPECT_EQ(partition.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace fanfinity::log
