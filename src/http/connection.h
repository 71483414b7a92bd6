#pragma once
// One connection: reads a request, has it admitted and handled, writes the response, and again.
// Lives on its worker's thread; only `weak_from_this` leaves it.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/answer_budget.h"
#include "http/client_address.h"
#include "http/event_loop.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/identifiers.h"
#include "http/request_reader.h"
#include "http/response_head.h"
#include "http/stream_viewer.h"

namespace fanfinity::http {

class Worker;
struct StreamFeed;

/// What is left to come of a request when the server stops has this long to come.
inline constexpr std::chrono::seconds kReadDraining{1};

class Connection final : public std::enable_shared_from_this<Connection>, public EventLoop::Watcher {
 public:
  Connection(Worker& worker, OwnedDescriptor socket, const ClientAddress& client);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  void on_ready(std::uint32_t events) override;
  /// Goes on reading where it let the other connections have their turn.
  void read_on();
  /// Says that there are too many connections, and closes.
  void start_refusing();
  /// The answer to request `serial`; ignored when that is not under way any more.
  void on_answer(std::uint64_t serial, Response response);
  /// What this connection follows has a new state, or shows that it lives.
  void show_state();
  void show_heartbeat();
  /// The coarse sweep over deadlines.
  void on_tick(base::SteadyTime now);
  /// Closes when nothing is under way; a request that is half here gets a moment for its rest.
  void drain();
  [[nodiscard]] const ClientAddress& client() const { return client_; }
  /// Has been open since then without a request under way.
  [[nodiscard]] bool idle_since(base::SteadyTime then) const;
  /// The server waits no longer: answers 503 if a request is under way, and closes.
  void abandon();

  std::size_t slot = 0;       ///< Where the worker keeps this connection.
  std::size_t feed_slot = 0;  ///< Where the feed does that it follows.

 private:
  enum class SendOutcome : std::uint8_t { kAll, kLater, kBroken };
  enum class State : std::uint8_t { kReading, kHandling, kWriting, kStreaming, kLingering, kClosed };
  /// What is known about the request at hand, for its response and the observer.
  struct Current {
    Method method = Method::kOther;
    bool close = false;   ///< The connection ends after the response.
    bool linger = false;  ///< And the client may still be sending.
    bool version_10 = false;
    bool in_body = false;
    std::uint8_t id_size = 0;
    std::array<char, kMaxRequestIdBytes> id;
    std::array<char, 32> trace_id{};  ///< For log lines; empty before the request is read whole.
    std::string_view cors_lines;
    std::unique_ptr<const std::string> if_none_match;  ///< Null when it was not sent, as mostly.
    const Route* route = nullptr;
    ClientAddress client;    ///< Who asks: the peer, or whom a trusted proxy names.
    base::SteadyTime since;  ///< Read whole; before that: when its first byte came.
  };
  /// A response that did not fit into the socket's buffer.
  struct Unsent {
    std::string head;
    Response response;
    bool with_body = false;
    std::size_t offset = 0;
    AnswerBudget::Hold hold;
  };

  /// While the answer is a stream.
  struct Stream {
    StreamViewer viewer;
    StreamFeed* feed;  ///< Null: has left it, and ends.
  };

  void wait_readable();
  void on_readable();
  void on_writable();
  void on_end_of_input();
  void discard_input();

  void consume(std::string_view input);
  void keep(std::string_view rest);
  [[nodiscard]] bool read_request(std::string_view& input);
  [[nodiscard]] bool begin_request(std::string_view& input);
  [[nodiscard]] std::optional<Response> admit();
  [[nodiscard]] bool is_preflight() const;
  [[nodiscard]] bool send_continue();
  void expect_body_pace(std::size_t received);
  void refuse_before_body(Response response, std::string_view& input);
  void finish_request();
  [[nodiscard]] std::optional<Response> decode();
  void dispatch();

  void fail(const Refusal& refusal);
  void fail(Response response);
  void respond(Response response);
  [[nodiscard]] SendOutcome send(Response& response);
  [[nodiscard]] ConnectionHeader connection_header() const;
  void finish_response(const Response& response, bool delivered);
  void begin_stream(const Response& response);
  void on_stream_ready(std::uint32_t events);
  void on_stream_gone();
  void after_step(StreamViewer::Step step);
  void end_stream(std::chrono::milliseconds longest_retry, std::chrono::milliseconds patience);
  void drain_stream();
  void drop_stream();
  void leave_stream();
  void tell(StreamEvent event, std::uint64_t count = 1);
  void next_request();
  void begin_linger();
  void take_request_id(std::string_view sent);
  void close();
  void observe(int status, std::chrono::nanoseconds duration);
  [[nodiscard]] std::string_view route_path() const;
  [[nodiscard]] RequestNames ids() const;
  [[nodiscard]] std::string_view request_id() const { return {current_.id.data(), current_.id_size}; }

  Worker& worker_;
  OwnedDescriptor socket_;
  ClientAddress client_;  ///< The peer.
  State state_ = State::kReading;
  bool readable_ = false;  ///< As far as is known.
  bool ended_ = false;     ///< The client sends no more: its socket stays readable to the end.
  bool queued_ = false;    ///< To read on after the others.
  bool started_ = false;   ///< The first byte of a request has come.
  base::SteadyTime deadline_;
  std::uint64_t serial_ = 0;
  RequestReader reader_;
  std::shared_ptr<Exchange> exchange_;  ///< While its request is read; then it belongs to its Responder.
  std::string pending_;                 ///< Bytes that came but are not used yet.
  std::size_t discarded_ = 0;
  std::size_t body_goal_ = 0;  ///< The body has kept its pace when it is as long as this before deadline_.
  Current current_;
  std::unique_ptr<Unsent> unsent_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace fanfinity::http
