#include "http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/log_line.h"
#include "http/body_decoder.h"
#include "http/percent.h"
#include "http/socket_io.h"
#include "http/worker.h"

namespace fanfinity::http {
namespace {

using std::chrono::steady_clock;

// How much is read at once before the head is complete, and so how much a client can have waiting here.
constexpr std::size_t kHeadRead = 16 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::chrono::seconds kRetryAfter{1};

/// OPTIONS * asks about the server as a whole (RFC 9110, 9.3.7).
Response server_options() {
  Response response;
  response.status = 204;
  response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS, POST");
  return response;
}

}  // namespace

Connection::Connection(Worker& worker, OwnedDescriptor socket, const ClientAddress& client)
    : worker_(worker), socket_(std::move(socket)), client_(client), reader_(worker.context().reader_limits) {}

void Connection::start() {
  next_request();
}

void Connection::on_ready(std::uint32_t events) {
  if (state_ == State::kClosed) return;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  if ((events & EPOLLIN) != 0 || ended_) readable_ = true;
  if (state_ == State::kWriting) return on_writable();
  if (state_ == State::kStreaming) return on_stream_ready(events);
  if (readable_ && !queued_) on_readable();
}

void Connection::read_on() {
  queued_ = false;
  if (readable_) on_readable();
}

void Connection::start_refusing() {
  current_ = Current{};
  current_.client = client_;
  current_.since = worker_.round_began();
  fail(problem_retry(
      503, "There are too many connections, in all or of this address. Close idle ones, or try again later.",
      kRetryAfter));
}

/// The kernel tells of new bytes by itself; those that are known of wait for the others to have their turn.
void Connection::wait_readable() {
  if (readable_ && !std::exchange(queued_, true)) worker_.queue(shared_from_this());
}

void Connection::on_readable() {
  if (state_ == State::kLingering) return discard_input();
  if (state_ != State::kReading) return;
  std::string& buffer = worker_.read_buffer();
  const std::size_t room = current_.in_body ? buffer.size() : std::min(buffer.size(), kHeadRead);
  const ssize_t count = ::recv(socket_.get(), buffer.data(), room, MSG_DONTWAIT);
  // Less than there was room for is all there is, unless the end is still to be read.
  readable_ = ended_ || static_cast<std::size_t>(count) == room;
  if (count == 0) return on_end_of_input();
  if (count < 0) {
    readable_ = false;
    if (!would_block()) close();
    return;
  }
  const std::string_view fresh(buffer.data(), static_cast<std::size_t>(count));
  if (pending_.empty()) return consume(fresh);
  pending_.append(fresh);
  consume(pending_);
}

void Connection::on_end_of_input() {
  if (!started_) return close();
  current_.close = true;
  fail(Refusal{400, "The connection ended before the request did."});
}

void Connection::consume(std::string_view input) {
  while (state_ == State::kReading && !input.empty() && read_request(input)) {
  }
  // A stream is the last answer of its connection.
  if (state_ == State::kClosed || state_ == State::kLingering || state_ == State::kStreaming) return;
  keep(input);
  if (state_ != State::kReading) return;
  if (worker_.draining() && !started_) return close();
  wait_readable();
}

/// `rest` is in pending_ or in the worker's buffer, which belongs to the next connection then.
void Connection::keep(std::string_view rest) {
  if (rest.empty()) {
    std::string().swap(pending_);
  } else if (rest.data() >= pending_.data() && rest.data() < pending_.data() + pending_.size()) {
    pending_.erase(0, pending_.size() - rest.size());
  } else {
    pending_.assign(rest);
  }
}

/// False when nothing more can be read for now.
bool Connection::read_request(std::string_view& input) {
  if (!started_) {
    started_ = true;
    current_ = Current{};
    current_.since = worker_.round_began();
    current_.client = client_;
    deadline_ = current_.since + worker_.context().config.header_timeout;
    if (worker_.draining()) deadline_ = std::min(deadline_, current_.since + kReadDraining);
    exchange_ = std::make_shared<Exchange>();
  }
  if (!current_.in_body) return begin_request(input);
  const auto step = reader_.read_body(input, exchange_->message);
  if (step == RequestReader::Step::kRefused) return fail(reader_.refusal()), false;
  if (!exchange_->reservation.grow_to(worker_.context().admission, exchange_->message.body.capacity())) {
    return fail(problem_retry(503, "Too many bodies are being received.", kRetryAfter)), false;
  }
  if (step == RequestReader::Step::kNeedMore) {
    const std::size_t received = exchange_->message.body.size();
    if (received >= body_goal_) expect_body_pace(received);
    return false;
  }
  finish_request();
  return true;
}

/// Gives the next piece of the body its time. What came faster earns no credit for later.
void Connection::expect_body_pace(std::size_t received) {
  if (worker_.draining()) return;
  const auto timeout = worker_.context().config.body_timeout;
  deadline_ = worker_.round_began() + timeout;
  body_goal_ = received + static_cast<std::size_t>(timeout.count()) * kLeastBodyPace / 1000;
}

bool Connection::begin_request(std::string_view& input) {
  const Message& message = exchange_->message;
  const auto step = reader_.read_head(input, exchange_->message);
  if (step == RequestReader::Step::kNeedMore) return false;
  const RequestHead& head = message.head;
  current_.method = head.method;
  if (const auto& cors = worker_.context().cors) current_.cors_lines = cors->lines_for(head.origin);
  if (step == RequestReader::Step::kRefused) return fail(reader_.refusal()), false;
  current_.version_10 = head.version < 11;
  current_.close = !head.keep_alive;
  take_request_id(head.request_id);
  current_.client = worker_.context().admission->client_of(client_, head);
  if (auto refusal = admit()) {
    refuse_before_body(std::move(*refusal), input);
    return true;
  }
  if (head.framing == Framing::kNone) {
    finish_request();
    return true;
  }
  reader_.start_body(message,
                     encoded_limit(*parse_coding(head.content_encoding.value()), current_.route->max_body));
  current_.in_body = true;
  expect_body_pace(0);
  // A body that is here already needs no invitation.
  if (head.expects_continue && input.empty() && !send_continue()) close();
  return true;
}

bool Connection::send_continue() {
  // Everything before this was taken by the kernel, so there is room for so little, or nobody reads.
  return send_some(socket_.get(), kContinue, {}, 0) == static_cast<ssize_t>(kContinue.size());
}

std::optional<Response> Connection::admit() {
  Context& context = worker_.context();
  const RequestHead& head = exchange_->message.head;
  Request& request = exchange_->request;
  Router::Match match = context.router.find(head.method, head.path, request.params);
  current_.route = match.route;
  if (match.route == nullptr || match.route->rate_limited) {
    if (auto refusal = context.admission->check_rate(current_.client, current_.since)) return refusal;
  }
  if (auto refusal = context.admission->check_host(head.host)) return refusal;
  if (is_preflight()) return context.cors->preflight(head.origin, std::move(match.allow));
  if (head.options && head.path == "*") return server_options();
  switch (match.outcome) {
    case Router::Outcome::kFound:
      break;
    case Router::Outcome::kNotFound:
      return problem(404, "There is nothing at this path.");
    case Router::Outcome::kBadEncoding:
      return problem(400, "The path is not percent-encoded correctly.");
    case Router::Outcome::kMethodNotAllowed: {
      Response response = problem(405, "This path can be used with: " + match.allow + ".");
      response.headers.emplace_back("Allow", std::move(match.allow));
      return response;
    }
  }
  if (auto refusal = context.admission->check_key(match.route->access, head.authorization)) return refusal;
  if (auto refusal = Admission::check_body(*match.route, head)) return refusal;
  auto query = parse_query(head.query);
  if (!query) return problem(400, "The query has too many parameters.");
  request.query = std::move(*query);
  return std::nullopt;
}

bool Connection::is_preflight() const {
  const RequestHead& head = exchange_->message.head;
  return head.options && !head.origin.empty() && !head.asked_method.empty() && worker_.context().cors;
}

/// The connection can go on only when the body to be skipped is here already.
void Connection::refuse_before_body(Response response, std::string_view& input) {
  const RequestHead& head = exchange_->message.head;
  if (head.framing == Framing::kLength && input.size() >= head.content_length) {
    input.remove_prefix(static_cast<std::size_t>(head.content_length));
  } else if (head.framing != Framing::kNone) {
    return fail(std::move(response));
  }
  respond(std::move(response));
}

void Connection::finish_request() {
  current_.in_body = false;
  if (auto refusal = decode()) return respond(std::move(*refusal));
  dispatch();
}

std::optional<Response> Connection::decode() {
  Message& message = exchange_->message;
  exchange_->request.body = message.body;
  const Coding coding = *parse_coding(message.head.content_encoding.value());
  if (message.head.framing == Framing::kNone || coding == Coding::kIdentity) return std::nullopt;
  const std::size_t limit = current_.route->max_body;
  std::string& decoded = exchange_->decoded;
  switch (decode_body(coding, message.body, limit, decoded)) {
    case Decoded::kOk:
      break;
    case Decoded::kCorrupt:
      return problem(400, "The body is not what its Content-Encoding says.");
    case Decoded::kTooLarge:
      return problem(413, "The body may have at most " + std::to_string(limit) + " bytes once decoded.");
  }
  if (!exchange_->reservation.grow_to(worker_.context().admission,
                                      message.body.capacity() + decoded.capacity())) {
    return problem_retry(503, "Too many bodies are being received.", kRetryAfter);
  }
  exchange_->request.body = decoded;
  return std::nullopt;
}

void Connection::dispatch() {
  const RequestHead& head = exchange_->message.head;
  Request& request = exchange_->request;
  request.method = head.method;
  request.path = head.path;
  request.content_type = head.content_type;
  request.accept_encoding = head.accept_encoding.value();
  request.request_id = head.request_id;
  if (!valid_request_id(head.request_id)) {
    std::copy_n(current_.id.begin(), exchange_->made_request_id.size(), exchange_->made_request_id.begin());
    request.request_id = {exchange_->made_request_id.data(), exchange_->made_request_id.size()};
  }
  request.traceparent = head.traceparent;
  if (!valid_traceparent(head.traceparent)) {
    make_traceparent(exchange_->made_traceparent);
    request.traceparent = {exchange_->made_traceparent.data(), exchange_->made_traceparent.size()};
  }
  base::trace_id(request.traceparent).copy(current_.trace_id.data(), current_.trace_id.size());
  request.last_event_id = head.last_event_id;
  request.read_at = current_.since = steady_clock::now();
  request.received_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  deadline_ = current_.since + worker_.context().config.request_timeout;
  if (!head.if_none_match.value().empty()) {
    current_.if_none_match = std::make_unique<const std::string>(head.if_none_match.value());
  }
  state_ = State::kHandling;
  exchange_->arm(weak_from_this(), ++serial_, worker_.mailbox());
  auto answer = Exchange::run(std::move(exchange_), current_.route->handler);
  if (answer) respond(std::move(*answer));
}

void Connection::on_answer(std::uint64_t serial, Response response) {
  if (state_ != State::kHandling || serial != serial_) return;
  respond(std::move(response));
  if (state_ == State::kReading) consume(pending_);
}

void Connection::take_request_id(std::string_view sent) {
  if (valid_request_id(sent)) {
    sent.copy(current_.id.data(), current_.id.size());
    current_.id_size = static_cast<std::uint8_t>(sent.size());
    return;
  }
  MadeRequestId made{};
  make_request_id(made);
  std::copy(made.begin(), made.end(), current_.id.begin());
  current_.id_size = static_cast<std::uint8_t>(made.size());
}

}  // namespace fanfinity::http
