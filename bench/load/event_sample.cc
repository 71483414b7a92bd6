#include "bench/load/event_sample.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "bench/load/event_ids.h"

namespace fanfinity::bench {
namespace {

struct Share {
  std::string_view type;
  unsigned of_thousand;
};
constexpr std::array<Share, 11> kTypes = {{{"pass", 640},
                                           {"interception", 110},
                                           {"shot", 60},
                                           {"foul", 60},
                                           {"corner", 40},
                                           {"free_kick", 40},
                                           {"offside", 15},
                                           {"substitution", 15},
                                           {"yellow_card", 10},
                                           {"goal", 8},
                                           {"red_card", 2}}};
constexpr unsigned kMinutes = 95;

std::string_view type_of(std::uint64_t pick) {
  auto left = static_cast<unsigned>(pick % 1000);
  for (const Share& share : kTypes) {
    if (left < share.of_thousand) return share.type;
    left -= share.of_thousand;
  }
  return kTypes.front().type;
}

}  // namespace

std::size_t append_event_sample(std::uint64_t number, std::string_view match, std::string& out) {
  const std::uint64_t pick = scrambled(number + 1);
  const auto minute = static_cast<unsigned>((pick >> 10U) % kMinutes);
  const auto second = static_cast<unsigned>((pick >> 20U) % 60);
  const std::string_view type = type_of(pick);
  out += R"({"eventId":")";
  const std::size_t at = out.size();
  out += kUnsetId;
  auto end = std::back_inserter(out);
  fmt::format_to(
      end,
      R"(","matchId":"{}","eventType":"{}","timestamp":"2024-01-15T{:02}:{:02}:{:02}Z","teamId":{},"playerId":"player-{}",)",
      match, type, 14 + minute / 60, minute % 60, second, 1 + (pick >> 30U) % 2, 1 + (pick >> 32U) % 22);
  if (type == "goal") {
    fmt::format_to(end, R"("metadata":{{"minute":{},"scorer":"Player Name"}}}})", minute);
  } else {
    fmt::format_to(end, R"("metadata":{{"minute":{},"x":0.{:03},"y":0.{:03}}}}})", minute,
                   (pick >> 38U) % 1000, (pick >> 48U) % 1000);
  }
  return at;
}

std::uint64_t sample_variety(std::uint64_t matches) {
  constexpr std::uint64_t kEnough = 20'000;
  return (kEnough + matches - 1) / matches * matches;
}

std::string match_name(std::string_view prefix, std::uint64_t number) {
  return fmt::format("{}-{}", prefix, number);
}

}  // namespace fanfinity::bench
