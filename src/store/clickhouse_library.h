#pragma once
// ClickHouse as one shared library (libchdb.so), served over HTTP by a process of its own: what
// `fanfinity clickhouse` runs. The library is never loaded into a process that does anything else.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace fanfinity::store {

struct ClickHouseLibraryConfig {
  std::filesystem::path library;    ///< libchdb.so; see find_clickhouse_library.
  std::filesystem::path directory;  ///< Holds config/, data/, log/ and the lock; created when missing.
  std::string listen_host = "127.0.0.1";
  std::uint16_t http_port = 8123;
  bool port_is_reserved = false;  ///< The parent holds the port for us (SO_REUSEPORT).
  /// The only one who is let in, in HTTP headers; with rights on `database` and those called DATABASE_....
  std::string user = "fanfinity";
  std::string password;
  std::string database = "fanfinity";
  std::uint64_t memory_bytes = 2ULL << 30U;
  /// How long to wait until a former process has let go of the directory.
  std::chrono::milliseconds lock_timeout{30'000};
};

/// Where the library is: `configured` (LIBCHDB_PATH), else beside the running binary.
/// kNotFound: the sentence says how to install it.
[[nodiscard]] base::Result<std::filesystem::path> find_clickhouse_library(const std::string& configured);

/// Serves until SIGTERM or SIGINT (a second one ends it at once). The exit code: 0 after an orderly end;
/// 1 otherwise, with a sentence on standard error.
[[nodiscard]] int run_clickhouse_library(const ClickHouseLibraryConfig& config);

/// As a child of EmbeddedClickHouse (`fanfinity clickhouse --supervised`): reads its configuration from
/// standard input and serves until that is closed. Ignores SIGTERM and SIGINT, which are the parent's to
/// act upon, and dies with its parent.
[[nodiscard]] int run_supervised_clickhouse();

}  // namespace fanfinity::store
