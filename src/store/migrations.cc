#include "store/migrations.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "base/log_line.h"
#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

// Every table of the schema, and the column its retention counts from; null: its rows are kept indefinitely,
// and it takes no insert tokens.
struct KeptTable {
  const char* name;
  const char* day;
};
constexpr std::array kTables = {
    KeptTable{"events", "toDate32(received_at)"}, KeptTable{"match_minutes", "received_day"},
    KeptTable{"matches", "received_day"},         KeptTable{"response_times", "received_day"},
    KeptTable{"log_partitions", nullptr},         KeptTable{"schema_migrations", nullptr}};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::vector<std::string> statements_of(std::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  while (!sql.empty()) {
    const std::size_t end = std::min(sql.find('\n'), sql.size() - 1);
    const std::string_view line = sql.substr(0, end + 1);
    sql.remove_prefix(line.size());
    if (line.starts_with("--")) continue;
    const std::size_t last = line.find_last_not_of(" \r\n");
    const bool ends = last != std::string_view::npos && line[last] == ';';
    statement += ends ? line.substr(0, last) : line;
    if (ends) {
      statements.push_back(std::move(statement));
      statement.clear();
    }
  }
  if (statement.find_first_not_of(" \r\n") != std::string::npos) statements.push_back(std::move(statement));
  return statements;
}

// Of the text before placeholders are filled in, so that a setting does not look like a changed migration.
// FNV-1a: guards against accidents, not against forgery.
std::string checksum_of(const Migration& migration) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : migration.sql) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHex[(hash >> static_cast<unsigned>(shift)) & 0xFU];
  return text;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::uint64_t token_window_for(double inserts_per_second, std::chrono::milliseconds intent_max_age) {
  constexpr double kLeast = 10'000;
  const double entries = 2 * inserts_per_second * std::chrono::duration<double>(intent_max_age).count();
  return static_cast<std::uint64_t>(
      std::ceil(std::clamp(entries, kLeast, static_cast<double>(kMaxTokenWindow))));
}

Migrator::Migrator(ClickHouseHttp& http, SchemaConfig config, MayUpgrade may_upgrade,
                   std::vector<Migration> migrations)
    : http_(http),
      config_(config),
      may_upgrade_(std::move(may_upgrade)),
      migrations_(std::move(migrations)) {}

Result<std::size_t> Migrator::run() {
  if (auto fine = check_config(); !fine) return fine.error();
  if (auto fine = check_server(); !fine) return fine.error();
  if (auto created = create_database(); !created) return created.error();
  auto done = applied();
  if (!done) return done.error();
  if (auto fine = check_applied(*done); !fine) return fine.error();
  const bool upgrade = !done->empty() && done->size() < migrations_.size();
  if (upgrade && may_upgrade_) {
    if (auto may = may_upgrade_(); !may) return may.error();
  }
  std::size_t count = 0;
  for (const auto& migration : migrations_) {
    if (std::ranges::any_of(*done, [&](const Applied& a) { return a.number == migration.number; })) continue;
    if (auto applied_now = apply(migration); !applied_now) return applied_now.error();
    ++count;
    base::log_line(base::Level::kInfo, "applied a migration of the ClickHouse schema",
                   {{"number", migration.number}, {"name", migration.name}});
  }
  if (auto set = apply_settings(); !set) return set.error();
  return count;
}

Status Migrator::check_config() const {
  const std::string& database = http_.endpoint().database;
  if (!is_plain_name(database)) {
    return Error{Errc::kInvalid, "CLICKHOUSE_DATABASE \"" + database +
                                     "\" cannot be used; use up to 64 letters, digits and underscores."};
  }
  if (config_.token_window == 0 || config_.token_window > kMaxTokenWindow) {
    return Error{Errc::kInvalid, "The window of insert tokens must be 1 to " +
                                     std::to_string(kMaxTokenWindow) +
                                     "; lower MAX_INSERTS_PER_SECOND or INTENT_MAX_AGE."};
  }
  const auto kept = std::chrono::hours{24} * config_.retention_days;
  if (config_.retention_days != 0 && kept < config_.dedup_window) {
    return Error{
        Errc::kInvalid,
        "RETENTION_DAYS of " + std::to_string(config_.retention_days) + " is shorter than DEDUP_WINDOW of " +
            std::to_string(config_.dedup_window.count()) +
            " hours: events would be forgotten and counted again; raise the first or lower the second."};
  }
  return {};
}

// Newer servers can switch insert tokens off in a user's profile, over the head of insert_deduplicate.
Status Migrator::check_server() {
  if (auto known = http_.log_in(); !known) return known;
  auto answer = http_.read({.sql = "SELECT count() FROM system.settings WHERE name = 'deduplicate_insert' "
                                   "AND value = 'disable' FORMAT RowBinary",
                            .params = {},
                            .settings = {},
                            .in_database = false});
  if (!answer) return answer.error();
  RowBinaryReader reader(*answer);
  if (reader.integer<std::uint64_t>() == 0) return {};
  return Error{
      Errc::kInvalid,
      "The ClickHouse user's profile sets deduplicate_insert = 'disable', which would count repeated "
      "inserts twice; remove it from the profile."};
}

Status Migrator::create_database() {
  auto created = execute("CREATE DATABASE IF NOT EXISTS " + http_.endpoint().database, {}, false);
  if (!created) return created;
  return execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, checksum String, "
      "applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY number");
}

