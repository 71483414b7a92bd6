#pragma once
// What came of the requests of one phase.

#include <array>
#include <cstdint>
#include <string>

#include "bench/load/connections.h"
#include "bench/load/histogram.h"

namespace fanfinity::bench {

struct Phase {
  double rate = 0;  ///< Requests a second; 0: as fast as answers come.
  double seconds = 0;
};

/// One thread's share, or the sum of them.
struct Tally {
  Histogram latency;    ///< From the due time to the response, of every response.
  Histogram sent_late;  ///< From the due time to the sending.
  std::array<std::uint64_t, 600> statuses{};
  std::uint64_t requests = 0;  ///< That were answered, whatever the status.
  std::uint64_t events = 0;    ///< That were accepted.
  std::uint64_t errors = 0;    ///< Broken connections, answers that are none, batches accepted in part.
  std::uint64_t unsent = 0;    ///< Due, but no connection became free for them.
  Clock::time_point last{};    ///< When the last response was read.

  void note(const Outcome& outcome, Clock::time_point now);
  void merge(const Tally& other);
  /// As one JSON object. `begin`: when the phase did.
  [[nodiscard]] std::string json(const Phase& phase, Clock::time_point begin) const;
};

}  // namespace fanfinity::bench
