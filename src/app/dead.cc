// fanfinity dead list | show | replay: asks the running `fanfinity up`.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/settings_flags.h"
#include "tools/control.h"

namespace fanfinity::app {
namespace {

int ask(const config::LoadedSettings& loaded, const std::string& target,
        const std::optional<std::string>& body) {
  const auto answer = tools::ask_control(loaded.settings.data_dir, target, body);
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
    return ask(loaded, fmt::format("/dead?limit={}{}", *limit, *json ? "&json=1" : ""), std::nullopt);
  });
}

void add_show(CLI::App& dead, int& exit_code) {
  CLI::App* command = dead.add_subcommand("show", "Print one dead letter: the event and every attempt");
  auto id = std::make_shared<std::string>();
  command->add_option("event-id", *id, "The event's id")->required()->check([](const std::string& text) {
    return base::Uuid::parse(text) ? std::string() : "must be a UUID";
  });
  run_with_settings(*command, exit_code, [id](const config::LoadedSettings& loaded) {
    return ask(loaded, "/dead/letter/" + *id, std::nullopt);
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
    return ask(loaded, "/dead/replay", fmt::format("{}", fmt::join(*ids, "\n")));
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
