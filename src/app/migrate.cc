// fanfinity migrate: brings the schema of a ClickHouse server up to date, and lets topics grow.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>

#include "app/adapters.h"
#include "app/commands.h"
#include "app/drain.h"
#include "app/log_side.h"
#include "app/settings_flags.h"
#include "log/kafka_growth.h"
#include "observe/json_log.h"
#include "store/clickhouse_http.h"
#include "store/partition_agreement.h"

namespace fanfinity::app {
namespace {

constexpr std::chrono::seconds kLogWait{15};

/// What a command needs that works on ClickHouse: the server named, or an embedded one for as long as this
/// lives.
struct Store {
  std::unique_ptr<store::EmbeddedClickHouse> embedded;
  std::unique_ptr<store::ClickHouseHttp> http;
};

base::Result<Store> open_store(const config::Settings& settings) {
  Store opened;
  store::ClickHouseEndpoint endpoint = clickhouse_endpoint(settings);
  if (settings.clickhouse.host.empty()) {
    auto started = store::EmbeddedClickHouse::start(embedded_clickhouse_config(settings));
    if (!started) return started.error();
    opened.embedded = std::move(*started);
    endpoint = opened.embedded->endpoint();
  }
  opened.http = std::make_unique<store::ClickHouseHttp>(endpoint);
  return opened;
}

base::Status bring_up_to_date(const config::Settings& settings) {
  observe::Metrics metrics("");
  auto log = LogSide::open(settings, metrics);
  if (!log) return log.error();
  if (auto usable = (*log)->wait_usable(kLogWait, {}); !usable) return usable;
  auto opened = open_store(settings);
  if (!opened) return opened.error();
  return migrate(*opened->http, settings, (*log)->reader());
}

/// Topics first, the agreement last: whoever starts in between is refused, whichever number it has.
base::Status grow(config::Settings settings, std::uint32_t partitions) {
  if (settings.kafka.bootstrap_servers.empty()) {
    return base::Error{
        base::Errc::kInvalid,
        "The number of partitions of the embedded log is fixed with its directory; only Kafka's "
        "topics can grow: set KAFKA_BOOTSTRAP_SERVERS."};
  }
  auto opened = open_store(settings);
  if (!opened) return opened.error();
  store::ClickHouseHttp& clickhouse = *opened->http;
  store::PartitionAgreement agreement(clickhouse, events_topic(settings));
  const auto agreed = agreement.agreed();
  if (!agreed) return agreed.error();
  settings.kafka.partitions = agreed->value_or(settings.kafka.partitions);
  const auto drain = [&] { return drain_kafka(settings, clickhouse); };
  if (auto grown = log::grow_kafka_topics(kafka_log_config(settings), partitions, drain); !grown)
    return grown;
  return agreement.change(partitions);
}

int run(const config::LoadedSettings& loaded, std::uint32_t partitions) {
  observe::install_json_log(base::Level::kInfo);
  const config::Settings& settings = loaded.settings;
  const base::Status done = partitions == 0 ? bring_up_to_date(settings) : grow(settings, partitions);
  if (!done) {
    complain(done.error().detail);
    return kFailed;
  }
  if (partitions == 0) {
    std::cout << "The schema of " << settings.clickhouse.database << " is up to date.\n";
  } else {
    std::cout << "The topics " << settings.kafka.events_topic << " and " << settings.kafka.retry_topic
              << " have " << partitions << " partitions. Set KAFKA_PARTITIONS=" << partitions
              << " everywhere, then start again.\n";
  }
  return kDone;
}

}  // namespace

void add_migrate_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand(
      "migrate",
      "Bring ClickHouse's schema up to date (every start does so as well), or let Kafka's topics grow");
  auto partitions = std::make_shared<std::uint32_t>(0);
  command
      ->add_option("--grow-partitions", *partitions,
                   "Give Kafka's topics so many partitions, with servers and consumers at rest "
                   "(docs/OPERATIONS.md)")
      ->check(CLI::Range(1, 10'000));
  run_with_settings(*command, exit_code,
                    [partitions](const config::LoadedSettings& loaded) { return run(loaded, *partitions); });
}

}  // namespace fanfinity::app
