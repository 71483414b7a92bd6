// http_load: sends HTTP requests to a port of this machine and measures the answers. bench/README.md
// describes it.

#include <fmt/format.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <thread>

#include "bench/load/idle.h"
#include "bench/load/run.h"
#include "bench/load/seconds.h"

namespace fanfinity::bench {
namespace {

struct Options {
  Plan plan;
  std::size_t idle = 0;
  std::string idle_get = "/health";
  std::string acknowledged;
  std::string format = "ndjson";
  std::string phases;
  double seconds = 10;
};

base::Result<std::vector<Phase>> read_phases(std::string_view text) {
  std::vector<Phase> phases;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    Phase phase;
    const char* end = one.data() + one.size();
    const auto rate = std::from_chars(one.data(), end, phase.rate);
    const bool colon = rate.ec == std::errc{} && rate.ptr != end && *rate.ptr == ':';
    const auto length = colon ? std::from_chars(rate.ptr + 1, end, phase.seconds) : rate;
    if (!colon || length.ec != std::errc{} || length.ptr != end || phase.rate < 0 || phase.seconds <= 0) {
      return base::Error{base::Errc::kInvalid, "--phases is a list of RATE:SECONDS, as in 500:5,20000:10."};
    }
    phases.push_back(phase);
  }
  return phases;
}

void add_options(CLI::App& command, Options& options) {
  Plan& plan = options.plan;
  command.add_option("--port", plan.port, "Port of 127.0.0.1 to send to")->required();
  command.add_option("--connections", plan.connections, "Connections, over all threads")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--threads", plan.threads, "Threads that send")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_flag("--spin", plan.spin, "Never sleep: steadier, but takes a core for each thread");
  command.add_option("--patience", plan.patience, "Seconds to wait for answers after the end")
      ->capture_default_str();
  command.add_option("--idle", options.idle, "Connections to hold open beside, without requests")
      ->capture_default_str();
  command.add_option("--idle-get", options.idle_get, "What each of those asks for once, to begin with")
      ->capture_default_str();
  command.add_option("--acknowledged", options.acknowledged,
                     "File for the ids of all acknowledged events, 16 bytes each");
  command.add_option("--match", plan.ask.match, "Matches are called NAME-0, NAME-1, ...")
      ->capture_default_str();
  command.add_option("--matches", plan.ask.matches, "How many matches there are")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  auto* event = command.add_flag("--event")->description("Post single events (the default)");
  auto* batch = command.add_option("--batch", plan.ask.batch, "Post batches of so many events")
                    ->check(CLI::Range(1, 10'000))
                    ->excludes(event);
  command.add_option("--format", options.format, "Of batches")
      ->check(CLI::IsMember({"ndjson", "array"}))
      ->needs(batch)
      ->capture_default_str();
  command.add_option("--get", plan.ask.get_path, "GET this path; {} stands for each match's number in turn")
      ->excludes(event)
      ->excludes(batch);
  command.callback([&command, &options] {
    Ask& ask = options.plan.ask;
    if (command.count("--get") > 0) ask.kind = Ask::Kind::kGet;
    if (command.count("--batch") > 0) {
      ask.kind = options.format == "array" ? Ask::Kind::kArray : Ask::Kind::kNdjson;
    }
  });
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::vector<std::unique_ptr<Run>> make_runs(const Plan& plan) {
  std::vector<std::unique_ptr<Run>> runs;
  for (std::uint32_t thread = 0; thread < plan.threads; ++thread) {
    if (plan.open) {
      runs.push_back(std::make_unique<OpenRun>(plan, thread));
    } else {
      runs.push_back(std::make_unique<ClosedRun>(plan, thread));
    }
  }
  return runs;
}

struct Measured {
  Clock::time_point begin;  // Of the first phase.
  double cpu_seconds = 0;   // Of this process, for what was measured.
};

base::Result<Measured> run_all(const Plan& plan, std::vector<std::unique_ptr<Run>>& runs) {
  for (const auto& run : runs) {
    if (const auto connected = run->connect(); !connected) return connected.error();
  }
  const auto start = Clock::now();
  std::vector<base::Status> ends(runs.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    threads.emplace_back([&, i] {
      // Else a sleep may last 50 microseconds longer than asked for.
      ::prctl(PR_SET_TIMERSLACK, 1UL);
      ends[i] = runs[i]->go(start);
    });
  }
  Measured measured{start + seconds(plan.warmup)};
  auto end = measured.begin;
  for (const Phase& phase : plan.phases) end += seconds(phase.seconds);
  std::this_thread::sleep_until(measured.begin);
  const double before = cpu_seconds();
  // A closed loop goes on a little after its end; an open one may still have much to do.
  if (plan.open) {
    threads.clear();
  } else {
    std::this_thread::sleep_until(end);
  }
  measured.cpu_seconds = cpu_seconds() - before;
  threads.clear();
  for (const base::Status& status : ends) {
    if (!status) return status.error();
  }
  return measured;
}

void print(const Plan& plan, const Measured& measured, const std::vector<std::unique_ptr<Run>>& runs,
           std::size_t idle_open) {
  std::string phases;
  std::uint64_t acknowledged = 0;
  for (const auto& run : runs) acknowledged += run->acknowledged();
  auto begin = measured.begin;
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    Tally tally;
    for (const auto& run : runs) tally.merge(run->tallies()[i]);
    if (i > 0) phases += ',';
    phases += tally.json(plan.phases[i], begin);
    begin += seconds(plan.phases[i].seconds);
  }
  fmt::print(R"({{"phases":[{}],"own_cpu_seconds":{:.6f},"acknowledged":{},"idle_open":{}}})"
             "\n",
             phases, measured.cpu_seconds, acknowledged, idle_open);
}

base::Status load(Options& options) {
  Plan& plan = options.plan;
  if (plan.connections < plan.threads) {
    return base::Error{base::Errc::kInvalid, "There must be at least one connection a thread."};
  }
  IdleConnections idle;
  if (const auto opened = idle.open(plan.port, options.idle, options.idle_get); !opened) return opened;
  AcknowledgedFile acknowledged;
  if (!options.acknowledged.empty()) {
    if (const auto created = acknowledged.create(options.acknowledged); !created) return created;
    plan.acknowledged = &acknowledged;
  }
  allow_descriptors(plan.connections + 64);
  auto runs = make_runs(plan);
  const auto measured = run_all(plan, runs);
  if (!measured) return measured.error();
  const auto idle_open = idle.still_open();
  if (!idle_open) return idle_open.error();
  if (plan.acknowledged != nullptr) {
    if (const auto closed = acknowledged.close(); !closed) return closed;
  }
  print(plan, *measured, runs, *idle_open);
  return {};
}

int main_of(int argc, char** argv) {
  CLI::App cli{"Sends HTTP requests to a port of this machine and measures the answers."};
  Options options;
  cli.require_subcommand(1);
  CLI::App* closed = cli.add_subcommand("closed", "Every connection keeps one request under way");
  add_options(*closed, options);
  closed->add_option("--seconds", options.seconds, "How long to measure")->capture_default_str();
  closed->add_option("--warmup", options.plan.warmup, "Seconds before that which do not count")
      ->capture_default_str();
  CLI::App* open = cli.add_subcommand("open", "Requests are due at fixed times, whatever becomes of them");
  add_options(*open, options);
  open->add_option("--phases", options.phases, "RATE:SECONDS[,RATE:SECONDS...]")->required();
  CLI11_PARSE(cli, argc, argv);
  options.plan.open = open->parsed();
  auto phases = options.phases.empty() ? base::Result(std::vector{Phase{0, options.seconds}})
                                       : read_phases(options.phases);
  if (phases) options.plan.phases = std::move(*phases);
  const auto done = phases ? load(options) : phases.error();
  if (done) return 0;
  fmt::print(stderr, "http_load: {}\n", done.error().detail);
  return 1;
}

}  // namespace
}  // namespace fanfinity::bench

int main(int argc, char** argv) {
  return fanfinity::bench::main_of(argc, argv);
}
