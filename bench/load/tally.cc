#include "bench/load/tally.h"

#include <fmt/format.h>

#include <algorithm>

namespace fanfinity::bench {
namespace {

std::string quantiles(const Histogram& histogram) {
  const auto microseconds = [](std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  const auto at = [&](double share) { return microseconds(histogram.quantile(share)); };
  return fmt::format(R"({{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"p999":{:.1f},"max":{:.1f}}})", at(0.5),
                     at(0.9), at(0.99), at(0.999), microseconds(histogram.max()));
}

std::uint64_t nanoseconds_between(Clock::time_point from, Clock::time_point to) {
  return to < from ? 0 : static_cast<std::uint64_t>(std::chrono::nanoseconds(to - from).count());
}

}  // namespace

void Tally::note(const Outcome& outcome, Clock::time_point now) {
  if (outcome.status < 100 || outcome.status >= 600) {
    ++errors;
    return;
  }
  ++requests;
  ++statuses[static_cast<std::size_t>(outcome.status)];
  if (outcome.accepted) {
    events += outcome.events;
  } else if (outcome.status == 202) {
    ++errors;
  }
  latency.record(nanoseconds_between(outcome.due, now));
  sent_late.record(nanoseconds_between(outcome.due, outcome.sent));
  last = now;
}

void Tally::merge(const Tally& other) {
  latency.merge(other.latency);
  sent_late.merge(other.sent_late);
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  requests += other.requests;
  events += other.events;
  errors += other.errors;
  unsent += other.unsent;
  last = std::max(last, other.last);
}

std::string Tally::json(const Phase& phase, Clock::time_point begin) const {
  std::string counts;
  for (std::size_t status = 0; status < statuses.size(); ++status) {
    if (statuses[status] == 0) continue;
    counts += fmt::format(R"({}"{}":{})", counts.empty() ? "" : ",", status, statuses[status]);
  }
  // Answers that came after the phase's end make it longer, else a service that lags would seem to keep up.
  const double seconds = std::max(phase.seconds, std::chrono::duration<double>(last - begin).count());
  return fmt::format(
      R"({{"rate":{},"seconds":{:.4f},"requests":{},"events":{},"statuses":{{{}}},"errors":{},"unsent":{},)"
      R"("latency_us":{},"sent_late_us":{},"requests_per_second":{:.1f},"events_per_second":{:.1f}}})",
      phase.rate > 0 ? fmt::format("{}", phase.rate) : "null", seconds, requests, events, counts, errors,
      unsent, quantiles(latency), quantiles(sent_late), static_cast<double>(requests) / seconds,
      static_cast<double>(events) / seconds);
}

}  // namespace fanfinity::bench
