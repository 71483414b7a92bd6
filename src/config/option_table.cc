// The rows of the option table.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/values.h"

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;
using base::Status;
using std::chrono::hours;

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr Milliseconds kMs{1};

/// A row builder: says which section of Settings its members live in.
template <typename Section>
class Rows {
 public:
  Rows(std::vector<Option>& out, std::string_view group, Section Settings::* section)
      : out_(out), group_(group), section_(section) {}

  template <typename Int>
  Rows& integer(std::string_view name, std::string_view value, Int Section::* member, std::uint64_t least,
                std::uint64_t most, std::string_view prose) {
    return add(
        name, value, prose, false, member,
        [least, most](std::string_view text) -> base::Result<Int> {
          auto parsed = parse_integer(text, least, most);
          if (!parsed) return parsed.error();
          return static_cast<Int>(*parsed);
        },
        [](const Int& number) { return fmt::format("{}", number); });
  }
  Rows& number(std::string_view name, std::string_view value, double Section::* member, double most,
               std::string_view prose) {
    return add(
        name, value, prose, false, member,
        [most](std::string_view text) { return parse_number(text, 0, most); },
        [](double number) { return fmt::format("{}", number); });
  }
  template <typename Size>
  Rows& size(std::string_view name, Size Section::* member, std::uint64_t least, std::uint64_t most,
             std::string_view prose) {
    return add(
        name, "size", prose, false, member,
        [least, most](std::string_view text) -> base::Result<Size> { return parse_size(text, least, most); },
        [](Size bytes) { return format_size(bytes); });
  }
  template <typename Duration>
  Rows& duration(std::string_view name, Duration Section::* member, Milliseconds least, Milliseconds most,
                 std::string_view prose) {
    return add(
        name, "duration", prose, false, member,
        [least, most](std::string_view text) -> base::Result<Duration> {
          auto parsed = parse_duration(text, least, most);
          if (!parsed) return parsed.error();
          const auto kept = std::chrono::duration_cast<Duration>(*parsed);
          if (kept != *parsed) return Error{Errc::kInvalid, "must be a whole number of hours"};
          return kept;
        },
        [](Duration kept) { return format_duration(kept); });
  }
  Rows& boolean(std::string_view name, bool Section::* member, std::string_view prose) {
    return add(
        name, "true | false", prose, false, member, [](std::string_view text) { return parse_bool(text); },
        [](bool kept) { return std::string(kept ? "true" : "false"); });
  }
  Rows& text(std::string_view name, std::string_view value, std::string Section::* member,
             std::string_view prose, bool secret = false) {
    return add(
        name, value, prose, secret, member,
        [](std::string_view given) -> base::Result<std::string> { return std::string(given); },
        [](const std::string& kept) { return kept; });
  }
  Rows& list(std::string_view name, std::vector<std::string> Section::* member, std::string_view prose) {
    return add(
        name, "comma-separated", prose, true, member,
        [](std::string_view given) { return parse_list(given); },
        [](const std::vector<std::string>& kept) { return fmt::format("{}", fmt::join(kept, ",")); });
  }
  template <typename Member, typename Parse, typename Show>
  Rows& add(std::string_view name, std::string_view value, std::string_view prose, bool secret,
            Member Section::* member, Parse parse, Show show) {
    auto section = section_;
    out_.push_back(Option{
        group_, name, value, prose, secret,
        [section, member, parse](std::string_view given, Settings& settings) -> Status {
          auto parsed = parse(given);
          if (!parsed) return parsed.error();
          settings.*section.*member = std::move(*parsed);
          return {};
        },
        [section, member, show](const Settings& settings) { return show(settings.*section.*member); }});
    return *this;
  }

 private:
  std::vector<Option>& out_;
  std::string_view group_;
  Section Settings::* section_;
};

