// Who may use a directory, and what was agreed when it was created.

#include <sys/wait.h>
#include <unistd.h>

#include "log/directory.h"
#include "log_fixture.h"

namespace fanfinity::log {
namespace {

using base::Errc;

TEST_F(LocalLogTest, RefusesADirectoryThatIsInUse) {
  open();
  const auto second = LocalLog::open(config());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kUnavailable);
  EXPECT_NE(second.error().detail.find("in use"), std::string::npos);
  append_ok("undisturbed");
}

TEST_F(LocalLogTest, WaitsForTheOneBeforeToGo) {
  open();
  auto waiting = config();
  waiting.lock_wait = kDeadline;
  auto second = std::async(std::launch::async, [&] { return LocalLog::open(waiting); });
  append_ok("by the first");
  close();
  auto log = second.get();
  ASSERT_TRUE(log) << log.error().detail;
  log_ = std::move(log).value();
  EXPECT_EQ(values(), std::vector<std::string>{"by the first"});
}

TEST_F(LocalLogTest, RefusesAnotherNumberOfPartitions) {
  open();
  append_ok("kept");
  close();
  auto other = config();
  other.partitions = 2;
  const auto status = try_open(other);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kInvalid);
  EXPECT_NE(status.error().detail.find("has 1 partitions, not 2"), std::string::npos)
      << status.error().detail;
  open();
  EXPECT_EQ(values(), std::vector<std::string>{"kept"});
}

TEST_F(LocalLogTest, RefusesSegmentsWithoutTheirDescription) {
  open();
  append_ok("kept");
  close();
  const auto format = read_bytes(directory_ / "FORMAT");
  for (const auto& other : {std::string(), std::string("fanfinity-log 2\npartitions 1\nstate complete\n"),
                            std::string("fanfinity-log 1\npartitions 99999999999\nstate complete\n")}) {
    write_bytes(directory_ / "FORMAT", other);
    const auto status = try_open(config());
    ASSERT_FALSE(status) << other;
    EXPECT_EQ(status.error().code, Errc::kCorrupt);
  }
  std::filesystem::remove(directory_ / "FORMAT");
  const auto status = try_open(config());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kCorrupt);
  write_bytes(directory_ / "FORMAT", format);
  open();
  EXPECT_EQ(values(), std::vector<std::string>{"kept"});
}

TEST_F(LocalLogTest, SaysWhatIsWrongWithADirectoryItCannotUse) {
  write_bytes(directory_, "a file where the directory should be");
  const auto status = try_open(config());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_NE(status.error().detail.find(directory_.string()), std::string::npos);
}

/// Root may write anywhere, so it becomes somebody else for a while.
class Unprivileged {
 public:
  Unprivileged() {
    if (was_ == 0) become(kNobody);
  }
  ~Unprivileged() {
    if (was_ == 0) become(was_);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static void become(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }

  static constexpr uid_t kNobody = 65534;
  const uid_t was_ = ::geteuid();
};

TEST_F(LocalLogTest, SaysWhenItMayNotWriteToItsDirectory) {
  std::filesystem::create_directories(directory_);
  std::filesystem::permissions(directory_,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto status = [&] {
    const Unprivileged unprivileged;
    return try_open(config());
  }();
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_NE(status.error().detail.find("Permission denied"), std::string::npos);
}

TEST_F(LocalLogTest, RefusesSettingsThatContradictEachOther) {
  const auto refused = [&](LocalLogConfig broken) {
    const auto status = try_open(std::move(broken));
    return !status && status.error().code == Errc::kInvalid && !std::filesystem::exists(directory_);
  };
  auto broken = config();
  broken.partitions = 0;
  EXPECT_TRUE(refused(broken));
  broken.partitions = 257;
  EXPECT_TRUE(refused(broken));
  broken = config();
  broken.segment_bytes = kMinSegmentBytes + 1;
  EXPECT_TRUE(refused(broken));
  broken.segment_bytes = kMinSegmentBytes / 2;
  EXPECT_TRUE(refused(broken));
  broken = config();
  broken.max_bytes = 4U << 20U;
  EXPECT_TRUE(refused(broken));
  broken = config();
  broken.dead_max_bytes = kMinSegmentBytes;
  EXPECT_TRUE(refused(broken));
}

}  // namespace
}  // namespace fanfinity::log
