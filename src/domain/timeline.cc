#include "domain/timeline.h"

#include <array>
#include <charconv>
#include <map>
#include <tuple>

#include "domain/json_members.h"

namespace fanfinity::domain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kTeams = 2;
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;

bool is_bucket(std::int64_t length) {
  if (length < 1) return false;
  return length < kMinute ? kMinute % length == 0 : length % kMinute == 0 && kHour % length == 0;
}

/// The buckets from `shortest` on, in which `fits` finds one.
template <typename Fits>
std::optional<seconds> first_bucket(seconds shortest, Fits fits) {
  for (std::int64_t length = shortest.count(); length <= kHour; ++length) {
    if (is_bucket(length) && fits(seconds{length})) return seconds{length};
  }
  return std::nullopt;
}

/// The cells of one bucket, summed up.
struct Bucket {
  std::uint64_t total = 0;
  TypeCounts by_type;
  std::array<std::uint64_t, kTeams> by_team{};
  std::array<TypeCounts, kTeams> teams;

  void add(const TimelineCell& cell) {
    const std::size_t team = cell.team == 2 ? 1 : 0;
    total += cell.count;
    by_type[cell.type] += cell.count;
    by_team[team] += cell.count;
    teams[team][cell.type] += cell.count;
  }
};

void append_bucket(base::Timestamp start, const Bucket& bucket, std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
  append_time("start", start, out);
  append_count("total", bucket.total, out);
  append_counts("byType", bucket.by_type, out);
  append_name("byTeam", out);
  out += '{';
  append_count("1", bucket.by_team[0], out);
  append_count("2", bucket.by_team[1], out);
  out += '}';
  append_name("teams", out);
  out += '{';
  append_counts("1", bucket.teams[0], out);
  append_counts("2", bucket.teams[1], out);
  out += "}}";
}

}  // namespace

std::optional<seconds> parse_bucket(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at + 1 != end || number < 1 || number > kHour) return std::nullopt;
  const std::int64_t unit = *at == 's' ? 1 : *at == 'm' ? kMinute : *at == 'h' ? kHour : 0;
  if (!is_bucket(number * unit)) return std::nullopt;
  return seconds{number * unit};
}

std::string format_bucket(seconds bucket) {
  if (bucket.count() % kHour == 0) return std::to_string(bucket.count() / kHour) + "h";
  if (bucket.count() % kMinute == 0) return std::to_string(bucket.count() / kMinute) + "m";
  return std::to_string(bucket.count()) + "s";
}

base::Timestamp bucket_start(base::Timestamp at, seconds bucket) {
  const milliseconds since = at.time_since_epoch();
  const milliseconds into = (since % milliseconds(bucket) + milliseconds(bucket)) % milliseconds(bucket);
  return base::Timestamp{since - into};
}

base::Timestamp bucket_end(base::Timestamp at, seconds bucket) {
  return bucket_start(at + milliseconds(bucket) - milliseconds{1}, bucket);
}

std::uint64_t buckets_in(std::uint64_t minutes, seconds bucket) {
  return minutes * static_cast<std::uint64_t>(seconds{kMinute} / bucket);
}

std::optional<seconds> bucket_for(std::uint64_t minutes, std::uint64_t most) {
  return first_bucket(seconds{1}, [&](seconds bucket) {
    return bucket <= seconds{kMinute} && buckets_in(minutes, bucket) <= most;
  });
}

void widen(Timeline& timeline, seconds bucket) {
  timeline.bucket = bucket;
  std::map<std::tuple<base::Timestamp, EventType, std::uint8_t>, std::uint64_t> sums;
  for (const TimelineCell& cell : timeline.cells) {
    sums[{bucket_start(cell.start, bucket), cell.type, cell.team}] += cell.count;
  }
  timeline.cells.clear();
  for (const auto& [key, count] : sums) {
    const auto& [start, type, team] = key;
    timeline.cells.push_back({start, type, team, count});
  }
}

std::uint64_t buckets_of(const Timeline& timeline, seconds bucket) {
  std::uint64_t buckets = 0;
  std::optional<base::Timestamp> latest;
  for (const TimelineCell& cell : timeline.cells) {
    const base::Timestamp start = bucket_start(cell.start, bucket);
    if (start != latest) ++buckets;
    latest = start;
  }
  return buckets;
}

std::optional<seconds> bucket_for(const Timeline& timeline, std::uint64_t most) {
  return first_bucket(timeline.bucket, [&](seconds bucket) { return buckets_of(timeline, bucket) <= most; });
}

void append_timeline_json(const Timeline& timeline, std::string& out) {
  out += '{';
  append_text("matchId", timeline.match_id, out);
  append_count("bucketSeconds", static_cast<std::uint64_t>(timeline.bucket.count()), out);
  append_name("buckets", out);
  out += '[';
  for (auto cell = timeline.cells.begin(); cell != timeline.cells.end();) {
    const base::Timestamp start = cell->start;
    Bucket bucket;
    for (; cell != timeline.cells.end() && cell->start == start; ++cell) bucket.add(*cell);
    append_bucket(start, bucket, out);
  }
  out += ']';
  append_time("asOf", timeline.as_of, out);
  out += '}';
}

}  // namespace fanfinity::domain
