#pragma once
// A state that many clients follow: each gets it when it changes, and one that lags gets the newest only.

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "http/stream_frame.h"

namespace fanfinity::http {

/// Thread-safe; nothing blocks. A publication costs a note to each I/O thread that has viewers, however many
/// those are. Nobody follows one that only its maker refers to (use_count of its pointer is 1).
class Broadcast : public std::enable_shared_from_this<Broadcast> {
 public:
  struct Current {
    FramePtr state;      ///< Null: nothing is known yet.
    FramePtr heartbeat;  ///< For who has the state already; null: none.
  };
  enum class Change : std::uint8_t { kState, kHeartbeat };
  /// An I/O thread that has viewers.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// `broadcast` has something new. Called under its lock: must only take note.
    virtual void on_change(std::shared_ptr<Broadcast> broadcast, Change change) = 0;
  };

  /// A new state, for everyone.
  void publish(FramePtr state);
  /// Newer bytes for the same state, or none: for those who come from now on.
  void replace(FramePtr state);
  /// A sign of life, for everyone who is not busy with a state.
  void beat(FramePtr heartbeat);
  /// The same for those who come from now on.
  void replace_heartbeat(FramePtr heartbeat);

  /// What came before a call of this is in its answer; what comes after `add` is told.
  [[nodiscard]] Current current() const;
  void add(const std::shared_ptr<Listener>& listener);
  void remove(const std::shared_ptr<Listener>& listener);

 private:
  void tell(Change change);

  mutable std::mutex mutex_;
  Current current_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace fanfinity::http
