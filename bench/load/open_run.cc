#include <algorithm>
#include <cmath>

#include "bench/load/run.h"
#include "bench/load/seconds.h"

namespace fanfinity::bench {
namespace {

// Between two looks at the answers, so that a burst of requests does not make answers wait to be read.
constexpr int kRequestsAtOnce = 32;

std::uint64_t requests_of(const Phase& phase) {
  return static_cast<std::uint64_t>(std::llround(phase.rate * phase.seconds));
}

}  // namespace

base::Status OpenRun::go(Clock::time_point start) {
  phase_begin_ = start;
  number_ = thread_;
  skip_phases_that_are_over();
  free_.resize(connections_.size());
  for (std::size_t i = 0; i < free_.size(); ++i) free_[i] = i;
  free_count_ = free_.size();

  auto give_up = start + seconds(plan_.patience);
  for (const Phase& phase : plan_.phases) give_up += seconds(phase.seconds);
  auto now = Clock::now();
  while ((!all_sent() || connections_.under_way() > 0) && now < give_up) {
    send_due(now);
    const bool may_send = !all_sent() && free_count_ > 0;
    if (const auto waited = wait(may_send ? due() : give_up); !waited) return waited;
    now = Clock::now();
  }
  tallies_.back().errors += connections_.under_way();
  while (!all_sent()) {
    ++tallies_[phase_].unsent;
    number_ += plan_.threads;
    skip_phases_that_are_over();
  }
  write_acknowledged(1);
  return {};
}

void OpenRun::send_due(Clock::time_point now) {
  for (int i = 0; i < kRequestsAtOnce && free_count_ > 0 && !all_sent(); ++i) {
    const auto at = due();
    if (at > now) return;
    const std::size_t connection = free_[first_free_];
    first_free_ = (first_free_ + 1) % free_.size();
    --free_count_;
    send(connection, at, Clock::now(), phase_);
    number_ += plan_.threads;
    skip_phases_that_are_over();
  }
}

void OpenRun::skip_phases_that_are_over() {
  while (!all_sent() && number_ >= requests_of(plan_.phases[phase_])) {
    number_ -= requests_of(plan_.phases[phase_]);
    phase_begin_ += seconds(plan_.phases[phase_].seconds);
    ++phase_;
  }
}

Clock::time_point OpenRun::due() const {
  return phase_begin_ + seconds(static_cast<double>(number_) / plan_.phases[phase_].rate);
}

void OpenRun::finished(std::size_t connection, const Outcome& outcome, Clock::time_point now) {
  tallies_[outcome.tag].note(outcome, now);
  free_[(first_free_ + free_count_) % free_.size()] = connection;
  ++free_count_;
}

}  // namespace fanfinity::bench
