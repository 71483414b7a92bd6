#include "base/private_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fanfinity::base {
namespace {

namespace fs = std::filesystem;

class PrivateDirectory : public testing::Test {
 protected:
  PrivateDirectory() : mask_(::umask(0)) { fs::create_directories(root_); }
  ~PrivateDirectory() override {
    fs::remove_all(root_);
    ::umask(mask_);
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  fs::path with_mode(unsigned mode) const {
    fs::create_directories(root_ / "there");
    fs::permissions(root_ / "there", static_cast<fs::perms>(mode));
    return root_ / "there";
  }
  static unsigned mode_of(const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
  }

  const fs::path root_ = fs::temp_directory_path() / ("fanfinity-private-" + std::to_string(::getpid()));

 private:
  const mode_t mask_;
};

TEST_F(PrivateDirectory, IsForItsOwnerAloneWhateverTheUmask) {
  ASSERT_FALSE(make_private_directory(root_ / "made"));
  EXPECT_EQ(mode_of(root_ / "made"), 0700U);
}

TEST_F(PrivateDirectory, IsTakenFromEverybodyElseWhenItWasOpen) {
  ASSERT_FALSE(make_private_directory(with_mode(0777)));
  EXPECT_EQ(mode_of(root_ / "there"), 0700U);
}

TEST_F(PrivateDirectory, CannotBeAFile) {
  const fs::path file = root_ / "file";
  ::close(::creat(file.c_str(), 0600));
  EXPECT_TRUE(make_private_directory(file));
  EXPECT_FALSE(make_data_directory(file).ok());
}

TEST_F(PrivateDirectory, OfTheDataCanOnlyBeWrittenByItsOwner) {
  ASSERT_TRUE(make_data_directory(root_ / "a" / "made").ok());
  EXPECT_EQ(mode_of(root_ / "a" / "made") & 0022U, 0U);
  ASSERT_TRUE(make_data_directory(with_mode(0777)).ok());
  EXPECT_EQ(mode_of(root_ / "there"), 0755U);
}

TEST_F(PrivateDirectory, OfTheDataKeepsTheModeItsOwnerGaveIt) {
  for (const unsigned mode : {0750U, 0700U, 01777U}) {
    ASSERT_TRUE(make_data_directory(with_mode(mode)).ok());
    EXPECT_EQ(mode_of(root_ / "there"), mode);
  }
}

}  // namespace
}  // namespace fanfinity::base
