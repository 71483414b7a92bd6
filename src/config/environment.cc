#include "config/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <utility>

namespace fanfinity::config {
namespace {

/// First words of names that belong to us or to the programs that we talk to.
constexpr std::array<std::string_view, 6> kPrefixes = {"FANFINITY_", "KAFKA_",    "CLICKHOUSE_",
                                                       "SERVER_",    "CONSUMER_", "LIBCHDB_"};
/// In a name this long two slips are still a slip; among short ones they would be another word.
constexpr std::size_t kLongName = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What Kafka's own scripts and images read.
bool is_of_kafka_itself(std::string_view name) {
  return name == "KAFKA_HOME" || name == "KAFKA_VERSION" ||
         (name.starts_with("KAFKA_") && name.ends_with("OPTS"));
}

/// In upper case, with underscores: how a setting is spelt.
std::string spelt_as_setting(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    out += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return out;
}

/// Letters to insert, delete, change or swap with their neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, std::move(row));
  }
  return last.back();
}

const std::string* setting_meant_by(std::string_view name, const std::vector<std::string>& settings) {
  const std::string spelt = spelt_as_setting(name);
  const auto meant = std::ranges::find_if(settings, [&](const std::string& setting) {
    const std::size_t slips = setting.size() >= kLongName ? 2 : 1;
    const auto [less, more] = std::minmax(setting.size(), spelt.size());
    return more - less <= slips && distance(spelt, setting) <= slips;
  });
  return meant == settings.end() ? nullptr : &*meant;
}

}  // namespace

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

bool is_service_link(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT")) return true;
  if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
  const std::size_t port = name.find("_PORT_");
  if (port != std::string_view::npos && port + 6 < name.size() && is_digit(name[port + 6])) return true;
  if (!name.ends_with("_PORT")) return false;
  // The address of a Service is always a number, so a host name here is somebody's own mistake.
  return std::ranges::any_of(std::array{"tcp://", "udp://", "sctp://"}, [&](std::string_view scheme) {
    return value.starts_with(scheme) && value.size() > scheme.size() &&
           (is_digit(value[scheme.size()]) || value[scheme.size()] == '[');
  });
}

NameCheck check_names(const Environment& environment, const std::vector<std::string>& settings,
                      const std::vector<std::string>& given) {
  NameCheck check;
  std::vector<std::string> ignored;
  for (const auto& [name, value] : environment) {
    if (value.empty() || std::ranges::find(settings, name) != settings.end()) continue;
    if (is_service_link(name, value) || is_of_kafka_itself(name)) continue;
    const std::string* const meant = setting_meant_by(name, settings);
    if (meant != nullptr && std::ranges::find(given, *meant) == given.end()) {
      check.faults.push_back(
          fmt::format("{} is not a setting, but {} is; rename the variable, or unset it", name, *meant));
    } else if (meant != nullptr ||
               std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); })) {
      ignored.push_back(name);
    }
  }
  if (!ignored.empty()) {
    check.warnings.push_back(fmt::format(
        "{} in the environment {} ignored; `fanfinity config` lists the settings", fmt::join(ignored, ", "),
        ignored.size() == 1 ? "is no setting and is" : "are no settings and are"));
  }
  return check;
}

}  // namespace fanfinity::config
