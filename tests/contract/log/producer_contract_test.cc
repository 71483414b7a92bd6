#include <algorithm>
#include <atomic>
#include <set>

#include "log_contract.h"

namespace fanfinity::log {
namespace {

TEST_P(LogContract, HasTheAgreedPartitions) {
  EXPECT_EQ(producer().partitions(Stream::kEvents), kPartitions);
  EXPECT_EQ(producer().partitions(Stream::kRetry), kPartitions);
  EXPECT_EQ(producer().partitions(Stream::kDead), 1U);
  EXPECT_TRUE(producer().health());
}

TEST_P(LogContract, AcknowledgesWithThePositionOfTheLastRecord) {
  const auto first = append(Stream::kEvents, {record("a", 2)});
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->last, (Position{Stream::kEvents, PartitionId{2}, Offset{0}}));
  const auto second = append(Stream::kEvents, {record("b", 2), record("c", 1), record("d", 2)});
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(second->last, (Position{Stream::kEvents, PartitionId{2}, Offset{2}}));
}

TEST_P(LogContract, CountsTheOffsetsOfEachStreamAndPartitionApart) {
  for (const auto stream : {Stream::kEvents, Stream::kRetry}) {
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      const auto ack = append(stream, {record("x", p)});
      ASSERT_TRUE(ack) << ack.error().detail;
      EXPECT_EQ(ack->last, (Position{stream, PartitionId{p}, Offset{0}}));
    }
  }
  const auto ack = append(Stream::kDead, {record("x", 3)});
  ASSERT_TRUE(ack) << ack.error().detail;
  EXPECT_EQ(ack->last, (Position{Stream::kDead, PartitionId{0}, Offset{0}}));
}

TEST_P(LogContract, GivesBackEveryFieldOfARecord) {
  Record plain = record(std::string("{\"x\":1}\0\xff", 9), 1);
  Record empty = record("", 1);
  Record failed = record("refused", 1);
  failed.kind = RecordKind::kResponseTimes;
  failed.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  failed.failure =
      Failure{{{failed.received_at, "too wide"}, {failed.received_at + std::chrono::hours(1), ""}},
              failed.received_at + std::chrono::hours(2),
              {Stream::kEvents, PartitionId{3}, Offset{77}}};
  ASSERT_TRUE(append(Stream::kRetry, {plain, empty, failed}));
  const auto fetched = reader().read({Stream::kRetry, PartitionId{1}, Offset{0}}, {}, {});
  ASSERT_TRUE(fetched) << fetched.error().detail;
  ASSERT_EQ(fetched->records.size(), 3U);
  EXPECT_EQ(fetched->records[0].record, plain);
  EXPECT_EQ(fetched->records[1].record, empty);
  EXPECT_EQ(fetched->records[2].record, failed);
  EXPECT_EQ(fetched->records[2].offset, Offset{2});
}

TEST_P(LogContract, KeepsTheOrderOfAnAppend) {
  append_values(Stream::kEvents, 0, 0, 500);
  append_values(Stream::kEvents, 0, 500, 1000);
  const auto fetched = reader().read({Stream::kEvents, PartitionId{0}, Offset{0}}, {}, {});
  ASSERT_TRUE(fetched) << fetched.error().detail;
  ASSERT_EQ(fetched->records.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    const auto& one = fetched->records[static_cast<std::size_t>(i)];
    EXPECT_EQ(one.record.value, std::to_string(i));
    EXPECT_EQ(one.offset, Offset{i});
  }
}

TEST_P(LogContract, AnswersEveryAppendOfManyThreadsOnceAndKeepsEachRecordOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::atomic<int> answers{0};
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const auto partition = static_cast<std::uint32_t>(i) % kPartitions;
          producer().append(Stream::kEvents, {record(std::to_string(t * kEach + i), partition)},
                            [&](const base::Result<Producer::Ack>& ack) {
                              if (!ack) ++refused;
                              ++answers;
                              answers.notify_all();
                            });
        }
      });
    }
  }
  for (int seen = answers; seen < kThreads * kEach; seen = answers) answers.wait(seen);
  EXPECT_EQ(refused, 0);
  std::multiset<std::string> found;
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    const auto fetched = reader().read({Stream::kEvents, PartitionId{p}, Offset{0}}, {}, {});
    ASSERT_TRUE(fetched) << fetched.error().detail;
    EXPECT_EQ(fetched->next, fetched->end);
    for (const auto& value : values(*fetched)) found.insert(value);
  }
  EXPECT_EQ(answers, kThreads * kEach);
  EXPECT_EQ(found.size(), std::size_t{kThreads * kEach});
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
}

TEST_P(LogContract, LetsACallbackAppend) {
  std::promise<base::Result<Producer::Ack>> second;
  auto answer = second.get_future();
  producer().append(Stream::kEvents, {record("a", 0)}, [&](const base::Result<Producer::Ack>& first) {
    EXPECT_TRUE(first);
    producer().append(Stream::kEvents, {record("b", 0)},
                      [&](base::Result<Producer::Ack> ack) { second.set_value(std::move(ack)); });
  });
  ASSERT_EQ(answer.wait_for(kDeadline), std::future_status::ready);
  const auto ack = answer.get();
  ASSERT_TRUE(ack) << ack.error().detail;
  EXPECT_EQ(ack->last.offset, Offset{1});
}

TEST_P(LogContract, ShowsARecordOnceItsAckHasCome) {
  for (int i = 0; i < 50; ++i) {
    const auto ack = append(Stream::kEvents, {record(std::to_string(i), 3)});
    ASSERT_TRUE(ack) << ack.error().detail;
    FetchLimits now;
    now.max_wait = std::chrono::milliseconds(0);
    const auto fetched = reader().read(ack->last, now, {});
    ASSERT_TRUE(fetched) << fetched.error().detail;
    EXPECT_EQ(values(*fetched), std::vector<std::string>{std::to_string(i)});
  }
}

}  // namespace
}  // namespace fanfinity::log