void add_server_options(std::vector<Option>& out) {
  Rows<ServerSettings>(out, "HTTP server", &Settings::server)
      .text("SERVER_HOST", "address", &ServerSettings::host,
            "The address to listen on. The default serves this machine only; 0.0.0.0 serves every network.")
      .integer("SERVER_PORT", "0..65535", &ServerSettings::port, 0, 65'535,
               "The port to listen on; 0 takes any free one.")
      .integer("SERVER_THREADS", "0..64", &ServerSettings::threads, 0, 64,
               "Threads that serve connections; 0: one a core, at most 8.")
      .integer("MAX_CONNECTIONS", "1..1000000", &ServerSettings::max_connections, 1, 1'000'000,
               "Open connections; one more is answered 503 and closed.")
      .size("MAX_BUFFERED_BODIES", &ServerSettings::max_buffered_bytes, 16 * kMiB, 64 * kGiB,
            "Memory for request bodies being read, over all connections; beyond it 503.")
      .duration("HEADER_TIMEOUT", &ServerSettings::header_timeout, 100 * kMs, hours(1),
                "From the first byte of a request to the end of its headers; then 408.")
      .duration("BODY_TIMEOUT", &ServerSettings::body_timeout, 100 * kMs, hours(1),
                "From the end of the headers to the end of the body; then 408.")
      .duration("IDLE_TIMEOUT", &ServerSettings::idle_timeout, 100 * kMs, hours(1),
                "How long a connection may rest between requests before it is closed.")
      .duration("REQUEST_TIMEOUT", &ServerSettings::request_timeout, 100 * kMs, hours(1),
                "From a request being read to its answer; then 503 with Retry-After.")
      .duration("DRAIN_TIMEOUT", &ServerSettings::drain_timeout, 0 * kMs, hours(1),
                "How long a stop waits for requests under way, and then for what is not yet stored.")
      .number("RATE_LIMIT", "0..1000000", &ServerSettings::rate_limit, 1e6,
              "Requests a second for one client address (an IPv6 /64); beyond it 429. 0: no limit.")
      .number("RATE_BURST", "0..1000000", &ServerSettings::rate_burst, 1e6,
              "Requests a client may send at once before RATE_LIMIT holds; 0: one second's worth.")
      .list("API_WRITE_KEYS", &ServerSettings::write_keys,
            "Keys that may post (and read), sent as `Authorization: Bearer KEY`. Empty: anyone may post.")
      .list("API_READ_KEYS", &ServerSettings::read_keys, "Keys that may only read. Empty: anyone may read.")
      .duration("METRICS_REFRESH", &ServerSettings::metrics_refresh, 10 * kMs, 60'000 * kMs,
                "How old a cached answer about a match may be; ClickHouse is asked at most once a match and "
                "period.");
}

void add_log_options(std::vector<Option>& out) {
  Rows<LogSettings>(out, "Log", &Settings::log)
      .text("KAFKA_BOOTSTRAP_SERVERS", "host:port,...", &LogSettings::kafka_bootstrap_servers,
            "Kafka brokers. This version runs on the embedded log only and refuses to start when it is set.")
      .integer("LOG_PARTITIONS", "1..256", &LogSettings::partitions, 1, 256,
               "Partitions of the embedded log. Fixed once the data directory exists.")
      .size("LOG_SEGMENT_SIZE", &LogSettings::segment_bytes, kMiB, kGiB,
            "Size of one segment file of the embedded log.")
      .size("LOG_MAX_SIZE", &LogSettings::max_bytes, 16 * kMiB, 1024 * kGiB,
            "Disk the embedded log may take. At the limit events are answered 503 until the consumer has "
            "caught up.")
      .size("LOG_DEAD_MAX_SIZE", &LogSettings::dead_max_bytes, kMiB, 1024 * kGiB,
            "Disk the dead letters may take; beyond it the oldest are dropped, and counted.")
      .size("LOG_QUEUE_SIZE", &LogSettings::queue_bytes, kMiB, 64 * kGiB,
            "Memory for events waiting to be written; beyond it 503.");
}

