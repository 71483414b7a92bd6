#pragma once
// The steps of an event's way, one by one, on the service's own code.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fanfinity::bench {

/// Events that a step goes round over: a batch, and few enough for a core's cache.
inline constexpr std::uint64_t kSamples = 1000;

struct StepOptions {
  std::string directory;       ///< Of the `log` step.
  std::size_t records = 1000;  ///< Of one append, or of what is written together.
  std::size_t appends = 1;     ///< Under way at once, of the `log` step.
};

/// Does the step for so many events, and whatever makes the last of them complete. Returns something that
/// depends on all of it, so that the compiler leaves nothing out.
using Work = std::function<base::Result<std::uint64_t>(std::uint64_t count)>;

struct Step {
  std::string_view name;
  std::string_view prose;
  /// Prepares what the step works on, as much of it for any count.
  base::Result<Work> (*prepare)(const StepOptions&);
};

[[nodiscard]] std::span<const Step> json_steps();      ///< json_steps.cc
[[nodiscard]] std::span<const Step> http_steps();      ///< http_steps.cc
[[nodiscard]] std::span<const Step> log_steps();       ///< log_steps.cc
[[nodiscard]] std::span<const Step> pipeline_steps();  ///< pipeline_steps.cc

}  // namespace fanfinity::bench
