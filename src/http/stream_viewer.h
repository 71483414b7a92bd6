#pragma once
// What one client of a stream has been given: a pointer into a frame that all viewers share, and no queue.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/stream_frame.h"

namespace fanfinity::http {

class StreamViewer {
 public:
  enum class Step : std::uint8_t {
    kNothing,  ///< There was nothing to do.
    kSent,     ///< The kernel has taken it.
    kWaits,    ///< The kernel has no room for all of it: go_on when it has.
    kBroken    ///< The client is gone.
  };

  /// `chunked`: false for HTTP/1.0. `shown`: the state that the client knows already.
  StreamViewer(int socket, bool chunked, std::uint64_t shown)
      : socket_(socket), chunked_(chunked), shown_(shown) {}

  /// The head of the response and, in the same packet, what the client lacks: the state or, when it knows
  /// that, the heartbeat.
  [[nodiscard]] Step open(std::string head, std::string_view advice, const FramePtr& state,
                          const FramePtr& heartbeat);
  /// Sends `state`, which may be null, unless the client knows it, or is busy: then go_on is given the
  /// newest.
  [[nodiscard]] Step show(const FramePtr& state);
  [[nodiscard]] Step beat(const FramePtr& heartbeat);
  /// The rest of what waits; then `state`, the newest.
  [[nodiscard]] Step go_on(const FramePtr& state);
  /// `advice` and the end of the body, behind what waits.
  [[nodiscard]] Step end(std::string_view advice);

  /// States and heartbeats begun to be sent since the last call.
  [[nodiscard]] std::uint32_t take_count() { return std::exchange(count_, 0); }
  [[nodiscard]] bool waits() const { return frame_ != nullptr; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  [[nodiscard]] std::string_view bytes_of(const Frame& frame) const;
  void append(std::string_view text, std::string& out) const;
  [[nodiscard]] Step send(std::string_view bytes, const FramePtr& frame);
  [[nodiscard]] Step send_own(std::string_view bytes);
  [[nodiscard]] Step flush();

  int socket_;
  bool chunked_;
  bool ended_ = false;
  bool own_ = false;  ///< frame_ is no other's, and has all of its bytes as text.
  std::uint32_t count_ = 0;
  std::size_t offset_ = 0;
  std::uint64_t shown_;
  FramePtr frame_;    ///< Being sent; null: nothing waits.
  std::string last_;  ///< To be sent behind frame_ and before the end.
};

}  // namespace fanfinity::http
