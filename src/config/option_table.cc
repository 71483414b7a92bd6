// The rows of the option table.

#include <algorithm>
#include <cctype>
#include <vector>

#include "config/option_rows.h"

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;
using base::Status;
using std::chrono::hours;

void add_server_options(std::vector<Option>& out) {
  Rows<ServerSettings>(out, "HTTP server", &Settings::server)
      .host("SERVER_HOST", "address", "SERVER_PORT", &ServerSettings::host,
            "The address to listen on. The default serves this machine only; 0.0.0.0 serves every network.")
      .integer("SERVER_PORT", "0..65535", &ServerSettings::port, 0, 65'535,
               "The port to listen on; 0 takes any free one.")
      .integer("SERVER_THREADS", "0..64", &ServerSettings::threads, 0, 64,
               "Threads that serve connections; 0: one a core, at most 8.")
      .integer(
          "MAX_CONNECTIONS", "1..1000000", &ServerSettings::max_connections, 1, 1'000'000,
          "Open connections, as far as the limit of open files allows; one more is answered 503 and closed.")
      .integer(
          "MAX_CONNECTIONS_PER_ADDRESS", "0..1000000", &ServerSettings::max_connections_per_address, 0,
          1'000'000,
          "Open connections of one client address (an IPv6 /64) that is not in TRUSTED_PROXIES; one more is "
          "answered 503 and closed. 0: half of MAX_CONNECTIONS, and no limit for clients on this machine.")
      .size(
          "MAX_BUFFERED_BODIES", &ServerSettings::max_buffered_bytes, 16 * kMiB, 64 * kGiB,
          "Memory for request bodies being read, over all connections; beyond it 503. As much again may wait "
          "for clients that are slow to read their answers; beyond that a slow client's connection is "
          "closed.")
      .duration("HEADER_TIMEOUT", &ServerSettings::header_timeout, 100 * kMs, hours(1),
                "From the first byte of a request to the end of its headers; then 408.")
      .duration("BODY_TIMEOUT", &ServerSettings::body_timeout, 100 * kMs, hours(1),
                "How long a body may take. One that takes longer must bring 4096 bytes a second; else 408.")
      .duration("IDLE_TIMEOUT", &ServerSettings::idle_timeout, 100 * kMs, hours(1),
                "How long a connection may rest between requests before it is closed.")
      .duration("REQUEST_TIMEOUT", &ServerSettings::request_timeout, 100 * kMs, hours(1),
                "From a request being read to its answer; then 503 with Retry-After.")
      .duration(
          "DRAIN_TIMEOUT", &ServerSettings::drain_timeout, 0 * kMs, hours(1),
          "How long a stop may take in all: requests under way, what is not yet stored, ClickHouse's end. "
          "Whatever is left then stays in the log.")
      .number("RATE_LIMIT", "0..1000000", &ServerSettings::rate_limit, 1e6,
              "Requests a second for one client address (an IPv6 /64); beyond it 429. 0: no limit.")
      .number("RATE_BURST", "0..1000000", &ServerSettings::rate_burst, 1e6,
              "Requests a client may send at once before RATE_LIMIT holds; 0: one second's worth.")
      .list("API_WRITE_KEYS", &ServerSettings::write_keys,
            "Keys that may post (and read), sent as `Authorization: Bearer KEY`. Empty: anyone may post.")
      .list("API_READ_KEYS", &ServerSettings::read_keys, "Keys that may only read. Empty: anyone may read.")
      .duration("METRICS_REFRESH", &ServerSettings::metrics_refresh, 10 * kMs, 60'000 * kMs,
                "How old a cached answer about a match may be; ClickHouse is asked at most once a match and "
                "period.")
      .duration(
          "CACHE_MAX_AGE", &ServerSettings::cache_max_age, 0 * kMs, hours(24),
          "How long browsers and CDNs may keep an answer about a match (max-age), in whole seconds; 0: they "
          "ask each time whether it has changed.")
      .duration("CACHE_STALE", &ServerSettings::cache_stale, 0 * kMs, hours(24),
                "How long after that they may go on using it while they fetch the next one "
                "(stale-while-revalidate).")
      .duration("STALE_READS", &ServerSettings::stale_reads, 0 * kMs, hours(24),
                "How old an answer may be that stands in while ClickHouse cannot be read; its asOf says how "
                "old it is. "
                "0: 503 at once.")
      .add("CORS_ORIGINS", "comma-separated",
           "Origins whose pages may read answers, such as "
           "https://example.org; `*`: every origin. Empty: only pages that this server serves itself.",
           false, &ServerSettings::cors_origins, parse_origins,
           [](const std::vector<std::string>& kept) { return fmt::format("{}", fmt::join(kept, ",")); })
      .add(
          "ALLOWED_HOSTS", "comma-separated",
          "Names by which clients reach this server: stats.example.org, *.example.org (every name below it), "
          ".example.org (that name as well); `*`: any name, which lets web pages post and read from behind "
          "DNS rebinding. localhost, loopback addresses and SERVER_HOST are always allowed. Unless "
          "SERVER_HOST is a loopback address, so are all addresses and names that the public DNS cannot "
          "have (server, host.internal, host.local, name.space.svc). Other names are answered 421.",
          false, &ServerSettings::allowed_hosts, parse_hosts,
          [](const std::vector<std::string>& kept) { return fmt::format("{}", fmt::join(kept, ",")); })
      .add("TRUSTED_PROXIES", "comma-separated",
           "Addresses and networks (10.0.0.0/8) of reverse proxies that may say for which client they ask. "
           "RATE_LIMIT and the log then use the client's address.",
           false, &ServerSettings::trusted_proxies, parse_networks,
           [](const std::vector<base::IpNetwork>& kept) {
             std::vector<std::string> texts;
             for (const base::IpNetwork& network : kept) texts.push_back(network.text());
             return fmt::format("{}", fmt::join(texts, ","));
           })
      .choice("CLIENT_ADDRESS_HEADER", "x-forwarded-for | forwarded", &ServerSettings::client_address_header,
              "The header field to which TRUSTED_PROXIES add the client's address. The other one is ignored, "
              "because clients can forge what no proxy writes.")
      .integer("MAX_STREAMS", "0..1000000", &ServerSettings::max_streams, 0, 1'000'000,
               "Of the connections, how many may be streams; one more is answered 503.")
      .duration("STREAM_INTERVAL", &ServerSettings::stream_interval, 20 * kMs, 60'000 * kMs,
                "How often a stream sends a new state at most; what is watched is read so often.")
      .duration("STREAM_HEARTBEAT", &ServerSettings::stream_heartbeat, 100 * kMs, 60'000 * kMs,
                "After how long without a new state a stream sends a heartbeat.")
      .duration("STREAM_STALL_TIMEOUT", &ServerSettings::stream_stall_timeout, 100 * kMs, hours(1),
                "How long the client of a stream may take nothing before it is dropped.");
}

