#include "store/insert_tokens.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fanfinity::store {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::string_view kLogs = "deduplication_logs";
constexpr std::string_view kDraft = ".new";
// Of a line: what was done with a part, the part's name, the token's hash.
constexpr std::size_t kFields = 3;
constexpr char kAdded = '1';

/// Of a part's name, PARTITION_MIN_MAX_LEVEL or PARTITION_MIN_MAX_LEVEL_MUTATION.
struct Blocks {
  std::string partition;
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] bool hold(const Blocks& other) const {
    return partition == other.partition && first <= other.first && other.last <= last;
  }
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Blocks> parse_part_name(std::string_view name) {
  const auto fields = split(name, '_');
  if (fields.size() != 4 && fields.size() != 5) return std::nullopt;
  const auto numbers = std::span(fields).subspan(1);
  if (!std::ranges::all_of(numbers, [](std::string_view field) { return parse_number(field).has_value(); }))
    return std::nullopt;
  return Blocks{std::string(fields[0]), *parse_number(fields[1]), *parse_number(fields[2])};
}

Error cannot(std::string_view what, const fs::path& path, const std::string& why) {
  return {Errc::kUnavailable, std::string(what) + " " + path.string() + ": " + why + "."};
}

Result<std::vector<Blocks>> parts_in(const fs::path& table) {
  std::error_code error;
  std::vector<Blocks> parts;
  for (auto entry = fs::directory_iterator(table, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (auto part = parse_part_name(entry->path().filename().string())) parts.push_back(std::move(*part));
  }
  if (error) return cannot("Cannot read", table, error.message());
  return parts;
}

/// Whole or not at all, whenever this process is killed. `fresh` becomes `path`.
Status replace_file(const fs::path& path, const fs::path& fresh, std::string_view text) {
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return cannot("Cannot write", fresh, std::strerror(errno));
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool whole = text.empty() && ::fsync(fd) == 0;
  const int reason = errno;
  ::close(fd);
  if (!whole) return cannot("Cannot write", fresh, std::strerror(reason));
  if (::rename(fresh.c_str(), path.c_str()) != 0) return cannot("Cannot replace", path, std::strerror(errno));
  return {};
}

/// What has to stand in place of a line; nothing when it has to go. ClickHouse reads a log up to the first
/// line that is not well-formed, and forgets what stands after it.
std::optional<std::string> kept_of(std::string_view line, const std::vector<Blocks>& parts) {
  // Its writing was cut off, so its part never got its name.
  if (!line.ends_with('\n')) return std::nullopt;
  const auto fields = split(line, '\t');
  if (fields.size() < kFields) return std::nullopt;
  // A line may stand behind one that was cut off: the last fields are its own, and one digit before them.
  const auto own = std::span(fields).last(kFields);
  const auto blocks = parse_part_name(own[1]);
  if (!blocks) return fields.size() == kFields ? std::optional(std::string(line)) : std::nullopt;
  if (own[0].empty()) return std::nullopt;
  const char done = own[0].back();
  if (done == kAdded && std::ranges::none_of(parts, [&](const Blocks& part) { return part.hold(*blocks); })) {
    return std::nullopt;
  }
  return done + ("\t" + std::string(own[1])) + "\t" + std::string(own[2]);
}

Result<std::size_t> forget_in(const fs::path& log, const fs::path& draft, const std::vector<Blocks>& parts) {
  std::ifstream file(log, std::ios::binary);
  std::ostringstream content;
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(content << file.rdbuf()))) {
    return cannot("Cannot read", log, "it cannot be opened");
  }
  const std::string text = content.str();
  std::string kept;
  std::size_t forgotten = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (const auto line = kept_of(rest.substr(0, length), parts)) {
      kept += *line;
    } else {
      ++forgotten;
    }
    rest.remove_prefix(length);
  }
  if (kept == text) return forgotten;
  if (auto replaced = replace_file(log, draft, kept); !replaced) return replaced.error();
  return forgotten;
}

Result<std::size_t> forget_in_table(const fs::path& table) {
  std::error_code error;
  if (!fs::is_directory(table / kLogs, error)) return std::size_t{0};
  const auto parts = parts_in(table);
  if (!parts) return parts.error();
  const fs::path draft = table / (std::string(kLogs) + std::string(kDraft));
  fs::remove(draft, error);
  std::vector<fs::path> logs;
  for (auto log = fs::directory_iterator(table / kLogs, error); !error && log != fs::directory_iterator();
       log.increment(error)) {
    logs.push_back(log->path());
  }
  if (error) return cannot("Cannot read", table / kLogs, error.message());
  std::size_t forgotten = 0;
  for (const auto& log : logs) {
    // ClickHouse does not load a table that has anything but logs here.
    if (log.extension() == kDraft && !fs::remove(log, error)) {
      return cannot("Cannot remove", log, error.message());
    }
    if (log.extension() != ".txt") continue;
    const auto here = forget_in(log, draft, *parts);
    if (!here) return here;
    forgotten += *here;
  }
  return forgotten;
}

}  // namespace

Result<std::size_t> forget_tokens_without_part(const fs::path& data) {
  const fs::path store = data / "store";
  std::error_code error;
  if (!fs::is_directory(store, error)) return std::size_t{0};
  std::size_t forgotten = 0;
  for (auto group = fs::directory_iterator(store, error); !error && group != fs::directory_iterator();
       group.increment(error)) {
    for (auto table = fs::directory_iterator(group->path(), error);
         !error && table != fs::directory_iterator(); table.increment(error)) {
      const auto here = forget_in_table(table->path());
      if (!here) return here;
      forgotten += *here;
    }
  }
  if (error) return cannot("Cannot read", store, error.message());
  return forgotten;
}

}  // namespace fanfinity::store
