#pragma once
// The streams of one I/O thread: who follows which broadcast, and handing each what is new, in slices, so
// that a goal that fifty thousand watch does not hold up the requests of this thread.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "http/broadcast.h"
#include "http/event_loop.h"

namespace fanfinity::http {

class Connection;

/// Who follows one broadcast on this thread.
struct StreamFeed {
  enum class Walk : std::uint8_t { kNone, kHeartbeat, kState };

  std::shared_ptr<Broadcast> broadcast;
  FramePtr state;  ///< As new as the newest that any viewer was given.
  FramePtr heartbeat;
  std::vector<Connection*> viewers;  ///< Null: has left while a walk was under way.
  std::size_t absent = 0;            ///< Nulls among them.
  Walk walk = Walk::kNone;
  bool again = false;    ///< A newer state came while the walk was under way.
  std::size_t next = 0;  ///< Whom the walk comes to next.
};

/// Takes note, on any thread, of what changed.
class StreamChannel final : public Broadcast::Listener, public std::enable_shared_from_this<StreamChannel> {
 public:
  struct Note {
    std::shared_ptr<Broadcast> broadcast;
    bool state = false;
    bool heartbeat = false;
  };
  using Notes = std::unordered_map<Broadcast*, Note>;

  explicit StreamChannel(EventLoop& loop) : loop_(&loop) {}
  void on_change(std::shared_ptr<Broadcast> broadcast, Broadcast::Change change) override;
  [[nodiscard]] Notes take();
  /// After this the loop is not touched any more.
  void close();

 private:
  std::mutex mutex_;
  EventLoop* loop_;  ///< Null once closed.
  Notes notes_;      ///< One a broadcast, however often that changes.
};

/// On the I/O thread only.
class StreamFeeds {
 public:
  explicit StreamFeeds(EventLoop& loop) : channel_(std::make_shared<StreamChannel>(loop)) {}
  ~StreamFeeds();
  StreamFeeds(const StreamFeeds&) = delete;
  StreamFeeds& operator=(const StreamFeeds&) = delete;

  /// `viewer` is told of changes until it leaves. The feed's state is the newest.
  [[nodiscard]] StreamFeed& join(const std::shared_ptr<Broadcast>& broadcast, Connection& viewer);
  void leave(StreamFeed& feed, Connection& viewer);

  /// Whether some viewers still wait for their turn.
  [[nodiscard]] bool busy() const { return !walking_.empty(); }
  /// Looks what changed, and has a slice of the viewers shown it.
  void walk();

 private:
  void take_notes();
  void start(StreamFeed& feed, StreamFeed::Walk walk);
  void step(StreamFeed& feed, std::size_t& budget);
  [[nodiscard]] bool end_walk(StreamFeed& feed);
  void drop_if_empty(StreamFeed& feed);

  std::shared_ptr<StreamChannel> channel_;
  std::unordered_map<const Broadcast*, std::unique_ptr<StreamFeed>> feeds_;
  std::deque<StreamFeed*> walking_;
};

}  // namespace fanfinity::http
