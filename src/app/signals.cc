#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <mutex>

#include "app/settings_flags.h"
#include "base/log_line.h"

namespace fanfinity::app {
namespace {

constexpr int kExitOnSecondSignal = 130;

}  // namespace

Signals::Signals(std::chrono::milliseconds stop_timeout) : stop_timeout_(stop_timeout) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  quitting_ = true;
  eventfd_write(wake_fd_, 1);
  thread_.join();
  close(signal_fd_);
  close(wake_fd_);
}

void Signals::wait() {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop_.get_token(), [] { return false; });
}

void Signals::fail() {
  failed_ = true;
  request_stop();
  eventfd_write(wake_fd_, 1);
}

void Signals::request_stop() {
  base::SteadyTime none{};
  deadline_.compare_exchange_strong(none, std::chrono::steady_clock::now() + stop_timeout_);
  stop_.request_stop();
}

int Signals::patience() const {
  if (!stop_.stop_requested()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_.load() - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

void Signals::watch() {
  std::array<pollfd, 2> watched = {{{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
  while (!quitting_) {
    const int ready = poll(watched.data(), watched.size(), patience());
    if (quitting_) return;
    if (ready == 0) end_by_force();
    if (ready < 0) continue;
    eventfd_t wakes = 0;
    if (watched[1].revents != 0) eventfd_read(wake_fd_, &wakes);
    if (watched[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) std::_Exit(kExitOnSecondSignal);
    base::log_line(base::Level::kInfo, "stop requested",
                   {{"signal", static_cast<std::int64_t>(info.ssi_signo)},
                    {"timeout_ms", stop_timeout_.count()},
                    {"advice", "a second signal ends the process at once"}});
    request_stop();
  }
}

void Signals::end_by_force() const {
  // As safe as a kill -9: whatever was acknowledged is in the log, and the next start goes on from there.
  base::log_line(
      base::Level::kWarn, "stop cut short",
      {{"timeout_ms", stop_timeout_.count()},
       {"detail", "something did not end within DRAIN_TIMEOUT; what is not stored stays in the log"}});
  std::_Exit(failed_ ? kFailed : kDone);
}

}  // namespace fanfinity::app
