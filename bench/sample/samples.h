#pragma once
// Sample events as the service's own types: the same ones in every run.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.h"
#include "log/log.h"

namespace fanfinity::bench {

/// Bodies as they are posted, of samples 0 to `count` - 1, over `matches` matches; with ids of their own.
[[nodiscard]] std::vector<std::string> sample_bodies(std::uint64_t count, std::uint64_t matches = 10,
                                                     std::string_view prefix = "bench");
/// The same, parsed.
[[nodiscard]] std::vector<domain::Event> sample_events(std::uint64_t count, std::uint64_t matches = 10,
                                                       std::string_view prefix = "bench");
/// The same, as the API appends them to the log.
[[nodiscard]] std::vector<log::Record> sample_records(std::uint64_t count, std::uint64_t matches = 10,
                                                      std::string_view prefix = "bench");

}  // namespace fanfinity::bench
