#pragma once
// A real server on a free port, with routes for every kind of handler.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/http.h"
#include "http/server.h"
#include "unit/http/client.h"

namespace fanfinity::http::test {

class RecordingObserver final : public Observer {
 public:
  struct Seen {
    std::string method;
    std::string route;
    int status = 0;
    std::string client = "127.0.0.1";
    bool operator==(const Seen&) const = default;
  };
  /// Of the last response.
  std::pair<std::string, std::string> last_request_and_trace_id();
  void on_response(std::string_view method, std::string_view route, int status,
                   std::chrono::nanoseconds duration, const RequestNames& names) override;
  void on_connection_opened() override;
  void on_connection_closed() override;
  void on_stream(StreamEvent event, std::uint64_t count) override;

  /// Waits until there are as many responses as that, and returns them.
  std::vector<Seen> responses(std::size_t count);
  /// Waits until exactly that many connections are open.
  bool wait_for_open(std::size_t count);
  bool wait_for_opened(std::size_t count);
  /// Waits until that many of it have been told.
  bool wait_for(StreamEvent event, std::uint64_t count);
  std::uint64_t count(StreamEvent event);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Seen> seen_;
  std::pair<std::string, std::string> last_names_;
  std::size_t opened_ = 0;
  std::size_t closed_ = 0;
  std::map<StreamEvent, std::uint64_t> streams_;
};

/// Keeps Responders of `/park` until the test answers or drops them.
class ParkingLot {
 public:
  void park(const Request& request, Responder responder);
  /// Waits for one.
  Responder take();
  /// What the request looked like when it was parked.
  const Request* last_request();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> parked_;
  const Request* last_ = nullptr;
};

inline constexpr std::size_t kEchoLimit = 100'000;
inline constexpr std::size_t kBigResponse = 24U << 20U;

std::vector<Route> test_routes(ParkingLot& lot);
/// Small timeouts where a test waits for them, long ones elsewhere.
ServerConfig test_config();

class TestServer {
 public:
  explicit TestServer(ServerConfig config = test_config());
  [[nodiscard]] Client connect() const { return Client(server->port()); }

  RecordingObserver observer;
  ParkingLot lot;
  std::unique_ptr<Server> server;
};

}  // namespace fanfinity::http::test
