#include <array>
#include <atomic>

#include "log_contract.h"

namespace fanfinity::log {
namespace {

using base::Errc;

void expect_fenced(OwnedPartition& partition) {
  const auto committed = partition.committed();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, Errc::kFenced);
  Fetched none;
  const auto fetched = partition.fetch(Offset{0}, {}, {}, none);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Errc::kFenced);
  const auto commit = partition.commit(Offset{0}, "");
  ASSERT_FALSE(commit);
  EXPECT_EQ(commit.error().code, Errc::kFenced);
}

TEST_P(LogContract, GivesEveryPartitionToTheOnlyMember) {
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  for (const auto& partition : member.all()) {
    const auto committed = partition->committed();
    ASSERT_TRUE(committed) << committed.error().detail;
    EXPECT_FALSE(committed->offset);
    EXPECT_EQ(committed->metadata, "");
  }
}

TEST_P(LogContract, FetchesWhatWasAppendedBeforeAndAfterJoining) {
  append_values(Stream::kRetry, 2, 0, 3);
  Member member(group(), Stream::kRetry);
  ASSERT_TRUE(member.owns(kPartitions));
  const auto partition = member.partition(2);
  EXPECT_EQ(fetch_values(*partition, Offset{0}, 3), (std::vector<std::string>{"0", "1", "2"}));
  append_values(Stream::kRetry, 2, 3, 5);
  EXPECT_EQ(fetch_values(*partition, Offset{3}, 2), (std::vector<std::string>{"3", "4"}));
  Fetched none;
  const auto outside = partition->fetch(Offset{6}, {}, {}, none);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code, Errc::kNotFound);
}

TEST_P(LogContract, KeepsCommitsWithTheirMetadata) {
  append_values(Stream::kEvents, 1, 0, 5);
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  const auto partition = member.partition(1);
  const std::string longest(1024, 'm');
  for (const auto& metadata : {std::string("v1;intent=5"), longest, std::string()}) {
    const auto status = partition->commit(Offset{3}, metadata);
    ASSERT_TRUE(status) << status.error().detail;
    const auto committed = partition->committed();
    ASSERT_TRUE(committed) << committed.error().detail;
    EXPECT_EQ(committed->offset, Offset{3});
    EXPECT_EQ(committed->metadata, metadata);
  }
  const auto states = reader().state(Stream::kEvents);
  ASSERT_TRUE(states) << states.error().detail;
  EXPECT_EQ((*states)[1].committed.offset, Offset{3});
  EXPECT_FALSE((*states)[0].committed.offset);
}

TEST_P(LogContract, RefusesACommitThatCannotBe) {
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  const auto too_long = member.partition(0)->commit(Offset{0}, std::string(1025, 'm'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, Errc::kInvalid);
  const auto beyond = member.partition(0)->commit(Offset{1}, "");
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::kInvalid);
  EXPECT_FALSE(member.partition(0)->committed()->offset);
}

TEST_P(LogContract, SharesPartitionsEvenlyAndHandsThemOverWithTheirCommits) {
  append_values(Stream::kEvents, 3, 0, 2);
  Member first(group(), Stream::kEvents);
  ASSERT_TRUE(first.owns(kPartitions));
  for (const auto& partition : first.all()) {
    const auto end = partition->id() == PartitionId{3} ? Offset{2} : Offset{0};
    ASSERT_TRUE(partition->commit(end, "by first"));
  }
  Member second(group(), Stream::kEvents);
  ASSERT_TRUE(second.owns(2));
  ASSERT_TRUE(first.owns(2));
  EXPECT_TRUE(first.leave());
  ASSERT_TRUE(second.owns(kPartitions));
  for (const auto& partition : second.all()) {
    const auto committed = partition->committed();
    ASSERT_TRUE(committed) << committed.error().detail;
    EXPECT_EQ(committed->offset, partition->id() == PartitionId{3} ? Offset{2} : Offset{0});
    EXPECT_EQ(committed->metadata, "by first");
  }
}

TEST_P(LogContract, FencesWhoHasLostAPartition) {
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  const auto partition = member.partition(0);
  EXPECT_TRUE(member.leave());
  expect_fenced(*partition);
}

TEST_P(LogContract, RevokesEverythingBeforeRunReturns) {
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  EXPECT_TRUE(member.leave());
  EXPECT_TRUE(member.all().empty());
}

TEST_P(LogContract, LetsTheOwnerCommitUntilItHasBeenRevoked) {
  append_values(Stream::kEvents, 0, 0, 4);
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  std::atomic<bool> committed{false};
  member.set_last_act([&](OwnedPartition& partition) {
    if (partition.id() == PartitionId{0}) committed = partition.commit(Offset{4}, "last").ok();
  });
  EXPECT_TRUE(member.leave());
  EXPECT_TRUE(committed);
  EXPECT_EQ((*reader().state(Stream::kEvents))[0].committed.offset, Offset{4});
}

TEST_P(LogContract, StartsAPartitionAnewAfterRejoin) {
  Member member(group(), Stream::kEvents);
  ASSERT_TRUE(member.owns(kPartitions));
  const auto before = member.partition(2);
  ASSERT_TRUE(before->commit(Offset{0}, "kept"));
  group().rejoin(Stream::kEvents, PartitionId{2});
  ASSERT_TRUE(member.was_assigned(kPartitions + 1));
  ASSERT_TRUE(member.owns(kPartitions));
  const auto after = member.partition(2);
  EXPECT_NE(before, after);
  expect_fenced(*before);
  const auto committed = after->committed();
  ASSERT_TRUE(committed) << committed.error().detail;
  EXPECT_EQ(committed->metadata, "kept");
  EXPECT_TRUE(after->commit(Offset{0}, ""));
}

TEST_P(LogContract, NeverLetsTwoMembersHoldOnePartition) {
  std::array<std::atomic<int>, kPartitions> holders{};
  std::atomic<bool> clash{false};
  class Counting final : public Group::Listener {
   public:
    Counting(std::array<std::atomic<int>, kPartitions>& counts, std::atomic<bool>& broken)
        : holders_(counts), clash_(broken) {}
    void on_assigned(std::shared_ptr<OwnedPartition> partition) override {
      if (++holders_[number(partition->id())] != 1) clash_ = true;
    }
    void on_revoked(PartitionId partition) override { --holders_[number(partition)]; }

   private:
    std::array<std::atomic<int>, kPartitions>& holders_;
    std::atomic<bool>& clash_;
  };
  for (int round = 0; round < 8; ++round) {
    std::vector<std::unique_ptr<Counting>> listeners;
    std::vector<std::jthread> members;
    for (int m = 0; m < 5; ++m) {
      listeners.push_back(std::make_unique<Counting>(holders, clash));
      members.emplace_back([this, &listener = *listeners.back()](std::stop_token stop) {
        EXPECT_TRUE(group().run(Stream::kEvents, listener, std::move(stop)));
      });
      group().rejoin(Stream::kEvents, PartitionId{static_cast<std::uint32_t>(m) % kPartitions});
    }
  }
  EXPECT_FALSE(clash);
  for (const auto& count : holders) EXPECT_EQ(count, 0);
}

TEST_P(LogContract, HasNoGroupForDeadLetters) {
  class Nobody final : public Group::Listener {
    void on_assigned(std::shared_ptr<OwnedPartition>) override { ADD_FAILURE(); }
    void on_revoked(PartitionId) override { ADD_FAILURE(); }
  } nobody;
  const auto status = group().run(Stream::kDead, nobody, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace fanfinity::log
