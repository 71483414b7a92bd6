#pragma once
// Events like the example of the contract, the same ones in every run.

#include <cstdint>
#include <string>
#include <string_view>

namespace fanfinity::bench {

/// What the id of a sample says until it is patched.
inline constexpr std::string_view kUnsetId = "00000000-0000-0000-0000-000000000000";

/// Appends event `number` of match `match` as JSON, about 200 bytes: types as often as in football, players,
/// minutes and metadata that differ from number to number. Returns where in `out` its id begins.
std::size_t append_event_sample(std::uint64_t number, std::string_view match, std::string& out);

/// How many samples are different enough to stand for all: a multiple of `matches`.
[[nodiscard]] std::uint64_t sample_variety(std::uint64_t matches);

/// "PREFIX-NUMBER": how every tool here names match `number`.
[[nodiscard]] std::string match_name(std::string_view prefix, std::uint64_t number);

}  // namespace fanfinity::bench
