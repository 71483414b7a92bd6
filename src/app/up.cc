// fanfinity up, server, consumer: all of the service, or one half of it.

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/run.h"
#include "app/settings_flags.h"
#include "observe/json_log.h"

namespace fanfinity::app {
namespace {

void report_bad_settings(const std::string& sentences) {
  observe::install_json_log(base::Level::kError);
  report_failed_start(sentences);
}

/// One half cannot reach what the other keeps to itself.
int run_half(const config::LoadedSettings& loaded, Role role) {
  const config::Settings& settings = loaded.settings;
  std::string missing;
  if (settings.kafka.bootstrap_servers.empty()) missing = "KAFKA_BOOTSTRAP_SERVERS";
  if (settings.clickhouse.host.empty())
    missing += missing.empty() ? "CLICKHOUSE_HOST" : " and CLICKHOUSE_HOST";
  if (missing.empty()) return run_service(loaded, role);
  report_bad_settings("Servers and consumers of their own share a Kafka and a ClickHouse: set " + missing +
                      ", or run everything on one machine with `fanfinity up`.");
  return kWrongUse;
}

}  // namespace

void add_up_command(CLI::App& cli, int& exit_code) {
  CLI::App* command =
      cli.add_subcommand("up", "Run everything on this machine: API, log, consumer, ClickHouse");
  run_with_settings(
      *command, exit_code,
      [](const config::LoadedSettings& loaded) { return run_service(loaded, Role::kAll); },
      report_bad_settings);
}

void add_server_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand("server", "Run the API alone, any number of them");
  run_with_settings(
      *command, exit_code,
      [](const config::LoadedSettings& loaded) { return run_half(loaded, Role::kServer); },
      report_bad_settings);
}

void add_consumer_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand("consumer", "Run the pipeline alone, any number of them");
  run_with_settings(
      *command, exit_code,
      [](const config::LoadedSettings& loaded) { return run_half(loaded, Role::kConsumer); },
      report_bad_settings);
}

}  // namespace fanfinity::app
