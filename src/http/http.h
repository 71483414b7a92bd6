#pragma once
// What handlers see of HTTP: a request that has been read whole, a response, a route table.
// The server behind it is src/http/server.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/result.h"

namespace fanfinity::http {

class Broadcast;

enum class Method : std::uint8_t { kGet, kHead, kPost, kOther };

/// Valid until its Responder has answered. `body` is already decoded (gzip, zstd) and bounded.
struct Request {
  Method method = Method::kGet;
  std::string_view path;                                   ///< As sent, without the query.
  std::vector<std::string> params;                         ///< Percent-decoded `{...}` segments, in order.
  std::vector<std::pair<std::string, std::string>> query;  ///< Percent-decoded, in order.
  std::string_view content_type;     ///< Media type only, lower case, no parameters; empty when absent.
  std::string_view accept_encoding;  ///< As sent; empty when absent.
  std::string_view body;
  std::string_view request_id;     ///< X-Request-Id as sent when sane, else made here.
  std::string_view traceparent;    ///< Valid W3C traceparent as sent, else made here.
  std::string_view last_event_id;  ///< As sent; empty when absent.
  base::SteadyTime read_at;        ///< When the last byte of the request was there.
  base::Timestamp received_at;     ///< The same moment on the wall clock.

  [[nodiscard]] const std::string* query_value(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  ///< A literal: it is not copied.
  std::string_view content_encoding;                   ///< Of the body; a literal. Empty: none.
  std::shared_ptr<const std::string>
      shared_body;  ///< Used instead of `body` when set: one frame for many readers.
  std::string body;
  /// A stream instead of a body: what this sends from now on (http/broadcast.h), until one of both ends.
  std::shared_ptr<Broadcast> follow;
  std::uint64_t shown = 0;  ///< The state that this client of `follow` was shown last; 0: none.
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< Beside Content-Type, Content-Length, Date, Connection.
  /// More of them, each ended by CRLF: made once, like shared_body, and living as long as that or for ever.
  std::string_view header_lines;
  /// The entity tag among header_lines, quotes and all: makes a GET whose If-None-Match names it a 304.
  std::string_view etag;
  /// Why it failed, for the log; clients are not shown it.
  std::string cause;
  /// Called on the I/O thread when the response has been handed to the socket, with the time since read_at.
  std::function<void(std::chrono::nanoseconds)> on_sent;
};

/// RFC 9457 problem details. `type` is "about:blank" unless given.
struct FieldProblem {
  std::string field;
  std::string detail;
};
[[nodiscard]] Response problem(int status, std::string_view detail,
                               const std::vector<FieldProblem>& errors = {});
/// The same with Retry-After.
[[nodiscard]] Response problem_retry(int status, std::string_view detail, std::chrono::seconds retry_after);
/// What a failure of ours looks like to a client: 404, 400, 503 with Retry-After, or 500.
[[nodiscard]] Response problem_of(const base::Error& error);
/// The same, but `detail` is all that the client is shown; the error's own text becomes the cause.
[[nodiscard]] Response problem_of(const base::Error& error, std::string_view detail);

/// Answers one request. May be called on any thread, once; a copy is the same Responder. When the last
/// copy goes without an answer, 500 is answered. A client that has gone makes it a no-op. When the
/// request's time is up before the answer, the server answers 503 itself and drops the late one.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void respond(Response response) = 0;
  };
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  void operator()(Response response) const { sink_->respond(std::move(response)); }

 private:
  std::shared_ptr<Sink> sink_;
};

/// Runs on the connection's I/O thread and must not block.
using Handler = std::function<void(const Request&, Responder)>;

enum class Access : std::uint8_t { kOpen, kRead, kWrite };  ///< What a route asks of the caller's key.

struct Route {
  Method method = Method::kGet;  ///< kGet serves HEAD as well.
  std::string path;              ///< "/api/matches/{matchId}/metrics": also the `path` label of metrics.
  Access access = Access::kOpen;
  bool rate_limited = true;              ///< Health checks and scrapes are not.
  std::size_t max_body = 0;              ///< Bytes after decoding; beyond: 413. 0: a body is refused.
  std::vector<std::string> media_types;  ///< Accepted: "text/plain", "application/*+json"; empty: any.
  Handler handler;
};

enum class StreamEvent : std::uint8_t {
  kOpened,
  kClosed,   ///< For whatever reason.
  kRefused,  ///< There were too many.
  kDropped,  ///< The client took nothing for too long; kClosed follows.
  kFrames    ///< States and heartbeats were handed to viewers.
};

/// By what a request is found again in the log.
struct RequestNames {
  std::string_view request_id;
  std::string_view trace_id;                ///< Empty when the request was not read whole.
  const base::IpAddress* client = nullptr;  ///< Who asked; null on a Unix socket.
};

/// What the server tells about itself. Called on I/O threads; must be cheap and thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;
  /// `route`: the route's template, or "unmatched". `method`: "GET", ..., or "OTHER".
  virtual void on_response(std::string_view method, std::string_view route, int status,
                           std::chrono::nanoseconds duration, const RequestNames& names) = 0;
  virtual void on_connection_opened() = 0;
  virtual void on_connection_closed() = 0;
  virtual void on_stream(StreamEvent event, std::uint64_t count) = 0;
};

}  // namespace fanfinity::http
