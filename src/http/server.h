#pragma once
// The HTTP/1.1 server (RFC 9110, RFC 9112): one io_context a thread, each with its own SO_REUSEPORT
// acceptor, so that a connection lives on one thread and needs no lock.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "http/http.h"

namespace fanfinity::http {

/// Where a trusted proxy says for whom it asks.
enum class ForwardedHeader : std::uint8_t {
  kXForwardedFor,
  kForwarded,  ///< RFC 7239.
};

/// Bytes a second. A body that keeps this pace may take as long as it needs.
inline constexpr std::size_t kLeastBodyPace = 4096;

struct ServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;             ///< 0: any free one; see Server::port.
  std::string unix_socket;               ///< When set, listens there instead of host and port (mode 0600).
  unsigned threads = 0;                  ///< 0: as many as there are cores, at most 8.
  std::size_t max_connections = 50'000;  ///< Beyond: a new connection is answered 503 and closed.
  /// Of one client address (an IPv6 /64); beyond: 503. 0: half of max_connections, loopback without a limit.
  std::size_t max_connections_per_address = 0;
  std::size_t max_streams = 20'000;          ///< Of these; beyond: a stream is answered 503.
  std::size_t max_header_bytes = 16 * 1024;  ///< Beyond: 431.
  std::size_t max_target_bytes = 8 * 1024;   ///< Beyond: 414.
  /// Of request bodies being read, over all connections; beyond: 503. The same again of answers that clients
  /// have not taken yet; beyond: the connection is closed.
  std::size_t max_buffered_bytes = 512U << 20U;
  std::chrono::milliseconds header_timeout{10'000};  ///< First byte to end of headers; then 408.
  /// A body that is not whole after this, or does not go on at kLeastBodyPace: 408.
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{75'000};   ///< Between requests; then closed.
  std::chrono::milliseconds write_timeout{30'000};  ///< A client that does not read; then closed.
  std::chrono::milliseconds stall_timeout{30'000};  ///< A viewer of a stream that takes nothing; then closed.
  std::chrono::milliseconds request_timeout{10'000};  ///< Request read to answer; then 503 with Retry-After.
  std::chrono::milliseconds drain_timeout{15'000};    ///< How long stop() waits for requests under way.
  double rate_limit = 0;  ///< Requests a second a client address (an IPv6 /64), 0: none; beyond: 429.
  double rate_burst = 0;  ///< Bucket size; 0: one second's worth.
  /// Keys for `Authorization: Bearer KEY`. Empty lists: that access is open. A missing or unknown key
  /// is 401 with WWW-Authenticate, a known one without the access 403. Write keys may read.
  std::vector<std::string> write_keys;
  std::vector<std::string> read_keys;
  std::vector<std::string> cors_origins;   ///< Whose pages may read answers; "*": anyone's. Empty: none.
  std::vector<std::string> allowed_hosts;  ///< Names of this server; see http/allowed_hosts.h.
  std::vector<base::IpNetwork> trusted_proxies;  ///< Who may name another client; see http/client_address.h.
  ForwardedHeader forwarded_header = ForwardedHeader::kXForwardedFor;

  bool operator==(const ServerConfig&) const = default;
};

class Server {
 public:
  /// `observer` outlives the server; may be null.
  Server(ServerConfig config, std::vector<Route> routes, Observer* observer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, listens and starts the threads. kUnavailable with a sentence that says what to do when the port
  /// is taken.
  [[nodiscard]] base::Status start();
  [[nodiscard]] std::uint16_t port() const;
  /// Stops accepting, answers what is under way (with `Connection: close`), closes. Idempotent.
  void stop();
  /// The same, with the moment by which it must be done instead of drain_timeout.
  void stop_by(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fanfinity::http
