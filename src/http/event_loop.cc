#include "http/event_loop.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fanfinity::http {
namespace {

OwnedDescriptor opened(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return OwnedDescriptor(fd);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(opened(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
  // Each write to it is an edge, so it is never read.
  if (!control(EPOLL_CTL_ADD, wake_.get(), EPOLLIN | EPOLLET, nullptr)) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

bool EventLoop::control(int operation, int socket, std::uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  return ::epoll_ctl(epoll_.get(), operation, socket, &event) == 0;
}

bool EventLoop::watch(int socket, Watcher& watcher) {
  return control(EPOLL_CTL_ADD, socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &watcher);
}

bool EventLoop::watch_listener(int socket, Watcher& watcher) {
  return control(EPOLL_CTL_ADD, socket, EPOLLIN, &watcher) ||
         (errno == EEXIST && control(EPOLL_CTL_MOD, socket, EPOLLIN, &watcher));
}

void EventLoop::pause_listener(int socket, Watcher& watcher) {
  static_cast<void>(control(EPOLL_CTL_MOD, socket, 0, &watcher));
}

void EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    if (posted_.size() > 1) return;  // The loop has been woken already.
  }
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_.get(), &one, sizeof one));
}

void EventLoop::wait(std::chrono::milliseconds timeout) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), kEventsARound, static_cast<int>(timeout.count()));
  ready_ = count > 0 ? static_cast<std::size_t>(count) : 0;
}

void EventLoop::dispatch() {
  for (std::size_t i = 0; i < ready_; ++i) {
    auto* watcher = static_cast<Watcher*>(events_[i].data.ptr);
    if (watcher != nullptr) watcher->on_ready(events_[i].events);
  }
  ready_ = 0;
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  for (const auto& work : posted) work();
}

}  // namespace fanfinity::http
