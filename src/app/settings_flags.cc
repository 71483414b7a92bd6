#include "app/settings_flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace fanfinity::app {

void complain(const std::string& sentence) {
  std::istringstream lines(sentence);
  for (std::string line; std::getline(lines, line);) std::cerr << "fanfinity: " << line << '\n';
}

void run_with_settings(CLI::App& command, int& exit_code,
                       const std::function<int(const config::LoadedSettings&)>& body) {
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
  command.callback([flags, &exit_code, body] {
    const auto loaded = config::load([](const char* name) { return std::getenv(name); }, *flags);
    if (!loaded) {
      complain(loaded.error().detail);
      exit_code = kWrongUse;
      return;
    }
    exit_code = body(*loaded);
  });
}

}  // namespace fanfinity::app
