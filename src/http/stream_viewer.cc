#include "http/stream_viewer.h"

#include <algorithm>
#include <utility>

#include "http/socket_io.h"

namespace fanfinity::http {

std::string_view StreamViewer::bytes_of(const Frame& frame) const {
  return chunked_ && !own_ ? frame.chunk() : frame.text();
}

void StreamViewer::append(std::string_view text, std::string& out) const {
  if (chunked_) {
    append_chunk(text, out);
  } else {
    out += text;
  }
}

StreamViewer::Step StreamViewer::open(std::string head, std::string_view advice, const FramePtr& state,
                                      const FramePtr& heartbeat) {
  append(advice, head);
  const bool lacks_state = state != nullptr && state->state() != shown_;
  if (const Frame* first = lacks_state ? state.get() : heartbeat.get()) {
    head += bytes_of(*first);
    ++count_;
  }
  if (lacks_state) shown_ = state->state();
  return send_own(head);
}

StreamViewer::Step StreamViewer::show(const FramePtr& state) {
  if (waits() || ended_ || state == nullptr || state->state() == shown_) return Step::kNothing;
  shown_ = state->state();
  return send(bytes_of(*state), state);
}

StreamViewer::Step StreamViewer::beat(const FramePtr& heartbeat) {
  if (waits() || ended_ || heartbeat == nullptr) return Step::kNothing;
  return send(bytes_of(*heartbeat), heartbeat);
}

StreamViewer::Step StreamViewer::go_on(const FramePtr& state) {
  const Step step = flush();
  if (step != Step::kSent) return step;
  if (!last_.empty()) return send_own(std::exchange(last_, {}));
  const Step next = show(state);
  return next == Step::kNothing ? step : next;
}

StreamViewer::Step StreamViewer::end(std::string_view advice) {
  std::string last;
  append(advice, last);
  if (chunked_) last += kLastChunk;
  ended_ = true;
  if (waits()) {
    last_ = std::move(last);
    return Step::kWaits;
  }
  return send_own(last);
}

StreamViewer::Step StreamViewer::send_own(std::string_view bytes) {
  own_ = true;
  offset_ = 0;
  frame_ = std::make_shared<const Frame>(bytes);
  return flush();
}

/// Most frames are taken whole, without a reference being counted.
StreamViewer::Step StreamViewer::send(std::string_view bytes, const FramePtr& frame) {
  ++count_;
  const ssize_t count = send_some(socket_, bytes, {}, 0);
  if (count < 0 && !would_block()) return Step::kBroken;
  const auto done = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (done == bytes.size()) return Step::kSent;
  frame_ = frame;
  offset_ = done;
  return flush();
}

StreamViewer::Step StreamViewer::flush() {
  if (!waits()) return Step::kNothing;
  const std::string_view bytes = bytes_of(*frame_);
  // The kernel tells that there is room again only after it has said that there is none.
  while (offset_ < bytes.size()) {
    const ssize_t count = send_some(socket_, bytes, {}, offset_);
    if (count < 0) return would_block() ? Step::kWaits : Step::kBroken;
    offset_ += static_cast<std::size_t>(count);
  }
  frame_.reset();
  own_ = false;
  return Step::kSent;
}

}  // namespace fanfinity::http
