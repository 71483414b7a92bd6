#include "config/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <utility>

#include "config/consistency.h"

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;

base::Result<std::string> read_secret_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Error{Errc::kInvalid,
                 fmt::format("names the file \"{}\", which cannot be read or is empty", path)};
  }
  std::string secret = text.str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return secret;
}

constexpr std::uint16_t kSecurePort = 8443;

struct Given {
  std::string text;
  std::string origin;
};

/// An empty variable is how compose files say "not set".
std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

/// NAME, or for a secret what the file NAME_FILE holds; empty text and origin when neither is given.
base::Result<Given> find_variable(const Environment& environment, const std::string& name, bool secret) {
  const std::string direct = variable(environment, name);
  const std::string path = secret ? variable(environment, name + "_FILE") : std::string();
  if (!path.empty()) {
    if (!direct.empty()) {
      return Error{Errc::kInvalid, fmt::format("{} and {}_FILE are both set; unset one of them", name, name)};
    }
    auto content = read_secret_file(path);
    if (!content) return Error{Errc::kInvalid, fmt::format("{}_FILE {}", name, content.error().detail)};
    return Given{std::move(*content), fmt::format("file {}", path)};
  }
  if (direct.empty() || is_service_link(name, direct)) return Given{};
  return Given{direct, "environment"};
}

base::Result<Given> find_value(const Option& option, const Environment& environment,
                               const std::map<std::string, std::string>& flags) {
  const std::string name(option.name);
  if (const auto flag = flags.find(name); flag != flags.end()) return Given{flag->second, "flag"};
  return find_variable(environment, name, option.secret);
}

/// What the environment holds beside the values of settings.
NameCheck check_environment(const Environment& environment,
                            const std::map<std::string_view, std::string>& origins) {
  // `fanfinity replay` reads its key itself.
  std::vector<std::string> settings = {"FANFINITY_API_KEY", "FANFINITY_API_KEY_FILE"};
  std::vector<std::string> given;
  NameCheck links;
  for (const Option& option : options()) {
    const std::string name(option.name);
    const auto origin = origins.find(option.name);
    for (const std::string& one : {name, option.secret ? name + "_FILE" : name}) {
      settings.push_back(one);
      if (origin != origins.end() && origin->second != "default") given.push_back(one);
    }
    const std::string value = variable(environment, name);
    if (!is_service_link(name, value)) continue;
    links.warnings.push_back(
        fmt::format("{}={} was made by Kubernetes for a Service of that name and is ignored; set the flag {} "
                    "if the default does not suit, or enableServiceLinks: false in the pod",
                    name, value, option.flag()));
  }
  NameCheck names = check_names(environment, settings, given);
  names.warnings.insert(names.warnings.end(), links.warnings.begin(), links.warnings.end());
  return names;
}

std::string masked(const Option& option, const std::string& value) {
  return option.secret && !value.empty() ? "********" : value;
}

}  // namespace

std::string Option::flag() const {
  std::string_view text = name;
  if (text.starts_with("FANFINITY_")) text.remove_prefix(10);
  std::string out = "--";
  for (const char c : text) {
    out += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

base::Result<std::string> load_secret(const Environment& environment, const std::string& name) {
  auto given = find_variable(environment, name, true);
  if (!given) return given.error();
  return std::move(given->text);
}

base::Result<LoadedSettings> load(const Environment& environment,
                                  const std::map<std::string, std::string>& flags) {
  LoadedSettings loaded;
  std::string faults;
  const auto fault = [&faults](const std::string& sentence) {
    if (!faults.empty()) faults += '\n';
    faults += sentence;
  };
  for (const Option& option : options()) {
    auto given = find_value(option, environment, flags);
    if (!given) {
      fault(given.error().detail);
      continue;
    }
    loaded.origins[option.name] = given->origin.empty() ? "default" : given->origin;
    if (given->origin.empty()) continue;
    if (auto status = option.parse(given->text, loaded.settings); !status) {
      fault(fmt::format("{}={} {} (from {})", option.name, masked(option, given->text), status.error().detail,
                        given->origin));
    }
  }
  NameCheck names = check_environment(environment, loaded.origins);
  for (const std::string& sentence : names.faults) fault(sentence);
  loaded.warnings = std::move(names.warnings);
  ClickHouseSettings& clickhouse = loaded.settings.clickhouse;
  if (clickhouse.secure && loaded.origins["CLICKHOUSE_PORT"] == "default") clickhouse.port = kSecurePort;
  ServerSettings& server = loaded.settings.server;
  if (loaded.origins["MAX_STREAMS"] == "default") {
    server.max_streams = std::min(server.max_streams, server.max_connections);
  }
  if (faults.empty()) {
    for (const std::string& sentence : contradictions(loaded.settings)) fault(sentence);
  }
  if (!faults.empty()) return Error{Errc::kInvalid, faults};
  for (std::string& sentence : warnings(loaded.settings)) loaded.warnings.push_back(std::move(sentence));
  return loaded;
}

std::string show(const LoadedSettings& loaded) {
  std::string out;
  for (const Option& option : options()) {
    const auto origin = loaded.origins.find(option.name);
    out += fmt::format("{:<26} {:<28} {}\n", option.name, masked(option, option.show(loaded.settings)),
                       origin == loaded.origins.end() ? "default" : origin->second);
  }
  return out;
}

std::string reference_markdown() {
  std::string out =
      "# Configuration\n\n"
      "Made by `fanfinity config --markdown`; do not edit by hand (a test compares).\n\n"
      "Every setting is an environment variable and a flag of the same name (`SERVER_PORT`, "
      "`--server-port`). A flag wins\n"
      "over the environment, which wins over the default. An empty variable counts as not set. A variable "
      "that is a slip off\none of these names is refused, so that a typo does not go unnoticed. A secret can "
      "be read from a\n"
      "file: `CLICKHOUSE_PASSWORD_FILE=/run/secrets/clickhouse`. `fanfinity config` prints what is in force "
      "and where each\n"
      "value came from. Durations are written `250ms`, `5s`, `2m`, `12h`, `7d`; sizes `64KiB`, `256MiB`, "
      "`8GiB`.\n";
  const Settings defaults;
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) {
      group = option.group;
      out +=
          fmt::format("\n## {}\n\n| variable | takes | default | what it does |\n|---|---|---|---|\n", group);
    }
    const std::string value = option.show(defaults);
    std::string takes;
    for (const char c : option.value) {
      if (c == '|') takes += '\\';
      takes += c;
    }
    out += fmt::format("| `{}` | {} | {} | {}{} |\n", option.name, takes,
                       value.empty() ? std::string("(empty)") : fmt::format("`{}`", value), option.prose,
                       option.secret ? " Secret." : "");
  }
  return out;
}

std::string example_environment() {
  std::string out =
      "# Settings of Fanfinity Analytics, with their defaults. Copy to .env and change what you need.\n"
      "# Made by `fanfinity config --example`; docs/CONFIGURATION.md says more.\n";
  const Settings defaults;
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) {
      group = option.group;
      out += fmt::format("\n# --- {} ---\n", group);
    }
    out += fmt::format("# {}\n#{}={}\n", option.prose, option.name, option.show(defaults));
  }
  return out;
}

}  // namespace fanfinity::config
