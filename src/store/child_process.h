#pragma once
// A child process whose standard input is ours: closing it is how the child is told to end.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace fanfinity::store {

/// A file descriptor, closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }
  void close();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// One thread at a time, and always the one that spawned it: a child that asks to die with its parent dies
/// with that *thread*.
class ChildProcess {
 public:
  /// Its own process group (the terminal's Ctrl-C is not for it), default signals, no descriptor of ours but
  /// its input; `output` takes what it prints, from the start of the file.
  [[nodiscard]] static base::Result<ChildProcess> spawn(const std::vector<std::string>& command,
                                                        const std::filesystem::path& output);
  ChildProcess(ChildProcess&&) noexcept = default;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  ///< Kills it when it is still there.

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] base::Status write_input(std::string_view text);
  void close_input() { input_.close(); }
  void kill();

  /// Waits until it has ended or `wake` is readable, at most `timeout`. How it ended, once it has.
  std::optional<std::string> wait(std::chrono::milliseconds timeout, int wake = -1);
  /// It ended by a signal, not by itself.
  [[nodiscard]] bool was_killed() const { return killed_; }

 private:
  ChildProcess(pid_t pid, Fd handle, Fd input);
  pid_t pid_ = 0;
  Fd handle_;  // pidfd
  Fd input_;
  std::optional<std::string> ended_;
  bool killed_ = false;
};

}  // namespace fanfinity::store
