// Everything the log holds has a limit, and a way back from it.

#include <gmock/gmock.h>

#include <array>
#include <semaphore>

#include "base/burst.h"
#include "log_fixture.h"

namespace fanfinity::log {
namespace {

using base::Errc;

const std::string kLarge(10'000, 'x');

std::uint64_t bytes_on_disk(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) bytes += entry.file_size();
  return bytes;
}

class LocalLogLimitsTest : public LocalLogTest {
 protected:
  /// Appends until the log is full; answers how many went in.
  std::int64_t fill(Stream stream = Stream::kEvents) {
    std::int64_t count = 0;
    auto ack = append(kLarge, stream);
    for (; ack; ack = append(kLarge, stream)) ++count;
    EXPECT_EQ(ack.error().code, Errc::kFull) << ack.error().detail;
    return count;
  }
};

TEST_F(LocalLogLimitsTest, RefusesAtTheDiskLimitUntilTheConsumerHasCaughtUp) {
  open();
  const auto count = fill();
  EXPECT_GT(count, 100);
  EXPECT_LE(bytes_on_disk(directory_), config().max_bytes + 4096);
  const auto health = log_->health();
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error().code, Errc::kFull);
  EXPECT_EQ(values().size(), static_cast<std::size_t>(count)) << "What was acknowledged stays.";

  ASSERT_TRUE(commit(Offset{count}));
  EXPECT_TRUE(eventually([&] { return append(kLarge).ok(); }));
  EXPECT_TRUE(log_->health());
}

TEST_F(LocalLogLimitsTest, IsStillFullAfterARestart) {
  open();
  const auto count = fill();
  close();
  open();
  const auto more = fill();
  EXPECT_LE(more, 6);
  EXPECT_EQ(values().size(), static_cast<std::size_t>(count + more));
}

TEST_F(LocalLogLimitsTest, LetsGoOnlyOfSegmentsThatAreConsumedWholly) {
  open();
  for (int i = 0; i < 20; ++i) append_ok(kLarge);
  ASSERT_TRUE(commit(Offset{1}));
  EXPECT_EQ(state().begin, Offset{0});
  ASSERT_TRUE(commit(Offset{13}));
  ASSERT_TRUE(eventually([&] { return state().begin > Offset{0}; }));
  EXPECT_LE(state().begin, Offset{13});
  const auto gone = log_->read({Stream::kEvents, PartitionId{0}, Offset{0}}, {}, {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::kNotFound);
  EXPECT_EQ(values().size(), static_cast<std::size_t>(Offset{20} - state().begin));
}

TEST_F(LocalLogLimitsTest, RecyclesSegmentsWithoutEverShowingWhatTheyHeld) {
  open();
  std::uint64_t recycled = 0;  // Of the logs closed so far; each counts its own.
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> expected;
    for (int i = 0; i < 12; ++i) {
      expected.push_back(std::to_string(round) + std::string(static_cast<std::size_t>(3000 + 500 * i), 'r'));
      append_ok(expected.back());
    }
    auto found = values();
    ASSERT_GE(found.size(), expected.size());
    found.erase(found.begin(), found.end() - 12);
    EXPECT_EQ(found, expected);
    ASSERT_TRUE(commit(state().end));
    if (round % 4 == 3) {
      snapshot();
      recycled += log_->stats().segments_recycled;
      restore_snapshot();
      open();
      EXPECT_EQ(state().end, Offset{12 * (round + 1)});
    }
  }
  EXPECT_GT(recycled, 0U);
  EXPECT_LT(bytes_on_disk(directory_), config().max_bytes);
}

TEST_F(LocalLogLimitsTest, DropsTheOldestDeadLettersBeyondTheirLimit) {
  open();
  std::int64_t count = 0;
  // A refusal can come while the segment to be given up is still on its way.
  while (log_->stats().dead_dropped == 0 && count < 1000) count += append(kLarge, Stream::kDead).ok() ? 1 : 0;
  const auto dropped = static_cast<std::int64_t>(log_->stats().dead_dropped);
  ASSERT_GT(dropped, 0);
  EXPECT_EQ(state(Stream::kDead).begin, Offset{dropped});
  EXPECT_EQ(values(Stream::kDead).size(), static_cast<std::size_t>(count - dropped));
  append_ok("other streams go on");
}

TEST_F(LocalLogLimitsTest, KeepsRetryGoingWhenEventsAreFull) {
  open();
  fill();
  append_ok("retry has its own share", Stream::kRetry);
  append_ok("and so has dead", Stream::kDead);
}

TEST_F(LocalLogLimitsTest, RefusesAtOnceWhatTheQueueCannotHold) {
  auto small = config();
  small.max_queued_records = 10;
  open(small);
  // The ack of the first keeps the writer busy, so that the others stay in the queue.
  std::binary_semaphore writer_is_held{0};
  std::binary_semaphore let_go{0};
  log_->append(Stream::kEvents, {make_record("first")}, [&](const base::Result<Producer::Ack>&) {
    writer_is_held.release();
    let_go.acquire();
  });
  writer_is_held.acquire();
  std::atomic<int> accepted{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 15; ++i) {
    log_->append(Stream::kEvents, {make_record("x")}, [&](const base::Result<Producer::Ack>& ack) {
      if (ack) {
        ++accepted;
      } else if (ack.error().code == Errc::kFull) {
        ++refused;
      }
    });
  }
  EXPECT_EQ(refused, 6) << "The first one counts until it is answered.";
  EXPECT_EQ(log_->stats().queued_records, 10U);
  let_go.release();
  EXPECT_TRUE(eventually([&] { return accepted == 9; }));
  append_ok("room again");
}

TEST_F(LocalLogLimitsTest, RefusesWhatCanNeverBeWritten) {
  open();
  const auto too_large = append(std::string(kMaxRecordBytes, 'x'));
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, Errc::kInvalid);
  const auto too_many = log::append(*log_, Stream::kEvents, std::vector<Record>(7, make_record(kLarge)));
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, Errc::kInvalid);
  append_ok("goes on");
}

