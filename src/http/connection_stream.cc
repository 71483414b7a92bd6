// A connection whose answer is a stream: it follows a broadcast, reads nothing more, and ends with it.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "http/broadcast.h"
#include "http/connection.h"
#include "http/worker.h"

namespace fanfinity::http {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kRetryAfter{5};
// Beyond this a client that lags has the newest state wait for it, rather than old ones in its socket.
constexpr int kSendBuffer = 32 * 1024;
// After how long a client whose stream broke comes again, and after how long when the server stops.
constexpr milliseconds kRetryLeast{1'000};
constexpr milliseconds kRetryMost{3'000};
constexpr milliseconds kRetryMostDraining{6'000};
constexpr milliseconds kEndsDraining{500};

/// A line without the empty one that would end its block: some clients take a block of it alone for an empty
/// message.
std::string retry_advice(milliseconds after) {
  return "retry: " + std::to_string(after.count()) + "\n";
}

/// Where the socket has no such options, the coarse sweep alone finds who does not read.
void prepare(int socket, milliseconds stall_timeout) {
  const int buffer = kSendBuffer;
  const auto unacknowledged = static_cast<unsigned>(stall_timeout.count());
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
}

}  // namespace

void Connection::begin_stream(const Response& response) {
  Context& context = worker_.context();
  if (worker_.draining()) return respond(problem_retry(503, "The server is stopping.", kRetryAfter));
  if (!context.admission->enter_stream()) {
    tell(StreamEvent::kRefused);
    return respond(problem_retry(503, "The server has as many streams as it can take.", kRetryAfter));
  }
  tell(StreamEvent::kOpened);
  state_ = State::kStreaming;
  current_.close = true;
  exchange_.reset();
  std::string().swap(pending_);
  prepare(socket_.get(), context.config.stall_timeout);
  StreamFeed& feed = worker_.feeds().join(response.follow, *this);
  stream_ = std::make_unique<Stream>(
      Stream{StreamViewer(socket_.get(), !current_.version_10, response.shown), &feed});
  std::string& head = worker_.write_buffer();
  head.clear();
  append_response_head(
      response, {request_id(), ConnectionHeader::kClose, current_.cors_lines, current_.version_10}, head);
  observe(response.status, std::chrono::steady_clock::now() - current_.since);
  const std::string advice = retry_advice(worker_.context().admission->spread(kRetryLeast, kRetryMost));
  after_step(stream_->viewer.open(head, advice, feed.state, feed.heartbeat));
  // Its client sends no more, so nobody would tell when it goes: it gets what there is now.
  if (ended_ && state_ == State::kStreaming) end_stream(kRetryMost, context.config.stall_timeout);
}

void Connection::show_state() {
  after_step(stream_->viewer.show(stream_->feed->state));
}

void Connection::show_heartbeat() {
  after_step(stream_->viewer.beat(stream_->feed->heartbeat));
}

void Connection::on_stream_ready(std::uint32_t events) {
  StreamViewer& viewer = stream_->viewer;
  const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (gone || ((events & EPOLLRDHUP) != 0 && !viewer.ended())) return on_stream_gone();
  if ((events & EPOLLOUT) == 0 || !viewer.waits()) return;
  after_step(viewer.go_on(stream_->feed != nullptr ? stream_->feed->state : nullptr));
}

/// Whoever has acknowledged nothing for too long is dropped by the kernel.
void Connection::on_stream_gone() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == ETIMEDOUT) tell(StreamEvent::kDropped);
  close();
}

void Connection::after_step(StreamViewer::Step step) {
  if (const auto frames = stream_->viewer.take_count(); frames > 0) tell(StreamEvent::kFrames, frames);
  switch (step) {
    case StreamViewer::Step::kNothing:
      return;
    case StreamViewer::Step::kBroken:
      return on_stream_gone();
    case StreamViewer::Step::kWaits:
      if (!stream_->viewer.ended()) {
        deadline_ = worker_.round_began() + worker_.context().config.stall_timeout;
      }
      return;
    case StreamViewer::Step::kSent:
      if (!stream_->viewer.ended()) {
        deadline_ = base::SteadyTime::max();
        return;
      }
      leave_stream();
      return begin_linger();
  }
}

/// Whoever still has to take something has `patience` to take all of it.
void Connection::end_stream(milliseconds longest_retry, milliseconds patience) {
  worker_.feeds().leave(*std::exchange(stream_->feed, nullptr), *this);
  deadline_ = worker_.round_began() + patience;
  after_step(
      stream_->viewer.end(retry_advice(worker_.context().admission->spread(kRetryLeast, longest_retry))));
}

void Connection::drain_stream() {
  if (!stream_->viewer.ended()) return end_stream(kRetryMostDraining, kEndsDraining);
  deadline_ = std::min(deadline_, worker_.round_began() + kEndsDraining);
}

void Connection::drop_stream() {
  tell(StreamEvent::kDropped);
  close();
}

/// The connection follows no stream any more; it may still have to end.
void Connection::leave_stream() {
  if (stream_ == nullptr) return;
  if (stream_->feed != nullptr) worker_.feeds().leave(*stream_->feed, *this);
  stream_.reset();
  worker_.context().admission->leave_stream();
  tell(StreamEvent::kClosed);
}

void Connection::tell(StreamEvent event, std::uint64_t count) {
  if (Observer* observer = worker_.context().observer) observer->on_stream(event, count);
}

}  // namespace fanfinity::http
