#include "http/stream_feeds.h"

#include <utility>

#include "http/connection.h"

namespace fanfinity::http {
namespace {

using Walk = StreamFeed::Walk;

// Viewers of a slice: about a millisecond's worth.
constexpr std::size_t kSlice = 256;

}  // namespace

void StreamChannel::on_change(std::shared_ptr<Broadcast> broadcast, Broadcast::Change change) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return;
  if (notes_.empty()) loop_->post([] {});  // To wake it: notes are looked for in every round.
  Note& note = notes_[broadcast.get()];
  (change == Broadcast::Change::kState ? note.state : note.heartbeat) = true;
  note.broadcast = std::move(broadcast);
}

StreamChannel::Notes StreamChannel::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notes_, {});
}

void StreamChannel::close() {
  Notes notes;  // Destroyed unlocked.
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  notes.swap(notes_);
}

StreamFeeds::~StreamFeeds() {
  for (const auto& [broadcast, feed] : feeds_) feed->broadcast->remove(channel_);
  channel_->close();
}

StreamFeed& StreamFeeds::join(const std::shared_ptr<Broadcast>& broadcast, Connection& viewer) {
  std::unique_ptr<StreamFeed>& feed = feeds_[broadcast.get()];
  if (feed == nullptr) {
    feed = std::make_unique<StreamFeed>();
    feed->broadcast = broadcast;
    broadcast->add(channel_);
  }
  // What this viewer is given now must not be followed by anything older.
  auto current = broadcast->current();
  feed->state = std::move(current.state);
  feed->heartbeat = std::move(current.heartbeat);
  viewer.feed_slot = feed->viewers.size();
  feed->viewers.push_back(&viewer);
  return *feed;
}

void StreamFeeds::leave(StreamFeed& feed, Connection& viewer) {
  if (feed.walk != Walk::kNone) {
    feed.viewers[viewer.feed_slot] = nullptr;
    ++feed.absent;
    return;
  }
  feed.viewers[viewer.feed_slot] = feed.viewers.back();
  feed.viewers[viewer.feed_slot]->feed_slot = viewer.feed_slot;
  feed.viewers.pop_back();
  drop_if_empty(feed);
}

void StreamFeeds::drop_if_empty(StreamFeed& feed) {
  if (!feed.viewers.empty()) return;
  feed.broadcast->remove(channel_);
  feeds_.erase(feed.broadcast.get());
}

void StreamFeeds::walk() {
  take_notes();
  for (std::size_t budget = kSlice; budget > 0 && !walking_.empty();) {
    StreamFeed& feed = *walking_.front();
    walking_.pop_front();
    step(feed, budget);
    if (!end_walk(feed)) walking_.push_back(&feed);
  }
}

void StreamFeeds::take_notes() {
  for (const auto& [key, note] : channel_->take()) {
    const auto found = feeds_.find(key);
    if (found == feeds_.end()) continue;
    StreamFeed& feed = *found->second;
    auto current = note.broadcast->current();
    feed.state = std::move(current.state);
    feed.heartbeat = std::move(current.heartbeat);
    if (note.state) {
      start(feed, Walk::kState);
    } else if (feed.walk == Walk::kNone) {
      start(feed, Walk::kHeartbeat);
    }
  }
}

void StreamFeeds::start(StreamFeed& feed, Walk walk) {
  if (feed.walk == Walk::kNone) walking_.push_back(&feed);
  if (feed.walk == Walk::kState) {
    feed.again = true;
    return;
  }
  feed.walk = walk;
  feed.next = 0;
}

void StreamFeeds::step(StreamFeed& feed, std::size_t& budget) {
  while (budget > 0 && feed.next < feed.viewers.size()) {
    Connection* viewer = feed.viewers[feed.next++];
    if (viewer == nullptr) continue;
    --budget;
    if (feed.walk == Walk::kState) {
      viewer->show_state();
    } else {
      viewer->show_heartbeat();
    }
  }
}

/// False: it goes on.
bool StreamFeeds::end_walk(StreamFeed& feed) {
  if (feed.next < feed.viewers.size()) return false;
  if (std::exchange(feed.again, false)) {
    feed.next = 0;
    return false;
  }
  feed.walk = Walk::kNone;
  if (std::exchange(feed.absent, 0) > 0) {
    std::erase(feed.viewers, nullptr);
    for (std::size_t i = 0; i < feed.viewers.size(); ++i) feed.viewers[i]->feed_slot = i;
  }
  drop_if_empty(feed);
  return true;
}

}  // namespace fanfinity::http
