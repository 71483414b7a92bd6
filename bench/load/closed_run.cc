#include "bench/load/run.h"
#include "bench/load/seconds.h"

namespace fanfinity::bench {

base::Status ClosedRun::go(Clock::time_point start) {
  begin_ = start + seconds(plan_.warmup);
  end_ = begin_ + seconds(plan_.phases.front().seconds);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const auto now = Clock::now();
    send(i, now, now, 0);
  }
  while (Clock::now() < end_) {
    if (const auto waited = wait(end_); !waited) return waited;
  }
  const auto give_up = end_ + seconds(plan_.patience);
  while (connections_.under_way() > 0 && Clock::now() < give_up) {
    if (const auto waited = wait(give_up); !waited) return waited;
  }
  tallies_.front().errors += connections_.under_way();
  write_acknowledged(1);
  return {};
}

void ClosedRun::finished(std::size_t connection, const Outcome& outcome, Clock::time_point now) {
  if (now >= begin_ && now < end_) tallies_.front().note(outcome, now);
  if (now < end_) send(connection, now, now, 0);
}

}  // namespace fanfinity::bench
