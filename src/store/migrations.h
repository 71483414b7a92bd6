#pragma once
// The schema as numbered migrations, and what is set on its tables besides.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/clickhouse_http.h"

namespace fanfinity::store {

struct Migration {
  std::uint32_t number = 0;  ///< From 1, without gaps.
  std::string name;
  std::string sql;  ///< Statements ended by ";" at the end of a line, each harmless to repeat.
};

/// schema/NNNN_name.sql, in order.
[[nodiscard]] std::vector<Migration> embedded_migrations();

/// The most entries that one table may be asked to remember: about 100 bytes of memory each.
inline constexpr std::uint64_t kMaxTokenWindow = 1'000'000;

struct SchemaConfig {
  std::uint32_t retention_days = 0;  ///< 0: for ever. Not shorter than dedup_window.
  std::chrono::hours dedup_window{24 * 7};
  /// Insert tokens each table remembers. EXACTLY-ONCE C2: more than the entries that all partitions together
  /// can add between a token's first use and its last replay. An insert adds one entry to a table, two
  /// when it spans a change of month. See token_window_for.
  std::uint64_t token_window = 100'000;
  bool fsync = false;  ///< Sync every insert and merge; for ClickHouse on this very machine.
};

/// The window that lets an intent be replayed up to `intent_max_age` after its first try while all others go
/// on inserting at `inserts_per_second` together; doubled for late arrivals and changes of month.
[[nodiscard]] std::uint64_t token_window_for(double inserts_per_second,
                                             std::chrono::milliseconds intent_max_age);

/// Brings a database to what this binary expects: creates it when missing, applies what is pending, and sets
/// retention, token window and fsync. May run at the same time elsewhere, and be killed at any point:
/// running it again completes it. kInvalid: the sentence says what the operator must change.
class Migrator {
 public:
  /// `may_upgrade` is asked before the schema of a database in use is changed; its refusal ends the run.
  using MayUpgrade = std::function<base::Status()>;

  Migrator(ClickHouseHttp& http, SchemaConfig config, MayUpgrade may_upgrade = {},
           std::vector<Migration> migrations = embedded_migrations());

  /// The number of migrations that were applied by this call.
  [[nodiscard]] base::Result<std::size_t> run();

 private:
  struct Applied {
    std::uint32_t number = 0;
    std::string name;
    std::vector<std::string> checksums;
  };
  [[nodiscard]] base::Status check_config() const;
  [[nodiscard]] base::Status check_server();
  [[nodiscard]] base::Status create_database();
  [[nodiscard]] base::Result<std::vector<Applied>> applied();
  [[nodiscard]] base::Status check_applied(const std::vector<Applied>& applied) const;
  [[nodiscard]] base::Status apply(const Migration& migration);
  [[nodiscard]] base::Status apply_settings();
  [[nodiscard]] base::Status apply_retention(const std::string& table, const std::string& day,
                                             const std::string& engine);
  [[nodiscard]] base::Status apply_settings(const std::string& table, const std::string& engine,
                                            bool takes_tokens);
  [[nodiscard]] base::Status execute(const std::string& sql, ClickHouseQuery::Pairs params = {},
                                     bool in_database = true);

  ClickHouseHttp& http_;
  const SchemaConfig config_;
  const MayUpgrade may_upgrade_;
  const std::vector<Migration> migrations_;
};

}  // namespace fanfinity::store
