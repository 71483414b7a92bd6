// fanfinity replay FILE.

#include "tools/replay.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "app/commands.h"
#include "app/settings_flags.h"
#include "config/options.h"

namespace fanfinity::app {

void add_replay_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand("replay", "Send a file of events (NDJSON) to a running service");
  auto config = std::make_shared<tools::ReplayConfig>();
  auto speed = std::make_shared<std::string>("1");
  auto no_progress = std::make_shared<bool>(false);
  command->add_option("file", config->file, "One event a line; - reads standard input")->required();
  command->add_option("--speed", *speed, "Times real time by the events' timestamps, or max")
      ->capture_default_str();
  command->add_option("--url", config->url, "The service")->capture_default_str();
  command->add_option("--concurrency", config->concurrency, "Requests at the same time")
      ->check(CLI::Range(1, tools::kMaxReplayConcurrency))
      ->capture_default_str();
  command->add_option("--batch", config->batch, "Events a request; 0 posts them one by one")
      ->check(CLI::Range(std::size_t{0}, tools::kMaxReplayBatch))
      ->capture_default_str();
  command->add_flag("--no-progress", *no_progress, "Print the summary only");
  command->footer(
      "A key for the service is read from FANFINITY_API_KEY, or from the file FANFINITY_API_KEY_FILE.");
  command->callback([config, speed, no_progress, &exit_code] {
    const auto parsed = tools::parse_speed(*speed);
    if (!parsed) {
      complain("--speed " + parsed.error().detail);
      exit_code = kWrongUse;
      return;
    }
    config->speed = *parsed;
    if (*no_progress) config->progress = false;
    auto key = config::load_secret(config::process_environment(), "FANFINITY_API_KEY");
    if (!key) {
      complain(key.error().detail);
      exit_code = kWrongUse;
      return;
    }
    config->api_key = *std::move(key);
    exit_code = tools::replay(*config);
  });
}

}  // namespace fanfinity::app
