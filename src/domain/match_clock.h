#pragma once
// The clock of a match, as feeds put it into the metadata of events.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/json_index.h"

namespace fanfinity::domain {

/// "45+2'" in the first half is {45, 2, 1}.
struct MatchClock {
  std::uint8_t minute = 0;               ///< 0 to 150, as sent.
  std::optional<std::uint8_t> stoppage;  ///< 1 to 30.
  std::optional<std::uint8_t> period;    ///< 1 and 2: halves, 3 and 4: extra time, 5: penalties.
  bool operator==(const MatchClock&) const = default;
};

/// Not thread-safe: keeps the parser's buffers.
class MatchClockReader {
 public:
  /// From members of a JSON object: `minute` (45, 45.0, "45", "45'", "45+2", "45'+2'", "45 + 2"), `stoppage`,
  /// `extra`, `injuryTime` or `addedTime` (2, 2.0, "2", "+2", "2'") and `period` (1, 1.0, "1"). Nothing is
  /// guessed: empty unless `minute` is there, once and in such a form, and nothing contradicts it; a stoppage
  /// or period in any other form is left out.
  [[nodiscard]] std::optional<MatchClock> read(std::string_view metadata);

 private:
  JsonIndex index_;
};

/// Appends {"minute":45,"stoppage":2,"period":1}.
void append_clock_json(const MatchClock& clock, std::string& out);

}  // namespace fanfinity::domain