Status parse_clickhouse_port(std::string_view text, std::uint16_t& port) {
  auto parsed = parse_integer(text, 1, 65'535);
  if (!parsed) return parsed.error();
  if (*parsed == 9000 || *parsed == 9440) {
    return Error{Errc::kInvalid,
                 "is ClickHouse's native port; Fanfinity speaks HTTP: use the HTTP port, 8123 unless "
                 "configured otherwise"};
  }
  port = static_cast<std::uint16_t>(*parsed);
  return {};
}

void add_clickhouse_options(std::vector<Option>& out) {
  Rows<ClickHouseSettings> rows(out, "ClickHouse", &Settings::clickhouse);
  rows.text("CLICKHOUSE_HOST", "host", &ClickHouseSettings::host,
            "A ClickHouse server to use. Empty: `fanfinity up` starts the embedded one.");
  rows.add(
      "CLICKHOUSE_PORT", "1..65535", "ClickHouse's HTTP port. The native ports 9000 and 9440 are refused.",
      false, &ClickHouseSettings::port,
      [](std::string_view text) -> base::Result<std::uint16_t> {
        std::uint16_t port = 0;
        if (auto status = parse_clickhouse_port(text, port); !status) return status.error();
        return port;
      },
      [](std::uint16_t port) { return fmt::format("{}", port); });
  rows.add(
      "CLICKHOUSE_DATABASE", "name", "The database; created when missing.", false,
      &ClickHouseSettings::database,
      [](std::string_view text) -> base::Result<std::string> {
        const bool plain = std::all_of(text.begin(), text.end(),
                                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
        if (text.empty() || text.size() > 64 || !plain ||
            std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
          return Error{Errc::kInvalid,
                       "must be up to 64 letters, digits and underscores, not starting with a digit"};
        }
        return std::string(text);
      },
      [](const std::string& name) { return name; });
  rows.text("CLICKHOUSE_USER", "text", &ClickHouseSettings::user, "User of the ClickHouse server.")
      .text("CLICKHOUSE_PASSWORD", "text", &ClickHouseSettings::password,
            "Password of the ClickHouse server.", true)
      .duration("CLICKHOUSE_TIMEOUT", &ClickHouseSettings::request_timeout, 1'000 * kMs, hours(1),
                "How long one insert or query may take before it is given up and sent again.")
      .integer(
          "RETENTION_DAYS", "0..36500", &ClickHouseSettings::retention_days, 0, 36'500,
          "Days to keep events and metrics after they were received; 0: for ever. At least DEDUP_WINDOW.")
      .text("LIBCHDB_PATH", "path", &ClickHouseSettings::library,
            "The embedded ClickHouse's library, libchdb.so. Empty: beside the binary, then .deps/ of the "
            "checkout.")
      .size("CLICKHOUSE_MEMORY", &ClickHouseSettings::memory_bytes, 512 * kMiB, 1024 * kGiB,
            "Memory the embedded ClickHouse may take.")
      .boolean("CLICKHOUSE_FSYNC", &ClickHouseSettings::fsync,
               "Whether the embedded ClickHouse syncs every insert to disk, for the case that the machine "
               "loses power.");
}

void add_pipeline_options(std::vector<Option>& out) {
  Rows<PipelineSettings>(out, "Pipeline", &Settings::pipeline)
      .integer("BATCH_MAX_EVENTS", "1..500000", &PipelineSettings::batch_max_events, 1, 500'000,
               "Most events in one insert; batches grow up to it with the backlog.")
      .duration("BATCH_MAX_AGE", &PipelineSettings::batch_max_age, 1 * kMs, 60'000 * kMs,
                "How long an event waits for others before its batch is inserted.")
      .number("MAX_INSERTS_PER_SECOND", "0.1..1000", &PipelineSettings::max_inserts_per_second, 1000,
              "Most inserts a second of one consumer; the age of batches stretches to keep it.")
      .duration("DEDUP_WINDOW", &PipelineSettings::dedup_window, hours(1), hours(24 * 365),
                "For how long after its arrival an event id is recognised when it is sent again.")
      .size("DEDUP_FILTER_SIZE", &PipelineSettings::dedup_filter_bytes, kMiB, 64 * kGiB,
            "Memory for the filter of stored ids; when it is full more ids are looked up in ClickHouse.")
      .integer("RETRY_MAX_ATTEMPTS", "1..20", &PipelineSettings::retry_max_attempts, 1, 20,
               "How often an event that ClickHouse refuses is tried before it becomes a dead letter.")
      .duration("RETRY_FIRST_DELAY", &PipelineSettings::retry_first_delay, 10 * kMs, hours(24),
                "Delay before a refused event is tried again; doubles with each attempt.")
      .duration("RETRY_MAX_DELAY", &PipelineSettings::retry_max_delay, 10 * kMs, hours(24),
                "The longest such delay.")
      .duration("INTENT_MAX_AGE", &PipelineSettings::intent_max_age, hours(1), hours(24 * 30),
                "How old an announced but unfinished insert may be and still be repeated by itself.");
}

void add_general_options(std::vector<Option>& out) {
  out.push_back(Option{"General", "FANFINITY_DATA_DIR", "path",
                       "Where the embedded log and ClickHouse keep their data.", false,
                       [](std::string_view text, Settings& settings) -> Status {
                         if (text.empty()) return Error{Errc::kInvalid, "must name a directory"};
                         settings.data_dir = std::string(text);
                         return {};
                       },
                       [](const Settings& settings) { return settings.data_dir; }});
  out.push_back(Option{"General", "LOG_LEVEL", "debug | info | warn | error",
                       "Least level of log lines; debug writes one line a request.", false,
                       [](std::string_view text, Settings& settings) -> Status {
                         std::string level(text);
                         std::transform(level.begin(), level.end(), level.begin(),
                                        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
                         if (level == "warning") level = "warn";
                         if (level != "debug" && level != "info" && level != "warn" && level != "error") {
                           return Error{Errc::kInvalid, "must be debug, info, warn or error"};
                         }
                         settings.log_level = level;
                         return {};
                       },
                       [](const Settings& settings) { return settings.log_level; }});
}

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> table = [] {
    std::vector<Option> rows;
    add_general_options(rows);
    add_server_options(rows);
    add_log_options(rows);
    add_clickhouse_options(rows);
    add_pipeline_options(rows);
    return rows;
  }();
  return table;
}

}  // namespace fanfinity::config
