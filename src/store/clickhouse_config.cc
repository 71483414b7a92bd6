#include "store/clickhouse_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "base/private_directory.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string element(std::string_view name, std::string_view value) {
  return "  <" + std::string(name) + ">" + xml(value) + "</" + std::string(name) + ">\n";
}
std::string element(std::string_view name, std::uint64_t value) {
  return element(name, std::string_view(std::to_string(value)));
}

// ClickHouse's defaults are for a machine of its own: caches of 5 GiB each, pools for dozens of cores.
std::string caches_and_pools() {
  constexpr std::uint64_t kMiB = 1U << 20U;
  std::string out;
  out += element("mark_cache_size", 64 * kMiB);
  out += element("primary_index_cache_size", 64 * kMiB);
  out += element("index_mark_cache_size", 32 * kMiB);
  out += element("uncompressed_cache_size", std::uint64_t{0});
  out += element("index_uncompressed_cache_size", std::uint64_t{0});
  out += element("compiled_expression_cache_size", 16 * kMiB);
  out += element("query_condition_cache_size", 16 * kMiB);
  for (const char* unused :
       {"vector_similarity_index_cache_size", "text_index_tokens_cache_size", "text_index_header_cache_size",
        "text_index_postings_cache_size", "iceberg_metadata_files_cache_size", "parquet_metadata_cache_size",
        "unique_key_index_cache_size_bytes", "unique_key_bitmap_cache_size_bytes",
        "paimon_metadata_files_cache_size", "point_in_polygon_cache_size"}) {
    out += element(unused, kMiB);
  }
  out += "  <query_cache><max_size_in_bytes>1048576</max_size_in_bytes></query_cache>\n";
  out += element("background_pool_size", std::uint64_t{2});
  out += element("background_schedule_pool_size", std::uint64_t{4});
  // Merges may take whatever the small pool has; the defaults assume 32 entries.
  out +=
      "  <merge_tree>\n  "
      "<number_of_free_entries_in_pool_to_lower_max_size_of_merge>1"
      "</number_of_free_entries_in_pool_to_lower_max_size_of_merge>\n  "
      "<number_of_free_entries_in_pool_to_execute_mutation>1"
      "</number_of_free_entries_in_pool_to_execute_mutation>\n  "
      "<number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1"
      "</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>\n"
      "  </merge_tree>\n";
  return out;
}

// Every request has to name our user in a header, and with that ClickHouse takes a user from nowhere else.
// The supervised server's password is made up at each start, so that a request without it reaches nothing at
// all.
std::string http_handlers(const ClickHouseLibraryConfig& config) {
  std::string headers = "    <headers>\n    " + element("X-ClickHouse-User", config.user);
  if (config.port_is_reserved) headers += "    " + element("X-ClickHouse-Key", config.password);
  headers += "    </headers>\n";
  const auto rule = [&](const char* url, const char* methods, const char* handler) {
    return "  <rule>\n  " + element("url", url) + "  " + element("methods", methods) + headers +
           "    <handler><type>" + handler + "</type></handler>\n  </rule>\n";
  };
  std::string out = "  <http_handlers>\n";
  out += rule("/", "GET,POST", "dynamic_query_handler");
  out += rule("/ping", "GET", "ping");
  // Everybody else; clients of ours find in the code what to advise.
  out +=
      "  <rule><handler><type>static</type><status>404</status><response_content>Code: 516. This ClickHouse "
      "answers its own user only. (AUTHENTICATION_FAILED)\n</response_content></handler></rule>\n";
  return out + "  </http_handlers>\n";
}

std::string server_xml(const ClickHouseLibraryConfig& config) {
  const std::filesystem::path log = config.directory / "log";
  std::string out = "<clickhouse>\n";
  out += element("path", (config.directory / "data" / "").string());
  out += element("tmp_path", (config.directory / "data" / "tmp" / "").string());
  out += element("listen_host", config.listen_host);
  out += element("listen_reuse_port", std::uint64_t{config.port_is_reserved});
  out += element("http_port", std::uint64_t{config.http_port});
  out += element("keep_alive_timeout", std::uint64_t{60});
  out += element("users_config", (config.directory / "config" / "users.xml").string());
  out += element("max_server_memory_usage", config.memory_bytes);
  out += element("max_concurrent_queries", std::uint64_t{100});
  out += element("log-level", "warning");
  out += "  <logger>\n  " + element("level", "warning") + "  " +
         element("log", (log / "clickhouse.log").string()) + "  " + element("size", "10M") + "  " +
         element("count", std::uint64_t{2}) + "  " + element("console", std::uint64_t{0}) + "  </logger>\n";
  out += http_handlers(config);
  out += caches_and_pools();
  return out + "</clickhouse>\n";
}

// What the service does, in its database and in others whose names begin with that one's and an underscore:
// nothing that reaches a file, a program, another server or another user.
std::vector<std::string> grants(const std::string& database) {
  std::vector<std::string> out;
  for (const std::string& where : {database + ".*", database + "_*.*"}) {
    out.push_back(
        "SHOW, SELECT, INSERT, ALTER TABLE, ALTER VIEW, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP "
        "DATABASE, "
        "DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM MERGES ON " +
        where);
  }
  for (const char* engine : {"MergeTree", "AggregatingMergeTree", "SummingMergeTree", "ReplacingMergeTree"}) {
    out.push_back(std::string("TABLE ENGINE ON ") + engine);
  }
  for (const char* table : {"columns", "databases", "disks", "errors", "events", "merges", "metrics",
                            "mutations", "parts", "processes", "settings", "tables"}) {
    out.push_back(std::string("SELECT ON system.") + table);
  }
  out.emplace_back("KILL QUERY ON *.*");
  return out;
}

