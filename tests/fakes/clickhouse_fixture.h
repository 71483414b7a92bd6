#pragma once
// Real ClickHouse servers for tests: the library of LIBCHDB_PATH in child processes. Without it a test
// fails, and says so.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "store/clickhouse_http.h"
#include "store/embedded_clickhouse.h"
#include "store/migrations.h"

namespace fanfinity::fakes {

/// Asks again and again until it holds; false when `within` has passed.
[[nodiscard]] bool eventually(const std::function<bool()>& holds,
                              std::chrono::milliseconds within = std::chrono::seconds{30});

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A server with its data in a temporary directory. Ends the test program when it cannot be started.
class ClickHouseServer {
 public:
  ClickHouseServer();
  /// One for the whole test program, started when first asked for.
  [[nodiscard]] static ClickHouseServer& shared();

  /// For a client of the database `name`, which need not exist. Its user has rights on "fanfinity" and on
  /// names that begin with "fanfinity_".
  [[nodiscard]] store::ClickHouseEndpoint endpoint(const std::string& name) const;
  /// Any SQL, without a database; the answer as TabSeparated. Fails the test on an error.
  std::string query(const std::string& sql);
  /// kill -9; returns at once. It starts again by itself, with the same endpoint and data.
  void kill();
  /// Waits until it answers again.
  void wait_ready();
  void kill_and_wait() {
    kill();
    wait_ready();
  }
  [[nodiscard]] store::EmbeddedClickHouse& process() { return *process_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<store::EmbeddedClickHouse> process_;
};

/// The program that runs the library, and where the library is.
[[nodiscard]] store::EmbeddedClickHouseConfig embedded_config(const std::filesystem::path& directory);

/// A database of its own with our schema, dropped at the end.
class ClickHouseDatabase {
 public:
  explicit ClickHouseDatabase(ClickHouseServer& server = ClickHouseServer::shared(),
                              const store::SchemaConfig& config = {});
  ~ClickHouseDatabase();
  ClickHouseDatabase(const ClickHouseDatabase&) = delete;
  ClickHouseDatabase& operator=(const ClickHouseDatabase&) = delete;

  [[nodiscard]] store::ClickHouseHttp& http() { return *http_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Any SQL in this database; the answer as TabSeparated, without the last line feed. Fails the test
  /// on an error.
  std::string query(const std::string& sql);

 private:
  ClickHouseServer& server_;
  std::string name_;
  std::unique_ptr<store::ClickHouseHttp> http_;
};

}  // namespace fanfinity::fakes
