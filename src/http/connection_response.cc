// The second half of a connection's work: responses, deadlines and the end.

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "http/conditional.h"
#include "http/connection.h"
#include "http/socket_io.h"
#include "http/status.h"
#include "http/worker.h"

namespace fanfinity::http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLargestCopiedBody = 16 * 1024;
constexpr std::chrono::seconds kRetryAfter{1};
// Closing while the client still sends makes its kernel throw our answer away, so what it sends is read
// and dropped for a while (RFC 9112, 9.6).
constexpr std::chrono::seconds kLinger{5};
constexpr std::chrono::milliseconds kLingerDraining{500};
constexpr std::size_t kLingerBytes = 32U << 20U;
constexpr int kDiscardBatch = 16;
constexpr std::string_view kStopping =
    "The server is stopping. Nothing of this request was stored: send it again.";
constexpr std::string_view kSlowHead = "The header section did not arrive in time.";
constexpr std::string_view kSlowBody =
    "The body arrived more slowly than 4096 bytes a second. Send smaller batches, or compress them.";
static_assert(kLeastBodyPace == 4096);

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kOther:
      return "OTHER";
  }
  return "OTHER";
}

}  // namespace

void Connection::fail(const Refusal& refusal) {
  fail(problem(refusal.status, refusal.detail));
}

/// An answer after which the bytes that follow cannot be told apart.
void Connection::fail(Response response) {
  current_.close = current_.linger = true;
  respond(std::move(response));
}

void Connection::respond(Response response) {
  if (worker_.draining() && !current_.close) current_.close = current_.linger = true;
  if (current_.id_size == 0) take_request_id({});
  if (!response.cause.empty()) worker_.report_failure(ids(), route_path(), response);
  if (current_.if_none_match && response.status == 200 && !response.etag.empty() &&
      names_etag(*current_.if_none_match, response.etag)) {
    response.status = 304;
  }
  if (response.follow != nullptr && current_.method != Method::kHead) return begin_stream(response);
  switch (send(response)) {
    case SendOutcome::kAll:
      return finish_response(response, true);
    case SendOutcome::kBroken:
      return finish_response(response, false);
    case SendOutcome::kLater:
      state_ = State::kWriting;
      deadline_ = worker_.round_began() + worker_.context().config.write_timeout;
      return;
  }
}

ConnectionHeader Connection::connection_header() const {
  if (current_.close) return ConnectionHeader::kClose;
  return current_.version_10 ? ConnectionHeader::kKeepAlive : ConnectionHeader::kNone;
}

Connection::SendOutcome Connection::send(Response& response) {
  std::string& head = worker_.write_buffer();
  head.clear();
  append_response_head(response,
                       {request_id(), connection_header(), current_.cors_lines, current_.version_10}, head);
  std::string_view body;
  if (has_body(response.status) && current_.method != Method::kHead) body = body_of(response);
  if (body.size() <= kLargestCopiedBody) {
    head += body;
    body = {};
  }
  std::size_t done = 0;
  // The kernel tells that there is room again only after it has said that there is none.
  while (done < head.size() + body.size()) {
    const ssize_t count = send_some(socket_.get(), head, body, done);
    if (count < 0 && would_block()) break;
    if (count < 0) return SendOutcome::kBroken;
    done += static_cast<std::size_t>(count);
  }
  if (done == head.size() + body.size()) return SendOutcome::kAll;
  const bool with_body = !body.empty();
  auto hold = worker_.context().admission->answers().hold(head.size() + response.body.capacity(),
                                                          response.shared_body);
  // The socket has no room for another answer either: closing it is all that can be said.
  if (!hold) return SendOutcome::kBroken;
  unsent_ = std::make_unique<Unsent>(Unsent{head, std::move(response), with_body, done, std::move(*hold)});
  return SendOutcome::kLater;
}

