// fill_log: makes a backlog in the embedded log of a service that is not running. bench/README.md describes
// it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "app/adapters.h"
#include "bench/load/event_ids.h"
#include "bench/load/event_sample.h"
#include "bench/sample/append_window.h"
#include "bench/sample/samples.h"
#include "config/options.h"
#include "log/commit_store.h"
#include "log/local_log.h"
#include "log/record_codec.h"

namespace fanfinity::bench {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kRecordsAnAppend = 1000;
constexpr std::size_t kAppendsUnderWay = 4;
constexpr double kGiB = 1024.0 * 1024 * 1024;

struct Options {
  std::string directory;
  std::uint64_t count = 0;
  std::uint64_t matches = 10;
  std::uint32_t partitions = 0;
  std::string match = "bench";
};

/// The log's settings as `fanfinity up` would find them here.
Result<log::LocalLogConfig> log_config(const Options& options) {
  std::map<std::string, std::string> flags{{"FANFINITY_DATA_DIR", options.directory}};
  if (options.partitions > 0) flags["LOG_PARTITIONS"] = std::to_string(options.partitions);
  const auto loaded = config::load(config::process_environment(), flags);
  if (!loaded) return loaded.error();
  return app::local_log_config(loaded->settings);
}

/// Whether `count` records like these fit beside what is there.
Status check_room(const log::LocalLog& log, const log::LocalLogConfig& config, std::uint64_t count,
                  const std::vector<log::Record>& records) {
  std::uint64_t bytes = 0;
  for (const log::Record& record : records) bytes += log::encoded_bytes(record);
  const double each = static_cast<double>(bytes) / static_cast<double>(records.size());
  // A write is never split between segments, so the end of one may stay empty.
  const double largest_write = each * static_cast<double>(kRecordsAnAppend * kAppendsUnderWay);
  const auto segment = static_cast<double>(config.segment_bytes);
  const double overhead = 1.01 * segment / std::max(segment - largest_write, segment / 16);
  const double needed = each * static_cast<double>(count) * overhead + segment;
  const auto others =
      static_cast<double>(config.retry_max_bytes + config.dead_max_bytes + log::kCommitStoreBytes);
  const auto whole = static_cast<double>(config.max_bytes);
  const auto used = static_cast<double>(log.stats().live_bytes);
  if (needed + used <= whole - others) return {};
  // The parts of `retry` and `dead` grow with the whole.
  const double enough = std::ceil((needed + used) / (1 - others / whole) / kGiB);
  return Error{Errc::kFull,
               fmt::format("{} events need about {:.1f} GiB beside the {:.1f} GiB in the log, which may hold "
                           "{:.1f} GiB of events: set LOG_MAX_SIZE={:.0f}GiB, here and for the service.",
                           count, needed / kGiB, used / kGiB, (whole - others) / kGiB, enough)};
}

/// Appends the samples over and over, each time as events of their own.
Status append_all(log::LocalLog& log, const std::vector<log::Record>& samples, std::size_t id_at,
                  std::uint64_t count) {
  const EventIds ids = EventIds::unlike_any_other();
  AppendWindow window(kAppendsUnderWay);
  Status entered;
  for (std::uint64_t number = 0; number < count && entered;) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto end = std::min(count, number + kRecordsAnAppend);
    std::vector<log::Record> records;
    records.reserve(end - number);
    for (; number < end; ++number) {
      log::Record& record = records.emplace_back(samples[number % samples.size()]);
      record.key = ids(number);
      record.key.format_to(record.value.data() + id_at);
      record.received_at = now;
    }
    entered = window.enter();
    log.append(log::Stream::kEvents, std::move(records),
               [&window](const Result<log::Producer::Ack>& ack) { window.leave(ack); });
  }
  return window.drain();
}

Status fill(const Options& options) {
  const auto config = log_config(options);
  if (!config) return config.error();
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) return Error{Errc::kUnavailable, "The directory cannot be made: " + failed.message() + "."};
  auto samples = sample_records(sample_variety(options.matches), options.matches, options.match);
  // Ids are patched into the text.
  const std::size_t id_at = samples.front().value.find(samples.front().key.to_string());
  auto log = log::LocalLog::open(*config);
  if (!log) return log.error();
  if (auto room = check_room(**log, *config, options.count, samples); !room) return room;
  const auto start = std::chrono::steady_clock::now();
  if (auto appended = append_all(**log, samples, id_at, options.count); !appended) return appended;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print(
      R"({{"events":{},"matches":{},"seconds":{:.3f},"events_per_second":{:.0f},"live_bytes":{},"syncs":{}}})"
      "\n",
      options.count, options.matches, seconds, static_cast<double>(options.count) / seconds,
      (*log)->stats().live_bytes, (*log)->stats().syncs);
  return {};
}

int main_of(int argc, char** argv) {
  CLI::App cli{
      "Appends events to the embedded log of a data directory, for a service to find as its backlog."};
  Options options;
  cli.add_option("directory", options.directory, "FANFINITY_DATA_DIR of the service, which must not run")
      ->required();
  cli.add_option("count", options.count, "Events")->required()->check(CLI::PositiveNumber);
  cli.add_option("--match", options.match, "Matches are called NAME-0, NAME-1, ...")->capture_default_str();
  cli.add_option("--matches", options.matches, "How many matches they are spread over")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  cli.add_option("--partitions", options.partitions, "LOG_PARTITIONS; else as the environment says")
      ->check(CLI::Range(1, 256));
  cli.footer("Other settings of the log are read from the environment, as by the service.");
  CLI11_PARSE(cli, argc, argv);
  const auto filled = fill(options);
  if (filled) return 0;
  fmt::print(stderr, "fill_log: {}\n", filled.error().detail);
  return 1;
}

}  // namespace
}  // namespace fanfinity::bench

int main(int argc, char** argv) {
  return fanfinity::bench::main_of(argc, argv);
}
