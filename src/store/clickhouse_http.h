#pragma once
// A client of ClickHouse's HTTP interface. The query travels in the URL, values that come from users as
// query parameters, and the body is data only.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/clickhouse_errors.h"
#include "store/compression.h"

namespace fanfinity::store {

struct ClickHouseEndpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8123;
  std::string database = "fanfinity";
  std::string user = "default";
  std::string password;

  bool https = false;
  std::string ca_file;           ///< Certificates to trust (PEM); empty: the system's.
  std::string client_cert_file;  ///< PEM; empty: none.
  std::string client_key_file;

  Compression compression = Compression::kNone;  ///< Of insert bodies.
  std::chrono::milliseconds connect_timeout{2'000};
  /// For a whole request; a stream must only go on moving: some bytes in this time.
  std::chrono::milliseconds request_timeout{30'000};
  std::size_t max_connections = 16;  ///< A call beyond them waits, at most request_timeout.
};

/// The compression that suits where the server is: none on this machine, zstd elsewhere.
[[nodiscard]] Compression compression_for(std::string_view host);

struct ClickHouseQuery {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  std::string sql;
  Pairs params;  ///< {name:Type} of the SQL; values raw, quoted by the client as ClickHouse wants them.
  Pairs settings;
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;  ///< Instead of the endpoint's.
  bool in_database = true;  ///< False: runs without the endpoint's database, which need not exist.
};

/// Thread-safe; calls block. Keeps connections alive between calls.
class ClickHouseHttp {
 public:
  explicit ClickHouseHttp(ClickHouseEndpoint endpoint);
  ~ClickHouseHttp();  ///< No call may be under way.
  ClickHouseHttp(const ClickHouseHttp&) = delete;
  ClickHouseHttp& operator=(const ClickHouseHttp&) = delete;

  /// The whole answer. kUnavailable on any failure; kFull when the answer is longer than `max_bytes`.
  [[nodiscard]] base::Result<std::string> read(const ClickHouseQuery& query,
                                               std::size_t max_bytes = 64U << 20U);
  /// Hands the answer over as it comes. Success only after its regular end. The error of `each` ends the
  /// stream and is returned.
  [[nodiscard]] base::Status stream(const ClickHouseQuery& query,
                                    const std::function<base::Status(std::string_view)>& each);
  /// Failures as in to_error(Work::kInsert); a server that cannot be reached is kUnavailable, a
  /// connection that breaks after the request was begun kUnknownOutcome.
  [[nodiscard]] base::Status insert(const ClickHouseQuery& query, std::string_view rows);
  /// DDL, and what else changes something and may be repeated.
  [[nodiscard]] base::Status execute(const ClickHouseQuery& query);
  /// Whether the server knows us and lets us in. kInvalid: a password, right or certificate is refused, and
  /// no waiting will help.
  [[nodiscard]] base::Status log_in();
  /// The server answers and is not asked for anything, not even who we are.
  [[nodiscard]] base::Status ping();

  /// Ends every call under way within about a second, and refuses all that follow (kUnavailable). What became
  /// of an insert is then as unknown as after a kill -9. For a process that stops.
  void abandon();

  [[nodiscard]] const ClickHouseEndpoint& endpoint() const { return endpoint_; }

 private:
  class Handles;
  struct Exchange;
  [[nodiscard]] static base::Error abandoned();
  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::string url_of(const ClickHouseQuery& query) const;
  [[nodiscard]] base::Status perform(Exchange& exchange);

  const ClickHouseEndpoint endpoint_;
  std::atomic<bool> abandoned_{false};
  std::unique_ptr<Handles> handles_;
};

}  // namespace fanfinity::store
