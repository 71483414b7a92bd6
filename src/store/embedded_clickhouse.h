#pragma once
// The embedded ClickHouse server: a supervised child process.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/clickhouse_http.h"

namespace fanfinity::store {

struct EmbeddedClickHouseConfig {
  std::filesystem::path directory;  ///< Its own; created when missing.
  std::string library;              ///< LIBCHDB_PATH; empty: look for it.
  std::string database = "fanfinity";
  std::uint64_t memory_bytes = 2ULL << 30U;
  /// What to run as the child; it must call run_supervised_clickhouse.
  std::vector<std::string> command = {"/proc/self/exe", "clickhouse", "--supervised"};
  std::chrono::milliseconds start_timeout{60'000};  ///< Includes waiting for a former child to go.
  std::chrono::milliseconds stop_timeout{10'000};   ///< Of an orderly end; then SIGKILL.
  std::chrono::milliseconds request_timeout{30'000};
  std::stop_token stop{};  ///< Ends `start` early, and with it the child that does not answer yet.

  bool operator==(const EmbeddedClickHouseConfig&) const = default;
};

/// Starts the child, starts it again with growing delays when it dies, and ends it. It listens on
/// 127.0.0.1 only, at a free port that stays reserved for it, and asks for a password made up at each start.
/// Whatever happens to this process, kill -9 included, the child ends with it. Thread-safe.
class EmbeddedClickHouse {
 public:
  /// Returns once it answers. kNotFound: no library. kUnavailable: the directory cannot be used, or
  /// the child ended; one sentence says why. Also writes directory/endpoint.json for people and tools of the
  /// same user: {"url","user","password","database"}.
  [[nodiscard]] static base::Result<std::unique_ptr<EmbeddedClickHouse>> start(
      EmbeddedClickHouseConfig config);
  ~EmbeddedClickHouse();  ///< Stops.
  EmbeddedClickHouse(const EmbeddedClickHouse&) = delete;
  EmbeddedClickHouse& operator=(const EmbeddedClickHouse&) = delete;

  /// Stays the same over restarts.
  [[nodiscard]] const ClickHouseEndpoint& endpoint() const;
  /// Of the child now; 0 while there is none.
  [[nodiscard]] pid_t pid() const;
  /// How often the child had to be started again.
  [[nodiscard]] std::uint64_t restarts() const;
  /// kUnavailable while it is being started again, with the reason it ended.
  [[nodiscard]] base::Status health() const;
  /// Returns when the child is gone. Idempotent.
  void stop();

 private:
  class Supervisor;
  explicit EmbeddedClickHouse(std::unique_ptr<Supervisor> supervisor);
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace fanfinity::store