void add_consumer_server_options(std::vector<Option>& out) {
  Rows<ConsumerSettings>(out, "Consumer's own HTTP server", &Settings::consumer)
      .host("CONSUMER_HOST", "address", "CONSUMER_PORT", &ConsumerSettings::host,
            "Where `fanfinity consumer` answers /health, /ready and /metrics.")
      .integer("CONSUMER_PORT", "0..65535", &ConsumerSettings::port, 0, 65'535,
               "The port of it; 0 takes any free one.");
}

void add_log_options(std::vector<Option>& out) {
  Rows<LogSettings>(out, "Embedded log", &Settings::log)
      .integer("LOG_PARTITIONS", "1..256", &LogSettings::partitions, 1, 256,
               "Partitions of the embedded log. Fixed once the data directory exists.")
      .size("LOG_SEGMENT_SIZE", &LogSettings::segment_bytes, kMiB, kGiB,
            "Size of one segment file of the embedded log.")
      .size("LOG_MAX_SIZE", &LogSettings::max_bytes, 16 * kMiB, 1024 * kGiB,
            "Disk the embedded log may take. At the limit events are answered 503 until the consumer has "
            "caught up.")
      .size("LOG_DEAD_MAX_SIZE", &LogSettings::dead_max_bytes, 0, 1024 * kGiB,
            "Part of LOG_MAX_SIZE for dead letters; beyond it the oldest are dropped, and counted. 0: an "
            "eighth.")
      .size("LOG_QUEUE_SIZE", &LogSettings::queue_bytes, kMiB, 64 * kGiB,
            "Memory for events waiting to be written; beyond it 503.");
}

void add_pipeline_options(std::vector<Option>& out) {
  Rows<PipelineSettings>(out, "Pipeline", &Settings::pipeline)
      .integer("BATCH_MAX_EVENTS", "1..500000", &PipelineSettings::batch_max_events, 1, 500'000,
               "Most events in one insert; batches grow up to it with the backlog.")
      .duration("BATCH_MAX_AGE", &PipelineSettings::batch_max_age, 1 * kMs, 60'000 * kMs,
                "How long an event waits for others before its batch is inserted.")
      .number("MAX_INSERTS_PER_SECOND", "0, 0.1..1000", &PipelineSettings::max_inserts_per_second, 1000,
              "Most inserts a second of one consumer; the age of batches stretches to keep it. 0: 20 with "
              "the embedded log, 10 on Kafka. ClickHouse remembers two INTENT_MAX_AGE of them, for as many "
              "consumers as Kafka has partitions.")
      .duration("DEDUP_WINDOW", &PipelineSettings::dedup_window, hours(1), hours(24 * 365),
                "For how long the id of a live event is known. Events that happened more than half of this "
                "before they "
                "arrive are known for as long as they are kept.")
      .size("DEDUP_FILTER_SIZE", &PipelineSettings::dedup_filter_bytes, kMiB, 64 * kGiB,
            "Memory for the filter of stored ids; when it is full more ids are looked up in ClickHouse.")
      .integer("RETRY_MAX_ATTEMPTS", "1..20", &PipelineSettings::retry_max_attempts, 1, 20,
               "How often an event that ClickHouse refuses is tried before it becomes a dead letter.")
      .duration("RETRY_FIRST_DELAY", &PipelineSettings::retry_first_delay, 10 * kMs, hours(24),
                "Delay before a refused event is tried again; doubles with each attempt.")
      .duration("RETRY_MAX_DELAY", &PipelineSettings::retry_max_delay, 10 * kMs, hours(24),
                "The longest such delay.")
      .duration("INTENT_MAX_AGE", &PipelineSettings::intent_max_age, 60'000 * kMs, hours(24 * 30),
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
    add_consumer_server_options(rows);
    add_log_options(rows);
    add_kafka_options(rows);
    add_clickhouse_options(rows);
    add_pipeline_options(rows);
    return rows;
  }();
  return table;
}

}  // namespace fanfinity::config
