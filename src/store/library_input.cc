#include "store/library_input.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Status;

/// Whether who reads the terminal edits a line of its own: ClickHouse is then at its prompt.
bool awaits_command(int terminal) {
  termios mode{};
  return ::tcgetattr(terminal, &mode) == 0 && (mode.c_lflag & static_cast<tcflag_t>(ICANON)) == 0;
}

bool listens() {
  constexpr int kEnough = 4'096;  // Sockets opened at the start have low numbers.
  for (int fd = 0; fd < kEnough; ++fd) {
    int listening = 0;
    socklen_t size = sizeof(listening);
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0) return true;
  }
  return false;
}

void hang_up_after(int end, int terminal, const std::string& complaint) {
  constexpr int kBetweenLooks = 10;
  bool serves = false;
  while (!hung_up(end)) {
    pollfd ending{end, 0, 0};
    ::poll(&ending, 1, serves ? -1 : kBetweenLooks);
    if (serves || !awaits_command(terminal)) continue;
    serves = listens();
    if (serves) continue;
    static_cast<void>(std::fprintf(stderr, "%s\n", complaint.c_str()));
    break;
  }
  ::close(terminal);
}

}  // namespace

bool hung_up(int end) {
  pollfd ending{end, 0, 0};
  return ::poll(&ending, 1, 0) == 1 && (ending.revents & (POLLHUP | POLLERR)) != 0;
}

Status read_from_terminal_until(int end, const std::string& complaint) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::array<char, 64> name{};
  const bool made = terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0 &&
                    ::ptsname_r(terminal, name.data(), name.size()) == 0;
  const int input = made ? ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
  if (input < 0 || ::dup2(input, STDIN_FILENO) < 0) {
    return Error{Errc::kUnavailable, std::string("ClickHouse needs a pseudo-terminal and there is none (") +
                                         std::strerror(errno) + "); mount devpts on /dev/pts."};
  }
  ::close(input);
  ::setenv("TERM", "xterm", 1);  // One whose lines can be edited: see awaits_command.
  std::thread(hang_up_after, end, terminal, complaint).detach();
  return {};
}

}  // namespace fanfinity::store
