// What is there after a start, whatever the end before was like.

#include "log_fixture.h"

namespace fanfinity::log {
namespace {

using base::Errc;

TEST_F(LocalLogTest, KeepsRecordsOffsetsAndCommitsOverARestart) {
  open();
  append_ok("one");
  append_ok("two");
  append_ok("again", Stream::kRetry);
  append_ok("lost cause", Stream::kDead);
  ASSERT_TRUE(commit(Offset{1}, "v1;intent=2"));
  close();
  open();
  EXPECT_EQ(values(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(values(Stream::kRetry), std::vector<std::string>{"again"});
  EXPECT_EQ(values(Stream::kDead), std::vector<std::string>{"lost cause"});
  EXPECT_EQ(state().committed.offset, Offset{1});
  EXPECT_EQ(state().committed.metadata, "v1;intent=2");
  const auto ack = append("three");
  ASSERT_TRUE(ack) << ack.error().detail;
  EXPECT_EQ(ack->last.offset, Offset{2});
}

TEST_F(LocalLogTest, KeepsABacklogOfManySegmentsOverARestart) {
  open();
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    expected.push_back(std::to_string(i) + std::string(10'000, 'x'));
    append_ok(expected.back());
  }
  close();
  open();
  EXPECT_EQ(values(), expected);
  append_ok("more");
  expected.emplace_back("more");
  EXPECT_EQ(values(), expected);
}

TEST_F(LocalLogTest, DropsATornTailWhereverItTears) {
  open();
  append_ok("first");
  append_ok("second");
  const auto torn_at = kSegmentHeaderBytes + log_->stats().live_bytes;
  append_ok("the last one, never acknowledged");
  const auto torn_end = kSegmentHeaderBytes + log_->stats().live_bytes;
  snapshot();
  restore_snapshot();
  const auto whole = read_bytes(segment_path(1));
  for (auto at = torn_at; at < torn_end; ++at) {
    for (const char garbage : {'\0', '\xff'}) {
      auto torn = whole;
      std::fill(torn.begin() + static_cast<std::ptrdiff_t>(at),
                torn.begin() + static_cast<std::ptrdiff_t>(torn_end), garbage);
      write_bytes(segment_path(1), torn);
      open();
      auto expected = std::vector<std::string>{"first", "second"};
      // Only the padding is missing: the record is whole.
      if (values().size() == 3) {
        EXPECT_GT(at + kBlockAlignment, torn_end);
        expected.emplace_back("the last one, never acknowledged");
      }
      append_ok("next");
      expected.emplace_back("next");
      EXPECT_EQ(values(), expected) << at;
      close();
      open();
      EXPECT_EQ(values(), expected) << at;
      close();
    }
  }
}

TEST_F(LocalLogTest, NeverTakesADamagedRecordForAGoodOne) {
  open();
  std::vector<std::string> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back("record " + std::to_string(i));
    append_ok(all.back());
  }
  const auto end = kSegmentHeaderBytes + log_->stats().live_bytes;
  snapshot();
  restore_snapshot();
  const auto whole = read_bytes(segment_path(1));
  const std::vector<std::string> all_but_last(all.begin(), all.end() - 1);
  int corrupt = 0;
  for (auto at = kSegmentHeaderBytes; at < end; ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    write_bytes(segment_path(1), damaged);
    const auto status = try_open(config());
    if (status) {
      // Padding carries nothing, and the last write cannot be told from a torn one.
      const auto found = values();
      EXPECT_TRUE(found == all || found == all_but_last) << at;
    } else {
      EXPECT_EQ(status.error().code, Errc::kCorrupt) << at;
      ++corrupt;
    }
    close();
  }
  EXPECT_GT(corrupt, 3 * static_cast<int>(kBlockHeaderBytes));
}

TEST_F(LocalLogTest, RecognisesDamageToItsLastRecordAfterACleanClose) {
  open();
  append_ok("only");
  const auto end = kSegmentHeaderBytes + log_->stats().live_bytes;
  close();
  auto bytes = read_bytes(segment_path(1));
  bytes[end - kBlockAlignment] ^= 1;
  write_bytes(segment_path(1), bytes);
  const auto status = try_open(config());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kCorrupt);
}

TEST_F(LocalLogTest, SaysWhichOldRecordIsDamagedInsteadOfSkippingIt) {
  open();
  for (int i = 0; i < 20; ++i) append_ok(std::string(10'000, 'x'));
  close();
  auto bytes = read_bytes(segment_path(1));
  bytes[kSegmentHeaderBytes + 15'000] ^= 1;
  write_bytes(segment_path(1), bytes);
  open();
  const auto all = read_all(*log_, Stream::kEvents);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Errc::kCorrupt);
  EXPECT_NE(all.error().detail.find(segment_path(1).string()), std::string::npos);
  EXPECT_NE(all.error().detail.find("checksum"), std::string::npos);
}

TEST_F(LocalLogTest, RefusesADamagedHeaderOrCheckpointOfAnySegment) {
  open();
  for (int i = 0; i < 20; ++i) append_ok(std::string(10'000, 'x'));
  close();
  for (const auto sequence : {1U, 2U}) {
    for (const auto at : {std::uint64_t{9}, std::uint64_t{25}, kSegmentHeaderBytes + 50}) {
      const auto whole = read_bytes(segment_path(sequence));
      auto damaged = whole;
      damaged[at] ^= 1;
      write_bytes(segment_path(sequence), damaged);
      const auto status = try_open(config());
      ASSERT_FALSE(status) << sequence << " " << at;
      EXPECT_EQ(status.error().code, Errc::kCorrupt);
      write_bytes(segment_path(sequence), whole);
    }
  }
  open();
}

TEST_F(LocalLogTest, RefusesToGoOnWithoutASegment) {
  open();
  for (int i = 0; i < 30; ++i) append_ok(std::string(10'000, 'x'));
  close();
  std::filesystem::remove(segment_path(2));
  const auto status = try_open(config());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kCorrupt);
  EXPECT_NE(status.error().detail.find(segment_path(2).string()), std::string::npos);
}

TEST_F(LocalLogTest, RefusesToGoOnWithoutTheNewestSegmentsWhenTheyWereConsumed) {
  open();
  for (int i = 0; i < 20; ++i) append_ok(std::string(10'000, 'x'));
  ASSERT_TRUE(commit(Offset{20}));
  close();
  auto newest = std::uint64_t{1};
  while (std::filesystem::exists(segment_path(newest + 1)) ||
         !std::filesystem::exists(segment_path(newest))) {
    ++newest;
  }
  // Those that are prepared and the one that is written.
  for (auto sequence = newest; std::filesystem::exists(segment_path(sequence)); --sequence) {
    std::filesystem::remove(segment_path(sequence));
  }
  const auto status = try_open(config());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kCorrupt);
}

TEST_F(LocalLogTest, KeepsCommitsThroughManyRotationsOfTheirFile) {
  open();
  append_ok("x");
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 700; ++k) {
      ASSERT_TRUE(commit(Offset{k % 2}, std::to_string(k) + std::string(1000, 'm')));
    }
    close();
    open();
    EXPECT_EQ(state().committed.offset, Offset{1});
    EXPECT_EQ(state().committed.metadata, "699" + std::string(1000, 'm'));
  }
}

TEST_F(LocalLogTest, FinishesACreationThatWasCutShort) {
  open();
  close();
  auto format = read_bytes(directory_ / "FORMAT");
  format.replace(format.find("complete"), 8, "creating");
  write_bytes(directory_ / "FORMAT", format);
  write_bytes(directory_ / "somebody's file", "not ours");
  std::filesystem::remove(segment_path(1, "retry"));
  open();
  append_ok("works");
  EXPECT_EQ(values(), std::vector<std::string>{"works"});
  EXPECT_EQ(read_bytes(directory_ / "somebody's file"), "not ours");
}

TEST_F(LocalLogTest, TakesOverAnotherSegmentSizeAndLimit) {
  open();
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(std::string(10'000, static_cast<char>('a' + i)));
    append_ok(expected.back());
  }
  close();
  auto larger = config();
  larger.segment_bytes = 2 * kMinSegmentBytes;
  open(larger);
  for (int i = 0; i < 40; ++i) {
    expected.push_back(std::string(10'000, static_cast<char>('A' + i)));
    append_ok(expected.back());
  }
  EXPECT_EQ(values(), expected);
  close();
  open();
  EXPECT_EQ(values(), expected);
}

}  // namespace
}  // namespace fanfinity::log