TEST_F(LocalLogLimitsTest, TakesTheLargestRecordAndAppend) {
  auto large = config();
  large.segment_bytes = 4U << 20U;
  large.max_bytes = 64U << 20U;
  large.retry_max_bytes = large.dead_max_bytes = 4U << 20U;
  open(large);
  const auto record = make_record(std::string(kMaxRecordBytes - 36, 'x'));
  ASSERT_EQ(encoded_bytes(record), kMaxRecordBytes);
  for (int i = 0; i < 3; ++i) {
    const auto ack = log::append(*log_, Stream::kEvents, {record, record, record});
    ASSERT_TRUE(ack) << ack.error().detail;
  }
  close();
  open(large);
  const auto found = values();
  ASSERT_EQ(found.size(), 9U);
  for (const auto& value : found) EXPECT_TRUE(value == record.value);
}

/// Callbacks append while the closing log goes through what it refuses.
TEST_F(LocalLogLimitsTest, AnswersEachAppendOnceWhenRefusedOnesAppendAgain) {
  open();
  std::binary_semaphore writer_is_held{0};
  std::binary_semaphore let_go{0};
  log_->append(Stream::kEvents, {make_record("first")}, [&](const base::Result<Producer::Ack>&) {
    writer_is_held.release();
    let_go.acquire();
  });
  writer_is_held.acquire();
  LocalLog& log = *log_;  // Lives until the writer is let go.
  std::jthread closer([this] { log_.reset(); });
  // An append is refused on this thread once the log is being closed.
  std::atomic<bool> closing = false;
  EXPECT_TRUE(eventually([&] {
    log.append(Stream::kEvents, {make_record("probe")},
               [&, here = std::this_thread::get_id()](const auto& ack) {
                 if (!ack && std::this_thread::get_id() == here) closing = true;
               });
    return closing.load();
  }));
  constexpr int kAppends = 8;
  std::array<int, kAppends> answers{};
  std::array<int, kAppends> second_answers{};
  {
    const base::Burst burst;
    for (std::size_t i = 0; i < kAppends; ++i) {
      log.append(Stream::kEvents, {make_record("x")}, [&, i](const auto& ack) {
        ++answers[i];
        EXPECT_FALSE(ack);
        if (answers[i] > 1) return;
        log.append(Stream::kEvents, {make_record("y")}, [&, i](const auto&) { ++second_answers[i]; });
      });
    }
  }
  let_go.release();
  closer.join();
  EXPECT_THAT(answers, testing::Each(1));
  EXPECT_THAT(second_answers, testing::Each(1));
}

TEST_F(LocalLogLimitsTest, AnswersWhatIsQueuedBeforeItIsGone) {
  open();
  constexpr int kAppends = 2000;
  std::atomic<int> answered{0};
  for (int i = 0; i < kAppends; ++i) {
    log_->append(Stream::kEvents, {make_record("x")},
                 [&](const base::Result<Producer::Ack>& ack) { answered += ack ? 1 : 0; });
  }
  close();
  EXPECT_EQ(answered, kAppends);
  open();
  EXPECT_EQ(values().size(), std::size_t{kAppends});
}

}  // namespace
}  // namespace fanfinity::log
