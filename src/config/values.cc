#include "config/values.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;
using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kDurations = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizes = {
    {{"", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}}};

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& known : units) {
    std::uint64_t product = 0;
    if (known.name == unit && !__builtin_mul_overflow(number, known.factor, &product)) return product;
  }
  return std::nullopt;
}

/// The largest unit that divides the number.
template <std::size_t N>
std::string format_with_unit(std::uint64_t number, const std::array<Unit, N>& units) {
  const Unit* best = units.data();
  for (const Unit& unit : units) {
    if (number != 0 && number % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", number / best->factor, best->name);
}

}  // namespace

base::Result<std::uint64_t> parse_integer(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
    return Error{Errc::kInvalid, fmt::format("must be a whole number from {} to {}", least, most)};
  }
  return number;
}

base::Result<double> parse_number(std::string_view text, double least, double most) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number) || number < least ||
      number > most) {
    return Error{Errc::kInvalid, fmt::format("must be a number from {} to {}", least, most)};
  }
  return number;
}

base::Result<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return Error{Errc::kInvalid, "must be true or false"};
}

base::Result<std::string> parse_choice(std::string_view text, std::string_view words) {
  constexpr std::string_view kBetween = " | ";
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (std::string_view rest = words; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(kBetween));
    if (std::ranges::equal(word, text, same)) return std::string(word);
    rest.remove_prefix(std::min(rest.size(), word.size() + kBetween.size()));
  }
  return Error{Errc::kInvalid, fmt::format("must be one of {}", words)};
}

base::Result<milliseconds> parse_duration(std::string_view text, milliseconds least, milliseconds most) {
  const auto parsed = parse_with_unit(text, kDurations);
  if (!parsed || *parsed < static_cast<std::uint64_t>(least.count()) ||
      *parsed > static_cast<std::uint64_t>(most.count())) {
    return Error{Errc::kInvalid,
                 fmt::format("must be a duration such as 250ms, 5s, 2m, 12h or 7d, from {} to {}",
                             format_duration(least), format_duration(most))};
  }
  return milliseconds(*parsed);
}

std::string format_duration(milliseconds duration) {
  return format_with_unit(static_cast<std::uint64_t>(duration.count()), kDurations);
}

base::Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto parsed = parse_with_unit(text, kSizes);
  if (!parsed || *parsed < least || *parsed > most) {
    return Error{Errc::kInvalid, fmt::format("must be a size such as 64KiB, 256MiB or 8GiB, from {} to {}",
                                             format_size(least), format_size(most))};
  }
  return *parsed;
}

std::string format_size(std::uint64_t bytes) {
  return format_with_unit(bytes, kSizes);
}

base::Result<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item.empty()) return Error{Errc::kInvalid, "has an empty item; separate items with single commas"};
    items.emplace_back(item);
  }
  return items;
}

base::Result<std::string> parse_host(std::string_view text, std::string_view port) {
  if (text.find("://") != std::string_view::npos) {
    return Error{Errc::kInvalid, fmt::format("is a URL; give the host name alone, and its port in {}", port)};
  }
  const bool v6 = std::ranges::count(text, ':') > 1;
  if (!v6 && text.find(':') != std::string_view::npos) {
    return Error{Errc::kInvalid,
                 fmt::format("holds a port; give the host name alone, and its port in {}", port)};
  }
  if (text.find_first_of(" \t\r\n/,;@?#\\\"'") != std::string_view::npos) {
    return Error{Errc::kInvalid, "must be one host name or address, without spaces, slashes or commas"};
  }
  return std::string(text);
}

base::Result<std::string> parse_brokers(std::string_view text) {
  constexpr std::array<std::string_view, 4> kProtocols = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
  auto items = parse_list(text);
  if (!items) return items.error();
  for (std::string_view broker : *items) {
    if (const std::size_t scheme = broker.find("://"); scheme != std::string_view::npos) {
      if (std::ranges::find(kProtocols, broker.substr(0, scheme)) == kProtocols.end()) {
        return Error{Errc::kInvalid, "names a URL; give host:port of each broker, separated by commas"};
      }
      broker.remove_prefix(scheme + 3);
    }
    const std::size_t colon = broker.rfind(':');
    const bool bare_v6 = !broker.starts_with('[') && broker.find(':') != colon;
    const bool has_port = colon != std::string_view::npos && !bare_v6 && !broker.ends_with(']');
    if (broker.empty() || colon == 0 || broker.find_first_of(" \t\r\n/;@") != std::string_view::npos ||
        (has_port && !parse_integer(broker.substr(colon + 1), 1, 65'535))) {
      return Error{Errc::kInvalid, "must be host:port of each broker, separated by commas"};
    }
  }
  return std::string(text);
}

base::Result<std::string> parse_readable_file(std::string_view text) {
  std::string path(text);
  std::error_code unknown;
  const bool directory = std::filesystem::is_directory(path, unknown);
  if (!directory && ::access(path.c_str(), R_OK) == 0) return path;
  return Error{Errc::kInvalid,
               fmt::format("names a file that cannot be read ({}); correct the path, or give this user the "
                           "right to read it",
                           std::generic_category().message(directory ? EISDIR : errno))};
}

namespace {

bool is_origin(std::string_view text) {
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  const std::string_view authority = text.substr(scheme);
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-._:[]";
  if (scheme == 0 || authority.empty() || authority.find_first_not_of(kAllowed) != std::string_view::npos) {
    return false;
  }
  // Browsers leave out the port of the scheme, and so this would never be met.
  return !text.ends_with(scheme == 8 ? ":443" : ":80") && !text.ends_with(':');
}

}  // namespace

base::Result<std::vector<std::string>> parse_origins(std::string_view text) {
  auto items = parse_list(text);
  if (!items) return items;
  const bool anyone = items->size() == 1 && items->front() == "*";
  if (!anyone && !std::ranges::all_of(*items, is_origin)) {
    return Error{Errc::kInvalid,
                 "must be * alone, or origins as browsers send them: https://example.org or "
                 "http://localhost:5173, in lower case, without a path or a slash at the end"};
  }
  return items;
}

namespace {

bool is_host(std::string_view text) {
  if (text == "*") return true;
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.starts_with('.')) text.remove_prefix(1);
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         text.find("..") == std::string_view::npos && !text.starts_with('.') && !text.ends_with('.');
}

}  // namespace

base::Result<std::vector<std::string>> parse_hosts(std::string_view text) {
  auto items = parse_list(text);
  if (!items) return items;
  for (std::string& item : *items) {
    std::ranges::transform(item, item.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool bracketed = item.starts_with('[') && item.ends_with(']');
    if (bracketed) item = item.substr(1, item.size() - 2);
    const bool address = base::IpAddress::parse(item).has_value();
    if (bracketed ? !address : !address && !is_host(item)) {
      return Error{
          Errc::kInvalid,
          "must be host names or addresses without a scheme, port or path, such as stats.example.org, "
          "*.example.org or .example.org, or *"};
    }
  }
  return items;
}

base::Result<std::vector<base::IpNetwork>> parse_networks(std::string_view text) {
  const auto items = parse_list(text);
  if (!items) return items.error();
  std::vector<base::IpNetwork> networks;
  for (const std::string& item : *items) {
    const auto network = base::IpNetwork::parse(item);
    if (!network) {
      return Error{
          Errc::kInvalid,
          "must be addresses or networks such as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32, with no bits "
          "set behind the prefix"};
    }
    networks.push_back(*network);
  }
  return networks;
}

}  // namespace fanfinity::config
