#include "app/settings_flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>

#include "base/log_line.h"

namespace fanfinity::app {

void complain(const std::string& sentences) {
  std::istringstream lines(sentences);
  for (std::string line; std::getline(lines, line);) std::cerr << "fanfinity: " << line << '\n';
}

void report_failed_start(const std::string& sentences) {
  if (::isatty(STDERR_FILENO) != 0) complain(sentences);
  std::istringstream lines(sentences);
  for (std::string line; std::getline(lines, line);) {
    base::log_line(base::Level::kError, "start failed", {{"detail", line}});
  }
}

void run_with_settings(CLI::App& command, int& exit_code,
                       const std::function<int(const config::LoadedSettings&)>& body,
                       const std::function<void(const std::string&)>& report) {
  auto flags = std::make_shared<std::map<std::string, std::string>>();
  for (const config::Option& option : config::options()) {
    const std::string name(option.name);
    // A secret on the command line shows in every process list.
    if (option.secret) continue;
    command
        .add_option_function<std::string>(
            option.flag(), [flags, name](const std::string& text) { (*flags)[name] = text; },
            std::string(option.prose) + " (" + name + ")")
        ->type_name(std::string(option.value))
        ->group(std::string(option.group));
  }
  command.callback([flags, &exit_code, body, report] {
    const auto loaded = config::load(config::process_environment(), *flags);
    if (!loaded) {
      report(loaded.error().detail);
      exit_code = kWrongUse;
      return;
    }
    exit_code = body(*loaded);
  });
}

}  // namespace fanfinity::app
