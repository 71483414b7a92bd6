#pragma once
// The option table: one row a setting, from which everything about settings is made.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/settings.h"

namespace fanfinity::config {

struct Option {
  std::string_view group;  ///< Heading in the reference.
  std::string_view name;   ///< The environment variable, "SERVER_PORT".
  std::string_view value;  ///< What it takes: "1..65535", "duration", "text".
  std::string_view prose;  ///< One or two sentences for an operator.
  bool secret = false;     ///< Masked wherever it is shown; NAME_FILE reads it from a file.
  std::function<base::Status(std::string_view, Settings&)>
      parse;                                         ///< kInvalid: what is wrong, without the name.
  std::function<std::string(const Settings&)> show;  ///< In the form `parse` takes.

  [[nodiscard]] std::string flag() const;  ///< "--server-port"
};

[[nodiscard]] std::span<const Option> options();

struct LoadedSettings {
  Settings settings;
  std::map<std::string_view, std::string>
      origins;                        ///< Option name to "default", "environment", "flag" or a file.
  std::vector<std::string> warnings;  ///< What was ignored and why, for log lines at start.
};

/// Flags win over the environment, which wins over defaults. `flags`: option name to text.
/// kInvalid: names the setting, the value and the remedy, and every bad setting, one a line. Files that
/// settings name are opened, so that one that is missing is a fault here and not a surprise later.
[[nodiscard]] base::Result<LoadedSettings> load(const Environment& environment,
                                                const std::map<std::string, std::string>& flags);

/// A secret of a tool, which is no setting of the service: NAME, or what the file NAME_FILE holds; empty when
/// neither is given. kInvalid: the file cannot be read, or both are given.
[[nodiscard]] base::Result<std::string> load_secret(const Environment& environment, const std::string& name);

/// A table of every setting, its value (secrets masked) and where it came from.
[[nodiscard]] std::string show(const LoadedSettings& loaded);
/// docs/CONFIGURATION.md and .env.example.
[[nodiscard]] std::string reference_markdown();
[[nodiscard]] std::string example_environment();

}  // namespace fanfinity::config
