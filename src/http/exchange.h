#pragma once
// One request on its way through a handler, and the way its answer takes back to the connection.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "http/admission.h"
#include "http/event_loop.h"
#include "http/http.h"
#include "http/identifiers.h"
#include "http/request_reader.h"

namespace fanfinity::http {

class Connection;
class Exchange;

/// Brings answers from any thread to the thread of their connection. Outlives the server for as long as
/// somebody may still answer; answers then go nowhere.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  struct Letter {
    std::weak_ptr<Connection> to;
    std::uint64_t serial = 0;
    Response response;
    /// So that it ends on the thread that made it, whose memory it then is again.
    std::shared_ptr<const Exchange> exchange;
  };

  explicit Mailbox(EventLoop& loop) : loop_(&loop) {}
  /// Any thread. Wakes the connection's thread once for all letters that wait, at the end of the burst when
  /// the caller is in one.
  void post(Letter letter);
  /// After this the loop is not touched any more.
  void close();

 private:
  void ring();
  void deliver();

  std::mutex mutex_;
  EventLoop* loop_;  ///< Null once closed.
  std::vector<Letter> letters_;
};

/// Bytes counted against Admission's memory limit, given back at the end.
class Reservation {
 public:
  Reservation() = default;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() {
    if (admission_) admission_->release(bytes_);
  }
  /// False when the limit is reached. `admission` is shared, because a handler may keep its request
  /// beyond the end of the server.
  [[nodiscard]] bool grow_to(const std::shared_ptr<Admission>& admission, std::size_t bytes);

 private:
  std::shared_ptr<Admission> admission_;
  std::size_t bytes_ = 0;
};

/// Owns everything the request's views point to, for as long as any copy of the Responder lives.
class Exchange final : public Responder::Sink, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange() = default;
  ~Exchange() override;

  /// Any thread; the first answer counts.
  void respond(Response response) override;

  /// From here on an answer, or the lack of one, is the connection's business.
  void arm(std::weak_ptr<Connection> connection, std::uint64_t serial, std::shared_ptr<Mailbox> mailbox);
  /// Runs the handler. An answer given before it returns is returned rather than posted.
  [[nodiscard]] static std::optional<Response> run(std::shared_ptr<Exchange> exchange,
                                                   const Handler& handler);

  Message message;
  std::string decoded;  ///< The body, when it had a content coding.
  Request request;
  MadeRequestId made_request_id{};
  MadeTraceparent made_traceparent{};
  Reservation reservation;

 private:
  std::weak_ptr<Connection> connection_;
  std::uint64_t serial_ = 0;
  std::shared_ptr<Mailbox> mailbox_;
  std::atomic<bool> answered_ = true;  ///< True until armed: nobody waits for an answer.
};

}  // namespace fanfinity::http