Result<std::vector<Migrator::Applied>> Migrator::applied() {
  auto answer =
      http_.read({.sql = "SELECT number, any(name), groupUniqArray(checksum) FROM schema_migrations "
                         "GROUP BY number ORDER BY number FORMAT RowBinary",
                  .params = {},
                  .settings = {}});
  if (!answer) return answer.error();
  std::vector<Applied> all;
  RowBinaryReader reader(*answer);
  while (!reader.at_end() && reader.ok()) {
    Applied one;
    one.number = reader.integer<std::uint32_t>();
    one.name = reader.text();
    for (std::size_t left = reader.length(); left > 0 && reader.ok(); --left) {
      one.checksums.push_back(reader.text());
    }
    all.push_back(std::move(one));
  }
  if (!reader.ok()) return Error{Errc::kInternal, "The list of applied migrations cannot be read."};
  return all;
}

Status Migrator::check_applied(const std::vector<Applied>& applied) const {
  for (const auto& one : applied) {
    const std::string which = "migration " + std::to_string(one.number) + " (" + one.name + ")";
    const auto known = std::ranges::find(migrations_, one.number, &Migration::number);
    if (known == migrations_.end()) {
      return Error{Errc::kInvalid,
                   "The database " + http_.endpoint().database + " has " + which +
                       ", which this version does not know; run the newer version of Fanfinity."};
    }
    const std::string checksum = checksum_of(*known);
    if (!std::ranges::all_of(one.checksums, [&](const std::string& was) { return was == checksum; })) {
      return Error{Errc::kInvalid,
                   "The text of " + which + " is not the one that was applied to the database " +
                       http_.endpoint().database + "; restore it and put the change into a new migration."};
    }
  }
  return {};
}

Status Migrator::apply(const Migration& migration) {
  std::string sql = migration.sql;
  replace_all(sql, "{{database}}", http_.endpoint().database);
  replace_all(sql, "{{token_window}}", std::to_string(config_.token_window));
  for (const auto& statement : statements_of(sql)) {
    if (auto done = execute(statement); !done) {
      return Error{done.error().code, "Migration " + std::to_string(migration.number) + " (" +
                                          migration.name + ") failed: " + done.error().detail};
    }
  }
  return execute(
      "INSERT INTO schema_migrations (number, name, checksum) SELECT {number:UInt32}, {name:String}, "
      "{checksum:String}",
      {{"number", std::to_string(migration.number)},
       {"name", migration.name},
       {"checksum", checksum_of(migration)}});
}

Status Migrator::apply_settings() {
  for (const auto& table : kTables) {
    auto answer =
        http_.read({.sql = "SELECT engine_full FROM system.tables WHERE database = currentDatabase() "
                           "AND name = {name:String} FORMAT RowBinary",
                    .params = {{"name", table.name}},
                    .settings = {}});
    if (!answer) return answer.error();
    if (answer->empty()) continue;  // A migration of a test, without our tables.
    RowBinaryReader reader(*answer);
    const std::string engine = reader.text();
    if (table.day != nullptr) {
      if (auto set = apply_retention(table.name, table.day, engine); !set) return set;
    }
    if (auto set = apply_settings(table.name, engine, table.day != nullptr); !set) return set;
  }
  return {};
}

Status Migrator::apply_retention(const std::string& table, const std::string& day,
                                 const std::string& engine) {
  const std::string ttl = day + " + toIntervalDay(" + std::to_string(config_.retention_days) + ")";
  const bool has_ttl = engine.find(" TTL ") != std::string::npos;
  if (config_.retention_days == 0 && has_ttl) {
    if (auto done = execute("ALTER TABLE " + table + " REMOVE TTL"); !done) return done;
  }
  if (config_.retention_days != 0 && engine.find(" TTL " + ttl) == std::string::npos) {
    if (auto done = execute("ALTER TABLE " + table + " MODIFY TTL " + ttl); !done) return done;
  }
  return {};
}

Status Migrator::apply_settings(const std::string& table, const std::string& engine, bool takes_tokens) {
  const std::string fsync = config_.fsync ? "1" : "0";
  // A merge deletes its source parts. Unless the merged part is synced first, a power cut loses rows that
  // were synced long before.
  std::vector<std::pair<std::string, std::string>> settings = {
      {"fsync_after_insert", fsync},
      {"fsync_part_directory", fsync},
      {"min_rows_to_fsync_after_merge", fsync},
      {"min_compressed_bytes_to_fsync_after_merge", fsync}};
  if (takes_tokens) {
    settings.emplace_back("non_replicated_deduplication_window", std::to_string(config_.token_window));
  }
  for (const auto& [name, value] : settings) {
    const std::string wanted = name + " = " + value;
    const std::size_t at = engine.find(wanted);
    const bool exactly =
        at != std::string::npos && (at + wanted.size() == engine.size() || engine[at + wanted.size()] == ',');
    if (exactly || (value == "0" && engine.find(name) == std::string::npos)) continue;
    if (auto done = execute("ALTER TABLE " + table + " MODIFY SETTING " + wanted); !done) return done;
  }
  return {};
}

// Two migrators at once may trip over each other ("already exists"), and every statement may be repeated.
Status Migrator::execute(const std::string& sql, ClickHouseQuery::Pairs params, bool in_database) {
  constexpr int kTries = 4;
  const ClickHouseQuery query{
      .sql = sql, .params = std::move(params), .settings = {}, .in_database = in_database};
  Status done = http_.execute(query);
  for (int tries = 1; !done && done.error().code == Errc::kUnknownOutcome && tries < kTries; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100} * tries);
    done = http_.execute(query);
  }
  return done;
}

}  // namespace fanfinity::store
