// event_cost: one step of an event's way, many times, to be timed or counted. bench/README.md describes it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

#include "bench/event_cost/step.h"

namespace fanfinity::bench {
namespace {

std::vector<Step> all_steps() {
  std::vector<Step> steps;
  for (const auto part : {http_steps(), json_steps(), log_steps(), pipeline_steps()}) {
    steps.insert(steps.end(), part.begin(), part.end());
  }
  return steps;
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

base::Status run(std::string_view name, std::uint64_t count, const StepOptions& options) {
  for (const Step& step : all_steps()) {
    if (step.name != name) continue;
    const auto work = step.prepare(options);
    if (!work) return work.error();
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    const auto done = (*work)(count);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!done) return done.error();
    const double each = seconds * 1e9 / static_cast<double>(count);
    fmt::print(
        R"({{"step":"{}","count":{},"seconds":{:.6f},"ns_each":{:.2f},"cpu_seconds":{:.6f},"check":{}}})"
        "\n",
        name, count, seconds, each, cpu_seconds() - cpu, *done);
    return {};
  }
  return base::Error{base::Errc::kInvalid, fmt::format("There is no step `{}`; see --help.", name)};
}

int main_of(int argc, char** argv) {
  CLI::App cli{"Does one step of an event's way COUNT times and says how long it took."};
  std::string name;
  std::uint64_t count = 1'000'000;
  StepOptions options;
  std::string footer = "Steps:\n";
  for (const Step& step : all_steps()) footer += fmt::format("  {:<16}{}\n", step.name, step.prose);
  cli.footer(footer);
  cli.add_option("step", name, "Which one")->required();
  cli.add_option("count", count, "Events; rounded up to whole batches")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_option("--dir", options.directory, "Where `log` makes its log; the directory above it must exist");
  cli.add_option("--waiting", options.records, "Records that `append` encodes and `log` appends together")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  cli.add_option("--appends", options.appends, "Appends that `log` keeps under way")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  CLI11_PARSE(cli, argc, argv);
  const auto done = run(name, count, options);
  if (done) return 0;
  fmt::print(stderr, "event_cost: {}\n", done.error().detail);
  return 1;
}

}  // namespace
}  // namespace fanfinity::bench

int main(int argc, char** argv) {
  return fanfinity::bench::main_of(argc, argv);
}
