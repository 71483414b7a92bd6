#include "store/library_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>

namespace fanfinity::store {
namespace {

constexpr int kInputEnded = 7;

/// As ClickHouse does at its prompt.
void edit_lines() {
  termios mode{};
  ::tcgetattr(STDIN_FILENO, &mode);
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

/// A process that reads its input to the end, in place of ClickHouse's library.
class Reader {
 public:
  explicit Reader(const std::function<void()>& before_reading) {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ != 0) {
      ::close(ends_[0]);
      return;
    }
    ::close(ends_[1]);
    const bool reads = read_from_terminal_until(ends_[0], "It listens nowhere.").ok();
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    before_reading();
    char c = 0;
    while (::read(STDIN_FILENO, &c, 1) == 1) {
    }
    std::_Exit(reads && terminal ? kInputEnded : 1);
  }
  ~Reader() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void hang_up() { ::close(ends_[1]); }
  /// Its exit code; -1 while it runs after `within`.
  int ended(std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() >= deadline) return -1;
      ::usleep(1'000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
  }

 private:
  std::array<int, 2> ends_{};
  pid_t pid_ = 0;
};

void listen_somewhere() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  ::listen(socket, 1);
}

TEST(LibraryInput, EndsWhenThePipeIsClosed) {
  Reader reader([] {
    listen_somewhere();
    edit_lines();
  });
  EXPECT_EQ(reader.ended(std::chrono::milliseconds{100}), -1);
  reader.hang_up();
  EXPECT_EQ(reader.ended(std::chrono::seconds{30}), kInputEnded);
}

TEST(LibraryInput, EndsWhenThePipeIsClosedBeforeAnythingListens) {
  Reader reader([] {});
  EXPECT_EQ(reader.ended(std::chrono::milliseconds{100}), -1);
  reader.hang_up();
  EXPECT_EQ(reader.ended(std::chrono::seconds{30}), kInputEnded);
}

TEST(LibraryInput, EndsAtAPromptOfWhoListensNowhere) {
  Reader reader(edit_lines);
  EXPECT_EQ(reader.ended(std::chrono::seconds{30}), kInputEnded);
}

}  // namespace
}  // namespace fanfinity::store
