// kill -9 at any moment: what was acknowledged is there.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>

#include "log_fixture.h"

namespace fanfinity::log {
namespace {

/// What the child reports of each acknowledged record; small enough for the pipe to take it in one piece.
struct Report {
  std::int64_t offset = 0;
  std::uint32_t partition = 0;
  std::uint32_t stream = 0;
  std::uint64_t value = 0;
};

std::string value_of(std::uint64_t number) {
  return std::to_string(number) + std::string(static_cast<std::size_t>(number * 7919 % 3000), 'v');
}

/// Consumes and commits, so that segments are recycled while the child is killed.
class Consuming final : public Group::Listener {
 public:
  void on_assigned(std::shared_ptr<OwnedPartition> partition) override {
    workers_[partition->id()] = std::jthread([partition](const std::stop_token& stop) {
      auto at = partition->committed()->offset.value_or(Offset{0});
      while (!stop.stop_requested()) {
        FetchLimits limits;
        limits.max_records = 100;
        Fetched fetched;
        if (!partition->fetch(at, limits, stop, fetched) ||
            !partition->commit(fetched.next, "v1;" + std::to_string(number(fetched.next)))) {
          _exit(3);
        }
        at = fetched.next;
      }
    });
  }
  void on_revoked(PartitionId partition) override { workers_.erase(partition); }

 private:
  std::map<PartitionId, std::jthread> workers_;
};

/// Appends for ever, a few dozen at a time, and reports every ack.
[[noreturn]] void run_child(const LocalLogConfig& config, int pipe, std::uint64_t first) {
  auto log = LocalLog::open(config);
  if (!log) _exit(2);
  Consuming consuming;
  std::jthread member([&](std::stop_token stop) {
    static_cast<void>((*log)->run(Stream::kEvents, consuming, std::move(stop)));
  });
  std::atomic<int> in_flight{0};
  for (auto i = first;; ++i) {
    for (int seen = in_flight; seen >= 32; seen = in_flight) in_flight.wait(seen);
    ++in_flight;
    const auto stream = i % 10 == 0 ? Stream::kRetry : Stream::kEvents;
    if (stream == Stream::kRetry && i % 200 != 0) {
      --in_flight;
      continue;
    }
    (*log)->append(stream, {make_record(value_of(i))}, [&, i](const base::Result<Producer::Ack>& ack) {
      if (ack) {
        const Report report{number(ack->last.offset), number(ack->last.partition),
                            static_cast<std::uint32_t>(ack->last.stream), i};
        if (::write(pipe, &report, sizeof report) != sizeof report) _exit(4);
      }
      --in_flight;
      in_flight.notify_one();
    });
  }
}

class LocalLogKillTest : public LocalLogTest {
 protected:
  LocalLogConfig config_for_kills() const {
    auto config = this->config();
    config.partitions = 3;
    config.lock_wait = kDeadline;
    return config;
  }
  /// Runs a child until it has acknowledged so many records, then kills it; answers its reports.
  std::vector<Report> run_and_kill(std::uint64_t first, std::size_t acks) {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      run_child(config_for_kills(), pipe[1], first);
    }
    ::close(pipe[1]);
    std::vector<Report> reports;
    Report report;
    while (::read(pipe[0], &report, sizeof report) == sizeof report) {
      reports.push_back(report);
      // Whatever it acknowledges between now and its end is still in the pipe.
      if (reports.size() == acks) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "The child ended by itself with " << WEXITSTATUS(status);
    return reports;
  }
  /// Everything the partition holds. The janitor may still be letting go of what was consumed, so the
  /// records are taken between two looks that saw the same beginning.
  std::vector<FetchedRecord> read_settled(Stream stream, PartitionId partition, Offset& begin) {
    std::vector<FetchedRecord> records;
    const bool settled = eventually([&] {
      const auto before = log_->state(stream)->at(number(partition));
      auto all = read_all(*log_, stream, partition);
      const auto after = log_->state(stream)->at(number(partition));
      if (!all || before.begin != after.begin) return false;
      EXPECT_LE(after.begin, after.committed.offset.value_or(Offset{0}))
          << "Unconsumed records were removed.";
      EXPECT_EQ(std::ssize(*all), after.end - after.begin);
      begin = after.begin;
      records = std::move(*all);
      return true;
    });
    EXPECT_TRUE(settled) << "The partition could not be read.";
    return records;
  }
  void verify(const std::map<Position, std::uint64_t>& acknowledged) {
    open(config_for_kills());
    std::map<Position, std::string> found;
    std::map<std::pair<Stream, PartitionId>, Offset> begins;
    for (const auto stream : {Stream::kEvents, Stream::kRetry}) {
      for (std::uint32_t p = 0; p < log_->partitions(stream); ++p) {
        const PartitionId partition{p};
        for (auto& one : read_settled(stream, partition, begins[{stream, partition}])) {
          found[{stream, partition, one.offset}] = std::move(one.record.value);
        }
      }
    }
    for (const auto& [position, value] : acknowledged) {
      if (position.offset < begins.at({position.stream, position.partition})) continue;
      ASSERT_TRUE(found.contains(position)) << "Record " << value << " is lost.";
      EXPECT_EQ(found[position], value_of(value));
    }
    close();
  }
};

TEST_F(LocalLogKillTest, LosesNothingAcknowledged) {
  std::mt19937 random(20240115);
  std::map<Position, std::uint64_t> acknowledged;
  for (std::uint64_t round = 0; round < 60; ++round) {
    for (const auto& report : run_and_kill(round << 32U, 1 + random() % 400)) {
      const Position position{static_cast<Stream>(report.stream), PartitionId{report.partition},
                              Offset{report.offset}};
      EXPECT_TRUE(acknowledged.emplace(position, report.value).second) << "An offset was given out twice.";
    }
    verify(acknowledged);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(acknowledged.size(), 1000U);
}

}  // namespace
}  // namespace fanfinity::log
