#include "store/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

std::string describe(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return "it ended with code " + std::to_string(info.si_status);
  return "it was killed by signal " + std::to_string(info.si_status);
}

/// posix_spawn's two lists, freed with their owner.
struct SpawnPlan {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

void plan(SpawnPlan& out, int input, const std::filesystem::path& output) {
  ::posix_spawn_file_actions_adddup2(&out.files, input, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&out.files, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, S_IRUSR | S_IWUSR);
  ::posix_spawn_file_actions_adddup2(&out.files, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&out.files, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&out.attributes, &none);
  ::posix_spawnattr_setsigdefault(&out.attributes, &all);
  ::posix_spawnattr_setpgroup(&out.attributes, 0);
  ::posix_spawnattr_setflags(&out.attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

}  // namespace

void Fd::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<ChildProcess> ChildProcess::spawn(const std::vector<std::string>& command,
                                         const std::filesystem::path& output) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{Errc::kUnavailable, std::string("No pipe can be made: ") + std::strerror(errno) + "."};
  }
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  SpawnPlan spawn_plan;
  plan(spawn_plan, read_end.get(), output);
  std::vector<std::string> arguments = command;
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, argv[0], &spawn_plan.files, &spawn_plan.attributes, argv.data(), environ);
  if (failed != 0) {
    return Error{Errc::kUnavailable,
                 "The program " + command[0] + " cannot be run: " + std::strerror(failed) + "."};
  }
  Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // glibc 2.36 declares no C function.
  if (!handle.open()) {
    const int reason = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return Error{Errc::kUnavailable,
                 std::string("A child process cannot be watched: ") + std::strerror(reason) + "."};
  }
  return ChildProcess(pid, std::move(handle), std::move(write_end));
}

ChildProcess::ChildProcess(pid_t pid, Fd handle, Fd input)
    : pid_(pid), handle_(std::move(handle)), input_(std::move(input)) {}

ChildProcess::~ChildProcess() {
  if (!handle_.open() || ended_) return;
  kill();
  while (!wait(std::chrono::hours{1})) {
  }
}

Status ChildProcess::write_input(std::string_view text) {
  // SIGPIPE must not end us when the child has: a pipe cannot be written with MSG_NOSIGNAL.
  sigset_t broken_pipe;
  sigset_t before;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
  const bool written = ::write(input_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = errno;
  if (!written && reason == EPIPE) {
    const timespec now{};
    ::sigtimedwait(&broken_pipe, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (written) return {};
  return Error{Errc::kUnavailable,
               std::string("The child process ended at once: ") + std::strerror(reason) + "."};
}

void ChildProcess::kill() {
  if (!ended_) ::kill(pid_, SIGKILL);  // Not yet waited for, so the id is still its own.
}

std::optional<std::string> ChildProcess::wait(std::chrono::milliseconds timeout, int wake) {
  if (ended_) return ended_;
  std::array<pollfd, 2> watched = {pollfd{handle_.get(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  static_cast<void>(::poll(watched.data(), watched.size(), static_cast<int>(timeout.count())));
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &info, WEXITED | WNOHANG) == 0 &&
      info.si_pid == pid_) {
    ended_ = describe(info);
    killed_ = info.si_code != CLD_EXITED;
  }
  return ended_;
}

}  // namespace fanfinity::store
