#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/commands.h"
#include "app/settings_flags.h"
#include "app/version.h"
#include "config/options.h"

namespace fanfinity::app {

int run_command_line(CLI::App& cli, int argc, char** argv, int& exit_code) {
  ::umask(S_IRWXG | S_IRWXO);  // What this process and its children write is this user's alone.
  cli.name("fanfinity");
  cli.require_subcommand(1);
  cli.set_version_flag("--version", std::string("fanfinity ") + kVersion);
  cli.footer(
      "Settings come from flags and the environment: see `fanfinity config` and docs/CONFIGURATION.md.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" with code 0.
    return cli.exit(error) == 0 ? kDone : kWrongUse;
  } catch (const std::exception& error) {
    complain(std::string("The command failed: ") + error.what() +
             ". If the system lacks threads, open files or memory, raise its limits (ulimit -u, -n, -v).");
    return kFailed;
  }
  return exit_code;
}

void add_config_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand("config", "Print every setting, its value and where it came from");
  auto markdown = std::make_shared<bool>(false);
  auto example = std::make_shared<bool>(false);
  auto* as_markdown = command->add_flag("--markdown", *markdown, "Print docs/CONFIGURATION.md instead");
  command->add_flag("--example", *example, "Print .env.example instead")->excludes(as_markdown);
  run_with_settings(*command, exit_code, [markdown, example](const config::LoadedSettings& loaded) {
    if (*markdown) {
      std::cout << config::reference_markdown();
    } else if (*example) {
      std::cout << config::example_environment();
    } else {
      for (const std::string& warning : loaded.warnings) complain(warning);
      std::cout << config::show(loaded);
    }
    return kDone;
  });
}

}  // namespace fanfinity::app
