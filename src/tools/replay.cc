#include "tools/replay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <thread>

#include "tools/replay_report.h"

namespace fanfinity::tools {
namespace {

constexpr int kInterrupts[] = {SIGINT, SIGTERM};

// Written in the handler, read by the thread that requests the stop: request_stop() itself takes locks.
int wake_pipe[2] = {-1, -1};
volatile sig_atomic_t interrupts_seen = 0;

extern "C" void on_interrupt(int) {
  if (interrupts_seen != 0) ::_exit(1);
  interrupts_seen = 1;
  const int kept = errno;
  const char byte = 'i';
  static_cast<void>(!::write(wake_pipe[1], &byte, 1));
  errno = kept;
}

// While it lives, the first SIGINT or SIGTERM requests a stop and the second ends the process.
class StopOnInterrupt {
 public:
  StopOnInterrupt() {
    interrupts_seen = 0;
    if (::pipe2(wake_pipe, O_CLOEXEC) != 0) return;
    watcher_ = std::jthread([this] {
      char byte = 0;
      if (::read(wake_pipe[0], &byte, 1) == 1 && byte == 'i') stop_.request_stop();
    });
    struct sigaction action{};
    action.sa_handler = on_interrupt;
    for (std::size_t i = 0; i < previous_.size(); ++i) ::sigaction(kInterrupts[i], &action, &previous_[i]);
  }
  ~StopOnInterrupt() {
    if (!watcher_.joinable()) return;
    for (std::size_t i = 0; i < previous_.size(); ++i) ::sigaction(kInterrupts[i], &previous_[i], nullptr);
    const char byte = 'q';
    static_cast<void>(!::write(wake_pipe[1], &byte, 1));
    watcher_.join();
    ::close(wake_pipe[0]);
    ::close(wake_pipe[1]);
  }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread watcher_;
  std::array<struct sigaction, std::size(kInterrupts)> previous_{};
};

}  // namespace

base::Result<std::optional<double>> parse_speed(std::string_view text) {
  if (text == "max") return std::optional<double>();
  std::string_view number = text;
  if (number.ends_with('x')) number.remove_suffix(1);
  double speed = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), speed);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(speed) || speed <= 0) {
    return base::Error{
        base::Errc::kInvalid,
        fmt::format("'{}' is not a speed; give how many times real time, like 60, or max.", text)};
  }
  return std::optional<double>(speed);
}

int replay(const ReplayConfig& config) {
  const StopOnInterrupt interrupt;
  const auto summary = run_replay(config, interrupt.token(), stderr);
  if (!summary) {
    fmt::print(stderr, "replay: {}\n", summary.error().detail);
    return 1;
  }
  fmt::print("{}", summary_text(*summary));
  return summary->complete() ? 0 : 1;
}

}  // namespace fanfinity::tools
