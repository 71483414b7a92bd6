// row_sender: the consumer's inserts without the consumer, the ceiling of its rows a second. bench/README.md
// describes it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/event_ids.h"
#include "bench/load/event_sample.h"
#include "bench/sample/samples.h"
#include "config/settings.h"
#include "store/clickhouse_http.h"
#include "store/event_insert.h"
#include "store/event_rows.h"
#include "store/migrations.h"
#include "store/row_binary.h"

namespace fanfinity::bench {
namespace {

using base::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{5};

struct Options {
  store::ClickHouseEndpoint endpoint;
  std::uint64_t rows = 1'000'000;
  std::uint64_t block = config::PipelineSettings().batch_max_events;
  unsigned connections = 1;
  std::uint64_t matches = 10;
  std::string match = "bench";
  bool create = false;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The rows of one insert. From one to the next only ids and offsets change, in place.
class Block {
 public:
  Block(const std::vector<domain::Event>& samples, std::uint64_t rows, log::PartitionId partition)
      : partition_(partition) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    store::EventRows made(partition, kTopic);
    for (std::uint64_t i = 0; i < rows; ++i) {
      begins_.push_back(made.bytes().size());
      made.add(samples[i % samples.size()], now, log::Offset{0});
    }
    begins_.push_back(made.bytes().size());
    bytes_ = made.bytes();
  }

  /// Makes it rows `first` to `end` of the partition.
  void renew(std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t i = 0; i < end - first; ++i) {
      const auto offset = static_cast<std::int64_t>(first + i);
      // The id is a row's first column, the offset its last one.
      store::RowBinaryWriter(bytes_.data() + begins_[i]).uuid(ids_(first + i));
      store::RowBinaryWriter(bytes_.data() + begins_[i + 1] - sizeof(offset)).integer(offset);
    }
    size_ = begins_[end - first];
    token_ =
        fmt::format("{}/{}/{}-{}/{}", kTopic, log::number(partition_), first, end, ids_(first).to_string());
  }

  [[nodiscard]] std::string_view bytes() const { return std::string_view(bytes_).substr(0, size_); }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  static constexpr std::string_view kTopic = "bench";

  const EventIds ids_ = EventIds::unlike_any_other();
  const log::PartitionId partition_;
  std::string bytes_;
  std::vector<std::size_t> begins_;  // Of rows, and the end.
  std::size_t size_ = 0;
  std::string token_;
};

struct Sent {
  Status outcome;
  std::uint64_t rows = 0;
  double preparing = 0;  // Seconds.
};

Sent send_rows(store::ClickHouseHttp& http, Block& block, std::uint64_t rows, std::uint64_t at_once) {
  Sent sent;
  while (sent.rows < rows && sent.outcome) {
    const auto start = Clock::now();
    const std::uint64_t end = std::min(rows, sent.rows + at_once);
    block.renew(sent.rows, end);
    sent.preparing += seconds_since(start);
    sent.outcome = http.insert(store::events_insert(block.token()), block.bytes());
    sent.rows = end;
  }
  return sent;
}

/// The service's own schema, with the settings it has unless told otherwise.
Status create(store::ClickHouseHttp& http) {
  const config::Settings defaults;
  store::SchemaConfig schema;
  schema.token_window =
      store::token_window_for(config::inserts_per_second(defaults), defaults.pipeline.intent_max_age);
  schema.fsync = defaults.clickhouse.fsync;
  const auto applied = store::Migrator(http, schema).run();
  return applied ? Status() : applied.error();
}

Status send_all(const Options& options) {
  store::ClickHouseHttp http(options.endpoint);
  if (options.create) {
    if (auto created = create(http); !created) return created;
  }
  const auto samples = sample_events(sample_variety(options.matches), options.matches, options.match);
  std::vector<Block> blocks;
  for (unsigned i = 0; i < options.connections; ++i) {
    blocks.emplace_back(samples, std::min(options.block, options.rows), log::PartitionId{i});
  }
  std::vector<Sent> sent(options.connections);
  const auto start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.connections; ++i) {
      const std::uint64_t share =
          options.rows / options.connections + (i < options.rows % options.connections ? 1 : 0);
      threads.emplace_back([&, i, share] { sent[i] = send_rows(http, blocks[i], share, options.block); });
    }
  }
  double seconds = seconds_since(start);
  double preparing = 0;
  for (const Sent& one : sent) {
    if (!one.outcome) return one.outcome;
    preparing += one.preparing / options.connections;
  }
  // What changes between two inserts cannot be prepared before, so it is taken off.
  seconds -= preparing;
  fmt::print(R"({{"rows":{},"block":{},"connections":{},"seconds":{:.4f},"preparing_seconds":{:.4f},)"
             R"("rows_per_second":{:.0f}}})"
             "\n",
             options.rows, options.block, options.connections, seconds, preparing,
             static_cast<double>(options.rows) / seconds);
  return {};
}

int main_of(int argc, char** argv) {
  CLI::App cli{"Inserts rows into ClickHouse as the consumer does, and does nothing else."};
  Options options;
  options.endpoint.request_timeout = kPatience;
  cli.add_option("--port", options.endpoint.port, "ClickHouse's HTTP port on 127.0.0.1")->required();
  cli.add_option("--database", options.endpoint.database, "With the service's schema")->capture_default_str();
  cli.add_option("--user", options.endpoint.user)->capture_default_str();
  cli.add_option("--password", options.endpoint.password);
  cli.add_option("--rows", options.rows)->check(CLI::PositiveNumber)->capture_default_str();
  cli.add_option("--block", options.block, "Rows an insert")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  cli.add_option("--connections", options.connections,
                 "Inserts at the same time, each of a partition of its own")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  cli.add_option("--match", options.match, "Matches are called NAME-0, NAME-1, ...")->capture_default_str();
  cli.add_option("--matches", options.matches, "How many matches they are spread over")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  cli.add_flag("--create", options.create, "Make the database and its tables first, where they are missing");
  CLI11_PARSE(cli, argc, argv);
  const auto sent = send_all(options);
  if (sent) return 0;
  fmt::print(stderr, "row_sender: {}\n", sent.error().detail);
  return 1;
}

}  // namespace
}  // namespace fanfinity::bench

int main(int argc, char** argv) {
  return fanfinity::bench::main_of(argc, argv);
}
