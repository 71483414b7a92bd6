#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include "base/log_line.h"

namespace fanfinity::app {
namespace {

constexpr int kExitOnSecondSignal = 130;

}  // namespace

Signals::Signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  quit_fd_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  eventfd_write(quit_fd_, 1);
  thread_.join();
  close(signal_fd_);
  close(quit_fd_);
}

void Signals::wait() {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop_.get_token(), [] { return false; });
}

void Signals::watch() {
  std::array<pollfd, 2> watched = {{{signal_fd_, POLLIN, 0}, {quit_fd_, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    if (watched[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) std::_Exit(kExitOnSecondSignal);
    base::log_line(base::Level::kInfo, "stopping: draining what is under way; a second signal stops at once",
                   {{"signal", static_cast<std::int64_t>(info.ssi_signo)}});
    stop_.request_stop();
  }
}

}  // namespace fanfinity::app