void Connection::on_writable() {
  if (state_ != State::kWriting) return;
  Unsent& unsent = *unsent_;
  const std::string_view body =
      unsent.with_body ? std::string_view(body_of(unsent.response)) : std::string_view();
  while (unsent.offset < unsent.head.size() + body.size()) {
    const ssize_t count = send_some(socket_.get(), unsent.head, body, unsent.offset);
    if (count < 0 && would_block()) return;  // The kernel tells when there is room.
    if (count < 0) break;
    unsent.offset += static_cast<std::size_t>(count);
    deadline_ = worker_.round_began() + worker_.context().config.write_timeout;
  }
  const bool delivered = unsent.offset == unsent.head.size() + body.size();
  const auto finished = std::move(unsent_);
  finish_response(finished->response, delivered);
  if (state_ == State::kReading) consume(pending_);
}

void Connection::finish_response(const Response& response, bool delivered) {
  const auto duration = steady_clock::now() - current_.since;
  observe(response.status, duration);
  if (!delivered) return close();
  if (response.on_sent) response.on_sent(duration);
  if (current_.linger) return begin_linger();
  if (current_.close) return close();
  next_request();
}

void Connection::observe(int status, std::chrono::nanoseconds duration) {
  Observer* observer = worker_.context().observer;
  if (observer == nullptr) return;
  observer->on_response(method_name(current_.method), route_path(), status, duration, ids());
}

RequestNames Connection::ids() const {
  const std::string_view trace(current_.trace_id.data(), current_.trace_id.size());
  return {request_id(), current_.trace_id[0] == '\0' ? std::string_view() : trace,
          current_.client.known ? &current_.client.address : nullptr};
}

std::string_view Connection::route_path() const {
  return current_.route != nullptr ? std::string_view(current_.route->path) : "unmatched";
}

void Connection::next_request() {
  state_ = State::kReading;
  started_ = false;
  exchange_.reset();
  reader_.reset();
  deadline_ = worker_.round_began() + worker_.context().config.idle_timeout;
}

void Connection::begin_linger() {
  ::shutdown(socket_.get(), SHUT_WR);
  state_ = State::kLingering;
  exchange_.reset();
  std::string().swap(pending_);
  deadline_ = worker_.round_began() + (worker_.draining() ? std::chrono::milliseconds(kLingerDraining)
                                                          : std::chrono::milliseconds(kLinger));
  wait_readable();
}

void Connection::discard_input() {
  std::string& buffer = worker_.read_buffer();
  for (int i = 0; i < kDiscardBatch; ++i) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && would_block()) {
      readable_ = false;
      return;
    }
    if (count <= 0) return close();
    discarded_ += static_cast<std::size_t>(count);
    if (discarded_ > kLingerBytes) return close();
  }
  wait_readable();
}

void Connection::on_tick(base::SteadyTime now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kReading:
      if (!started_) return close();
      if (worker_.draining()) return fail(problem_retry(503, kStopping, kRetryAfter));
      return fail(problem(408, current_.in_body ? kSlowBody : kSlowHead));
    case State::kHandling:
      ++serial_;  // A late answer is for nobody.
      respond(problem_retry(
          503, "The service did not answer in time. What was sent may or may not be stored: send it again.",
          kRetryAfter));
      if (state_ == State::kReading) consume(pending_);
      return;
    case State::kWriting:
      observe(unsent_->response.status, now - current_.since);
      return close();
    case State::kStreaming:
      return drop_stream();
    case State::kLingering:
    case State::kClosed:
      return close();
  }
}

void Connection::drain() {
  if (state_ == State::kStreaming) return drain_stream();
  if (state_ == State::kLingering) {
    deadline_ = std::min(deadline_, worker_.round_began() + kLingerDraining);
    return;
  }
  if (state_ == State::kReading && started_) {
    deadline_ = std::min(deadline_, worker_.round_began() + kReadDraining);
  }
  if (state_ != State::kReading || started_) return;
  // A request that has come already, but was not read yet, is one under way.
  char byte = 0;
  if (::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) <= 0) close();
}

bool Connection::idle_since(base::SteadyTime then) const {
  return state_ == State::kReading && !started_ && deadline_ - worker_.context().config.idle_timeout <= then;
}

void Connection::abandon() {
  if (state_ == State::kHandling) {
    ++serial_;
    current_.close = true;
    respond(problem_retry(
        503, "The server is stopping. What was sent may or may not be stored: send it again.", kRetryAfter));
  }
  close();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  leave_stream();
  socket_.close();
  exchange_.reset();
  worker_.remove(*this);
}

}  // namespace fanfinity::http
