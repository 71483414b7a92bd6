// fanfinity dead list | show | replay: on the embedded log asks the running `fanfinity up`, which alone may
// open it; on Kafka reads Kafka and ClickHouse itself.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "app/adapters.h"
#include "app/commands.h"
#include "app/log_side.h"
#include "app/settings_flags.h"
#include "observe/json_log.h"
#include "store/clickhouse_store.h"
#include "tools/control.h"

namespace fanfinity::app {
namespace {

constexpr std::chrono::seconds kLogWait{15};

using Answer = base::Result<std::string>;

Answer ask_kafka(const config::Settings& settings,
                 const std::function<Answer(tools::DeadLetters&)>& question) {
  if (settings.clickhouse.host.empty()) {
    return base::Error{base::Errc::kInvalid,
                       "Dead letters on Kafka are compared with what is stored: set CLICKHOUSE_HOST."};
  }
  observe::install_json_log(base::Level::kError);
  observe::Metrics metrics("");
  auto log = LogSide::open(settings, metrics);
  if (!log) return log.error();
  if (auto usable = (*log)->wait_usable(kLogWait, {}); !usable) return usable.error();
  store::ClickHouseHttp clickhouse(clickhouse_endpoint(settings));
  store::ClickHouseStore store(clickhouse, events_topic(settings));
  tools::DeadLetters letters((*log)->reader(), (*log)->producer(), store);
  return question(letters);
}

/// The same question to whoever can answer it.
struct Question {
  std::string target;               ///< Of the running `up`.
  std::optional<std::string> body;  ///< What to post there.
  std::function<Answer(tools::DeadLetters&)> on_kafka;
};

int ask(const config::LoadedSettings& loaded, const Question& question) {
  const config::Settings& settings = loaded.settings;
  const Answer answer = settings.kafka.bootstrap_servers.empty()
                            ? tools::ask_control(settings.data_dir, question.target, question.body)
                            : ask_kafka(settings, question.on_kafka);
  if (!answer) {
    complain(answer.error().detail);
    return kFailed;
  }
  std::cout << *answer;
  return kDone;
}

void add_list(CLI::App& dead, int& exit_code) {
  CLI::App* command = dead.add_subcommand("list", "List dead letters, newest first");
  auto limit = std::make_shared<unsigned>(100);
  auto json = std::make_shared<bool>(false);
  command->add_option("--limit", *limit, "At most so many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_flag("--json", *json, "One JSON object a line, with the event and every attempt");
  run_with_settings(*command, exit_code, [limit, json](const config::LoadedSettings& loaded) {
    return ask(loaded,
               {fmt::format("/dead?limit={}{}", *limit, *json ? "&json=1" : ""), std::nullopt,
                [&](tools::DeadLetters& letters) { return tools::tell_list(letters, *limit, *json); }});
  });
}

void add_show(CLI::App& dead, int& exit_code) {
  CLI::App* command = dead.add_subcommand("show", "Print one dead letter: the event and every attempt");
  auto id = std::make_shared<std::string>();
  command->add_option("event-id", *id, "The event's id")->required()->check([](const std::string& text) {
    return base::Uuid::parse(text) ? std::string() : "must be a UUID";
  });
  run_with_settings(*command, exit_code, [id](const config::LoadedSettings& loaded) {
    return ask(loaded, {"/dead/letter/" + *id, std::nullopt,
                        [&](tools::DeadLetters& letters) { return tools::tell_letter(letters, *id); }});
  });
}

void add_replay(CLI::App& dead, int& exit_code) {
  CLI::App* command = dead.add_subcommand("replay", "Send dead letters again, once their cause is gone");
  auto ids = std::make_shared<std::vector<std::string>>();
  auto all = std::make_shared<bool>(false);
  auto* named = command->add_option("event-id", *ids, "The events' ids");
  command->add_flag("--all", *all, "Every dead letter")->excludes(named);
  run_with_settings(*command, exit_code, [ids, all](const config::LoadedSettings& loaded) {
    if (ids->empty() && !*all) {
      complain("Name the events to send again, or say --all.");
      return kWrongUse;
    }
    const std::string lines = fmt::format("{}", fmt::join(*ids, "\n"));
    return ask(loaded, {"/dead/replay", lines,
                        [&](tools::DeadLetters& letters) { return tools::replay_lines(letters, lines); }});
  });
}

}  // namespace

void add_dead_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand("dead", "Look at dead letters, and send them again");
  command->require_subcommand(1);
  add_list(*command, exit_code);
  add_show(*command, exit_code);
  add_replay(*command, exit_code);
}

}  // namespace fanfinity::app
