#pragma once
// How the rows of the option table are written: a builder for each group of settings.

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/values.h"

namespace fanfinity::config {

inline constexpr std::uint64_t kMiB = 1ULL << 20U;
inline constexpr std::uint64_t kGiB = 1ULL << 30U;
inline constexpr Milliseconds kMs{1};

/// A row builder: says which section of Settings its members live in.
template <typename Section>
class Rows {
 public:
  Rows(std::vector<Option>& out, std::string_view group, Section Settings::* section)
      : out_(out), group_(group), section_(section) {}

  template <typename Int>
  Rows& integer(std::string_view name, std::string_view value, Int Section::* member, std::uint64_t least,
                std::uint64_t most, std::string_view prose) {
    return add(
        name, value, prose, false, member,
        [least, most](std::string_view text) -> base::Result<Int> {
          auto parsed = parse_integer(text, least, most);
          if (!parsed) return parsed.error();
          return static_cast<Int>(*parsed);
        },
        [](const Int& number) { return fmt::format("{}", number); });
  }
  Rows& number(std::string_view name, std::string_view value, double Section::* member, double most,
               std::string_view prose) {
    return add(
        name, value, prose, false, member,
        [most](std::string_view text) { return parse_number(text, 0, most); },
        [](double number) { return fmt::format("{}", number); });
  }
  template <typename Size>
  Rows& size(std::string_view name, Size Section::* member, std::uint64_t least, std::uint64_t most,
             std::string_view prose) {
    return add(
        name, "size", prose, false, member,
        [least, most](std::string_view text) -> base::Result<Size> { return parse_size(text, least, most); },
        [](Size bytes) { return format_size(bytes); });
  }
  template <typename Duration>
  Rows& duration(std::string_view name, Duration Section::* member, Milliseconds least, Milliseconds most,
                 std::string_view prose) {
    return add(
        name, "duration", prose, false, member,
        [least, most](std::string_view text) -> base::Result<Duration> {
          auto parsed = parse_duration(text, least, most);
          if (!parsed) return parsed.error();
          const auto kept = std::chrono::duration_cast<Duration>(*parsed);
          if (kept != *parsed)
            return base::Error{base::Errc::kInvalid, std::is_same_v<Duration, std::chrono::seconds>
                                                         ? "must be a whole number of seconds"
                                                         : "must be a whole number of hours"};
          return kept;
        },
        [](Duration kept) { return format_duration(kept); });
  }
  Rows& boolean(std::string_view name, bool Section::* member, std::string_view prose) {
    return add(
        name, "true | false", prose, false, member, [](std::string_view text) { return parse_bool(text); },
        [](bool kept) { return std::string(kept ? "true" : "false"); });
  }
  Rows& text(std::string_view name, std::string_view value, std::string Section::* member,
             std::string_view prose, bool secret = false) {
    return add(
        name, value, prose, secret, member,
        [](std::string_view given) -> base::Result<std::string> { return std::string(given); },
        [](const std::string& kept) { return kept; });
  }
  /// A file that can be read when the settings are loaded.
  Rows& file(std::string_view name, std::string Section::* member, std::string_view prose) {
    return add(
        name, "path", prose, false, member, [](std::string_view given) { return parse_readable_file(given); },
        [](const std::string& kept) { return kept; });
  }
  /// A host name or address alone; `port`: the setting that takes its port.
  Rows& host(std::string_view name, std::string_view value, std::string_view port,
             std::string Section::* member, std::string_view prose) {
    return add(
        name, value, prose, false, member, [port](std::string_view given) { return parse_host(given, port); },
        [](const std::string& kept) { return kept; });
  }
  /// One of a few words, separated by " | " in `words`.
  Rows& choice(std::string_view name, std::string_view words, std::string Section::* member,
               std::string_view prose) {
    return add(
        name, words, prose, false, member,
        [words](std::string_view given) { return parse_choice(given, words); },
        [](const std::string& kept) { return kept; });
  }
  Rows& list(std::string_view name, std::vector<std::string> Section::* member, std::string_view prose) {
    return add(
        name, "comma-separated", prose, true, member,
        [](std::string_view given) { return parse_list(given); },
        [](const std::vector<std::string>& kept) { return fmt::format("{}", fmt::join(kept, ",")); });
  }
  template <typename Member, typename Parse, typename Show>
  Rows& add(std::string_view name, std::string_view value, std::string_view prose, bool secret,
            Member Section::* member, Parse parse, Show show) {
    auto section = section_;
    out_.push_back(Option{
        group_, name, value, prose, secret,
        [section, member, parse](std::string_view given, Settings& settings) -> base::Status {
          auto parsed = parse(given);
          if (!parsed) return parsed.error();
          settings.*section.*member = std::move(*parsed);
          return {};
        },
        [section, member, show](const Settings& settings) { return show(settings.*section.*member); }});
    return *this;
  }

 private:
  std::vector<Option>& out_;
  std::string_view group_;
  Section Settings::* section_;
};

void add_kafka_options(std::vector<Option>& out);
void add_clickhouse_options(std::vector<Option>& out);

}  // namespace fanfinity::config
