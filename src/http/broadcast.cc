#include "http/broadcast.h"

#include <utility>

namespace fanfinity::http {

void Broadcast::publish(FramePtr state) {
  const std::lock_guard lock(mutex_);
  current_.state = std::move(state);
  tell(Change::kState);
}

void Broadcast::replace(FramePtr state) {
  const std::lock_guard lock(mutex_);
  current_.state = std::move(state);
}

void Broadcast::beat(FramePtr heartbeat) {
  const std::lock_guard lock(mutex_);
  current_.heartbeat = std::move(heartbeat);
  tell(Change::kHeartbeat);
}

void Broadcast::replace_heartbeat(FramePtr heartbeat) {
  const std::lock_guard lock(mutex_);
  current_.heartbeat = std::move(heartbeat);
}

void Broadcast::tell(Change change) {
  for (const auto& listener : listeners_) listener->on_change(shared_from_this(), change);
}

Broadcast::Current Broadcast::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Broadcast::add(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(listener);
}

void Broadcast::remove(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(listeners_, listener);
}

}  // namespace fanfinity::http
