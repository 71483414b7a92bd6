// Disks that fail, fill up, or do only half of what they are told.

#include "fault_files.h"
#include "log_fixture.h"

namespace fanfinity::log {
namespace {

using base::Errc;

class LocalLogFaultTest : public LocalLogTest {
 protected:
  // The log goes first: its threads use the files to the last.
  ~LocalLogFaultTest() override { log_.reset(); }

  void open_faulty() {
    auto faulty = config();
    faulty.files = &files_;
    open(faulty);
  }
  /// Waits until the janitor has prepared what it wants, so that a fault meets the writer alone.
  void settle() {
    const auto ready = segment_path(3);
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(ready); }));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(segment_path(2, "retry")); }));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(segment_path(2, "dead")); }));
  }

  FaultFiles files_;
};

void expect_code(const base::Result<Producer::Ack>& ack, Errc code) {
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code, code) << ack.error().detail;
}

TEST_F(LocalLogFaultTest, CompletesShortWritesAndReads) {
  files_.longest_read = 4'001;
  open_faulty();
  // Creating zeroes megabytes, which would take its time seven bytes by seven.
  settle();
  files_.longest_write = 7;
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back("record " + std::to_string(i));
    append_ok(expected.back());
  }
  ASSERT_TRUE(commit(Offset{3}, "metadata"));
  EXPECT_EQ(values(), expected);
  close();
  files_.longest_write = SIZE_MAX;
  open_faulty();
  EXPECT_EQ(values(), expected);
  EXPECT_EQ(state().committed.metadata, "metadata");
}

TEST_F(LocalLogFaultTest, IsPoisonedByAFailedSyncUntilARestart) {
  open_faulty();
  settle();
  append_ok("kept");
  files_.syncs_fail = true;
  expect_code(append("unknown"), Errc::kUnknownOutcome);
  files_.syncs_fail = false;
  const auto syncs = files_.syncs.load();
  expect_code(append("refused"), Errc::kUnavailable);
  EXPECT_EQ(files_.syncs, syncs) << "A failed sync must not be tried again.";
  const auto health = log_->health();
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error().code, Errc::kUnavailable);
  EXPECT_NE(health.error().detail.find("restart"), std::string::npos);
  EXPECT_TRUE(log_->stats().poisoned);
  EXPECT_EQ(values(), std::vector<std::string>{"kept"})
      << "What is not known to be durable must not be seen.";
  const auto committed = commit(Offset{1});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, Errc::kUnavailable);

  close();
  open();
  const auto found = values();
  ASSERT_GE(found.size(), 1U);
  EXPECT_EQ(found.front(), "kept");
  append_ok("goes on");
}

TEST_F(LocalLogFaultTest, IsPoisonedByAFailedWriteAndDropsWhatItTore) {
  open_faulty();
  settle();
  append_ok("kept");
  files_.writes_tear = true;
  files_.writes_fail = true;
  expect_code(append(std::string(1000, 't')), Errc::kUnknownOutcome);
  files_.writes_fail = false;
  expect_code(append("refused"), Errc::kUnavailable);
  expect_code(append("refused", Stream::kDead), Errc::kUnavailable);
  close();
  open();
  EXPECT_EQ(values(), std::vector<std::string>{"kept"});
  append_ok("goes on");
}

TEST_F(LocalLogFaultTest, IsPoisonedByACommitOfUnknownOutcome) {
  open_faulty();
  settle();
  append_ok("one");
  files_.syncs_fail = true;
  const auto committed = commit(Offset{1}, "perhaps");
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, Errc::kUnknownOutcome);
  files_.syncs_fail = false;
  expect_code(append("refused"), Errc::kUnavailable);
  EXPECT_FALSE(state().committed.offset);
}

TEST_F(LocalLogFaultTest, AnswersEveryQueuedAppendWhenItIsPoisoned) {
  open_faulty();
  settle();
  files_.syncs_fail = true;
  constexpr int kAppends = 200;
  std::atomic<int> failed{0};
  for (int i = 0; i < kAppends; ++i) {
    log_->append(Stream::kEvents, {make_record("x")}, [&](const base::Result<Producer::Ack>& ack) {
      if (!ack && (ack.error().code == Errc::kUnknownOutcome || ack.error().code == Errc::kUnavailable))
        ++failed;
    });
  }
  EXPECT_TRUE(eventually([&] { return failed == kAppends; }));
}

TEST_F(LocalLogFaultTest, RefusesWhenTheDiskIsFullAndRecoversWhenItIsNot) {
  open_faulty();
  settle();
  files_.disk_full = true;
  const std::string large(10'000, 'x');
  std::size_t accepted = 0;
  auto ack = append(large);
  for (; ack; ack = append(large)) ++accepted;
  expect_code(ack, Errc::kFull);
  // Three segments were prepared, and no append met the full disk halfway.
  EXPECT_GE(accepted, 3 * (kMinSegmentBytes - kSegmentHeaderBytes) / 10'200 - 3);
  const auto health = log_->health();
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error().code, Errc::kFull);
  EXPECT_EQ(values().size(), accepted);
  ASSERT_TRUE(commit(Offset{1}, "commits need no space"));

  files_.disk_full = false;
  EXPECT_TRUE(eventually([&] { return append(large).ok(); }));
  EXPECT_TRUE(log_->health());
  close();
  open();
  EXPECT_EQ(values().size(), accepted + 1);
}

TEST_F(LocalLogFaultTest, IsNotPoisonedByAFailureToPrepareASegment) {
  open_faulty();
  settle();
  files_.renames_fail = true;
  const std::string large(10'000, 'x');
  auto ack = append(large);
  while (ack) ack = append(large);
  expect_code(ack, Errc::kUnavailable);
  EXPECT_FALSE(log_->stats().poisoned);
  files_.renames_fail = false;
  EXPECT_TRUE(eventually([&] { return append(large).ok(); }));
  const auto stored = values().size();
  close();
  open();
  EXPECT_EQ(values().size(), stored);
}

}  // namespace
}  // namespace fanfinity::log
