#include "bench/load/run.h"

namespace fanfinity::bench {
namespace {

constexpr std::size_t kIdsAWrite = 4096;

std::size_t share_of(std::size_t whole, std::uint32_t threads, std::uint32_t thread) {
  return whole / threads + (thread < whole % threads ? 1 : 0);
}

}  // namespace

Run::Run(const Plan& plan, std::uint32_t thread)
    : plan_(plan),
      thread_(thread),
      tallies_(plan.phases.size()),
      requests_(make_requests(plan.ask, thread)) {}

base::Status Run::connect() {
  return connections_.open(plan_.port, share_of(plan_.connections, plan_.threads, thread_),
                           [this](std::size_t connection, const Outcome& outcome, Clock::time_point now) {
                             if (outcome.accepted) keep(outcome);
                             finished(connection, outcome, now);
                           });
}

void Run::send(std::size_t connection, Clock::time_point due, Clock::time_point now, std::uint64_t tag) {
  connections_.start(connection, requests_->next(), due, now, tag);
}

base::Status Run::wait(Clock::time_point deadline) {
  return connections_.wait(plan_.spin ? Clock::time_point() : deadline);
}

void Run::keep(const Outcome& outcome) {
  acknowledged_ += outcome.events;
  if (plan_.acknowledged == nullptr) return;
  for (std::uint64_t i = 0; i < outcome.events; ++i)
    unwritten_.push_back(requests_->ids()(outcome.first_id + i));
  write_acknowledged(kIdsAWrite);
}

void Run::write_acknowledged(std::size_t unless_fewer_than) {
  if (plan_.acknowledged == nullptr || unwritten_.size() < unless_fewer_than) return;
  plan_.acknowledged->add(unwritten_);
  unwritten_.clear();
}

}  // namespace fanfinity::bench
