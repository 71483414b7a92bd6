#pragma once
// Who and what is let in: connections, callers, rates, bodies, memory. One for the whole server, thread-safe.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/allowed_hosts.h"
#include "http/answer_budget.h"
#include "http/client_address.h"
#include "http/http.h"
#include "http/rate_limiter.h"
#include "http/request_head.h"
#include "http/server.h"

namespace fanfinity::http {

class Admission {
 public:
  enum class Entry { kWelcome, kRefuse, kDrop };

  explicit Admission(const ServerConfig& config);

  /// kRefuse: over the limit, but there is room to say so. Unless kDrop, `leave` follows.
  [[nodiscard]] Entry enter(const ClientAddress& client);
  void leave(const ClientAddress& client);
  /// There are as many connections as there may be.
  [[nodiscard]] bool full() const { return connections_.load(std::memory_order_relaxed) >= max_connections_; }
  /// This address has as many connections as one address may have.
  [[nodiscard]] bool at_limit(const ClientAddress& client);

  /// False, and not counted, when there are as many streams as there may be. Else `leave_stream` follows.
  [[nodiscard]] bool enter_stream();
  void leave_stream() { streams_.fetch_sub(1, std::memory_order_relaxed); }
  /// How long the client of a stream shall wait when it ends: evenly spread from `least` to `most`.
  [[nodiscard]] std::chrono::milliseconds spread(std::chrono::milliseconds least,
                                                 std::chrono::milliseconds most);

  /// Who asks, be it through proxies.
  [[nodiscard]] ClientAddress client_of(const ClientAddress& peer, const RequestHead& head) const {
    return proxies_.client_of(peer, head);
  }
  /// 421, or nothing: a request for a name that is not this server's.
  [[nodiscard]] std::optional<Response> check_host(std::string_view host) const;
  /// 429, or nothing.
  [[nodiscard]] std::optional<Response> check_rate(const ClientAddress& client, base::SteadyTime now);
  /// 401, 403, or nothing.
  [[nodiscard]] std::optional<Response> check_key(Access access, std::string_view authorization) const;
  /// 413, 415, or nothing: what the head says about the body.
  [[nodiscard]] static std::optional<Response> check_body(const Route& route, const RequestHead& head);

  /// Counts bytes of bodies in memory. False, and nothing counted, when that would be too many.
  [[nodiscard]] bool reserve(std::size_t bytes);
  void release(std::size_t bytes) { buffered_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] AnswerBudget& answers() { return answers_; }

 private:
  [[nodiscard]] bool is_counted(const ClientAddress& client) const;
  /// How many connections this client has now, with the one that enters; 0 when that is not counted.
  [[nodiscard]] std::size_t count_in(const ClientAddress& client);
  void count_out(const ClientAddress& client);

  std::size_t max_connections_;
  std::size_t max_per_address_;
  bool limits_loopback_;
  std::size_t max_streams_;
  std::size_t max_buffered_;
  std::vector<std::string> write_keys_;
  std::vector<std::string> read_keys_;
  std::optional<RateLimiter> limiter_;
  AllowedHosts hosts_;
  TrustedProxies proxies_;
  mutable std::atomic<bool> refused_host_ = false;  ///< Has been logged.
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> streams_ = 0;
  std::atomic<std::uint32_t> spread_ = 0;
  std::atomic<std::size_t> buffered_ = 0;
  AnswerBudget answers_;
  std::mutex by_address_mutex_;
  std::map<std::array<std::uint8_t, 16>, std::size_t> by_address_;  ///< Connections; as many entries at most.
};

}  // namespace fanfinity::http