// Settings of a query or a table that name a file, or a disk that may be elsewhere. No grant covers them.
constexpr std::array kFilesAndDisks = {"merge_tree_disk", "format_schema", "format_template_row",
                                       "format_template_resultset", "input_format_record_errors_file_path"};

// The library's own session is user "default" without a password, and it cannot have one: so that user may do
// nothing but open the port, and http_handlers keeps it out of every request.
std::string users_xml(const ClickHouseLibraryConfig& config) {
  std::string out = "<clickhouse>\n<profiles>\n<default></default>\n<service>\n  <constraints>\n";
  for (const std::string setting : kFilesAndDisks) out += "    <" + setting + "><const/></" + setting + ">\n";
  out += "  </constraints>\n</service>\n</profiles>\n<users>\n<default>\n";
  out +=
      "  <password></password><networks><ip>127.0.0.1</ip><ip>::1</ip></networks>\n"
      "  <profile>default</profile><quota>default</quota>\n"
      "  <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>\n</default>\n";
  out += "<" + config.user + ">\n" + element("password", config.password);
  out +=
      "  <networks><ip>::/0</ip></networks>\n  <profile>service</profile><quota>default</quota>\n"
      "  <grants>\n";
  for (const auto& grant : grants(config.database)) out += "  " + element("query", "GRANT " + grant);
  out += "  </grants>\n</" + config.user + ">\n</users>\n<quotas><default></default></quotas>\n";
  return out + "</clickhouse>\n";
}

Error cannot_write(const std::filesystem::path& path, const std::string& reason) {
  return {Errc::kUnavailable, "The directory " + path.string() + " cannot be written (" + reason +
                                  "); set FANFINITY_DATA_DIR to one that this user may write to."};
}

}  // namespace

Status write_private_file(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path draft = path.string() + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return cannot_write(path.parent_path(), std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int reason = errno;
  ::close(fd);
  if (!written) return cannot_write(path.parent_path(), std::strerror(reason));
  if (::rename(draft.c_str(), path.c_str()) != 0)
    return cannot_write(path.parent_path(), std::strerror(errno));
  return {};
}

Result<std::filesystem::path> write_clickhouse_config(const ClickHouseLibraryConfig& config) {
  for (const char* name : {"", "config", "data", "log"}) {
    if (const auto failed = base::make_private_directory(config.directory / name))
      return cannot_write(config.directory, failed.message());
  }
  const std::filesystem::path server = config.directory / "config" / "config.xml";
  if (auto done = write_private_file(config.directory / "config" / "users.xml", users_xml(config)); !done) {
    return done.error();
  }
  if (auto done = write_private_file(server, server_xml(config)); !done) return done.error();
  return server;
}

namespace {

bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Result<std::string> encode(const ClickHouseLibraryConfig& config) {
  const std::map<std::string, std::string> fields = {
      {"library", config.library.string()},
      {"directory", config.directory.string()},
      {"listen_host", config.listen_host},
      {"http_port", std::to_string(config.http_port)},
      {"port_is_reserved", config.port_is_reserved ? "1" : "0"},
      {"user", config.user},
      {"password", config.password},
      {"database", config.database},
      {"memory_bytes", std::to_string(config.memory_bytes)},
      {"lock_timeout_ms", std::to_string(config.lock_timeout.count())}};
  std::string text;
  for (const auto& [name, value] : fields) {
    const bool plain =
        std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (!plain)
      return Error{Errc::kInvalid, "The " + name + " of ClickHouse must not hold control characters."};
    text.append(name).append("=").append(value).append("\n");
  }
  if (!is_plain(config.user) || config.user == "default") {
    return Error{Errc::kInvalid,
                 "The user of the embedded ClickHouse must be letters, digits and underscores, and not "
                 "\"default\": set "
                 "CLICKHOUSE_USER (and CLICKHOUSE_PASSWORD), here and for those who use it."};
  }
  if (config.password.empty()) {
    return Error{Errc::kInvalid,
                 "The embedded ClickHouse lets nobody in without a password: set CLICKHOUSE_PASSWORD or "
                 "CLICKHOUSE_PASSWORD_FILE, here and for those who use it."};
  }
  if (!is_plain(config.database)) {
    return Error{Errc::kInvalid, "CLICKHOUSE_DATABASE must be letters, digits and underscores."};
  }
  if (!config.directory.is_absolute()) {
    return Error{Errc::kInvalid, "The directory of ClickHouse must be an absolute path."};
  }
  return text;
}

Result<ClickHouseLibraryConfig> decode_library_config(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    fields.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  ClickHouseLibraryConfig config;
  bool good = true;
  const auto number = [&](std::string_view name, auto& out) {
    const std::string& value = fields[std::string(name)];
    good = good && std::from_chars(value.data(), value.data() + value.size(), out).ec == std::errc{};
  };
  std::int64_t lock_timeout = 0;
  config.library = fields["library"];
  config.directory = fields["directory"];
  config.listen_host = fields["listen_host"];
  config.port_is_reserved = fields["port_is_reserved"] == "1";
  config.user = fields["user"];
  config.password = fields["password"];
  config.database = fields["database"];
  number("http_port", config.http_port);
  number("memory_bytes", config.memory_bytes);
  number("lock_timeout_ms", lock_timeout);
  config.lock_timeout = std::chrono::milliseconds{lock_timeout};
  if (!good || config.directory.empty() || config.library.empty()) {
    return Error{Errc::kInvalid,
                 "`clickhouse --supervised` is for `fanfinity up`; run `fanfinity clickhouse`."};
  }
  return config;
}

}  // namespace fanfinity::store
