#pragma once
// One thread's share of a load: the loop that sends, reads and notes.

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/acknowledged.h"
#include "bench/load/connections.h"
#include "bench/load/request_maker.h"
#include "bench/load/tally.h"

namespace fanfinity::bench {

struct Plan {
  std::uint16_t port = 0;
  std::size_t connections = 64;  ///< Over all threads.
  std::uint32_t threads = 1;
  Ask ask;
  bool open = false;  ///< An open loop, else a closed one of one phase.
  std::vector<Phase> phases;
  double warmup = 0;     ///< Seconds before the first phase that are not counted; closed loop only.
  bool spin = false;     ///< Look for answers without ever sleeping.
  double patience = 10;  ///< Seconds after the end that answers are waited for.
  AcknowledgedFile* acknowledged = nullptr;  ///< Optional.
};

class Run {
 public:
  Run(const Plan& plan, std::uint32_t thread);
  virtual ~Run() = default;

  [[nodiscard]] base::Status connect();
  /// From `start` to the last answer.
  [[nodiscard]] virtual base::Status go(Clock::time_point start) = 0;

  /// One a phase.
  [[nodiscard]] const std::vector<Tally>& tallies() const { return tallies_; }
  /// Events of all accepted requests, warm-up included.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

 protected:
  virtual void finished(std::size_t connection, const Outcome& outcome, Clock::time_point now) = 0;

  void send(std::size_t connection, Clock::time_point due, Clock::time_point now, std::uint64_t tag);
  base::Status wait(Clock::time_point deadline);
  void write_acknowledged(std::size_t unless_fewer_than);

  const Plan& plan_;
  const std::uint32_t thread_;
  std::vector<Tally> tallies_;
  Connections connections_;

 private:
  void keep(const Outcome& outcome);

  std::unique_ptr<RequestMaker> requests_;
  std::uint64_t acknowledged_ = 0;
  std::vector<base::Uuid> unwritten_;
};

/// Every connection keeps one request under way.
class ClosedRun final : public Run {
 public:
  using Run::Run;
  [[nodiscard]] base::Status go(Clock::time_point start) override;

 private:
  void finished(std::size_t connection, const Outcome& outcome, Clock::time_point now) override;

  Clock::time_point begin_;  // Of what counts.
  Clock::time_point end_;
};

/// Every request is due at a time that does not depend on answers. It waits when no connection is free.
class OpenRun final : public Run {
 public:
  using Run::Run;
  [[nodiscard]] base::Status go(Clock::time_point start) override;

 private:
  void finished(std::size_t connection, const Outcome& outcome, Clock::time_point now) override;
  void send_due(Clock::time_point now);
  void skip_phases_that_are_over();
  [[nodiscard]] bool all_sent() const { return phase_ == plan_.phases.size(); }
  [[nodiscard]] Clock::time_point due() const;

  // Connections without a request: a ring, so that all of them are used in turn.
  std::vector<std::size_t> free_;
  std::size_t first_free_ = 0;
  std::size_t free_count_ = 0;

  std::size_t phase_ = 0;
  Clock::time_point phase_begin_;
  std::uint64_t number_ = 0;  // Of the next request, within its phase and over all threads.
};

}  // namespace fanfinity::bench
