// One run of replay: a reader that paces, connections that repeat until accepted, and the caller's
// thread, which shows the progress.

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

#include "domain/event_json.h"
#include "tools/replay.h"
#include "tools/replay_client.h"
#include "tools/replay_input.h"
#include "tools/replay_queue.h"
#include "tools/replay_report.h"

namespace fanfinity::tools {
namespace {

constexpr std::size_t kMaxBatchBytes = 4 * 1024 * 1024;  // half of what the server takes
constexpr std::chrono::milliseconds kProgressEvery{200};
constexpr std::chrono::seconds kRateOver{5};

base::SteadyTime now() {
  return base::system_clock().steady();
}

class Run {
 public:
  Run(const ReplayConfig& config, LineReader lines, std::stop_token outer, std::FILE* err)
      : config_(config),
        lines_(std::move(lines)),
        pacer_(config.speed),
        queue_(static_cast<std::size_t>(config.concurrency) * 2),
        report_(err, config.progress.value_or(::isatty(::fileno(err)) == 1)),
        outer_(std::move(outer)),
        stop_with_outer_(outer_, [this] { stop_.request_stop(); }) {}

  ReplaySummary execute();

 private:
  void read_lines();
  void add_event(const Line& line);
  void wait_until_due(const Line& line);
  bool flush();

  void send_requests(std::uint64_t seed);
  void deliver(ReplayClient& client, Backoff& backoff, const ReplayRequest& request);
  void settle(const ReplayRequest& request, const Answer& answer, std::chrono::nanoseconds took);
  void fail(std::string why);

  void show_progress();
  double rate(base::SteadyTime at, std::uint64_t accepted);

  const ReplayConfig& config_;
  LineReader lines_;
  Pacer pacer_;
  domain::EventParser parser_;
  ReplayRequest next_;
  ReplayQueue queue_;
  ReplayReport report_;

  std::mutex mutex_;  // guards summary_ and busy_
  std::condition_variable idle_;
  ReplaySummary summary_;
  int busy_ = 0;  // connections that have not ended

  base::SteadyTime started_ = now();
  std::atomic<std::uint64_t> bytes_{0};
  std::deque<std::pair<base::SteadyTime, std::uint64_t>> recent_;

  std::stop_source stop_;
  std::stop_token outer_;
  std::stop_callback<std::function<void()>> stop_with_outer_;
};

ReplaySummary Run::execute() {
  busy_ = config_.concurrency;
  std::vector<std::jthread> threads;
  threads.emplace_back([this] { read_lines(); });
  std::random_device entropy;
  for (int i = 0; i < config_.concurrency; ++i) {
    threads.emplace_back([this, seed = entropy()] { send_requests(seed); });
  }
  for (std::unique_lock lock(mutex_); !idle_.wait_for(lock, kProgressEvery, [&] { return busy_ == 0; });) {
    lock.unlock();
    show_progress();
    lock.lock();
  }
  threads.clear();
  show_progress();
  report_.finish();
  summary_.elapsed = now() - started_;
  summary_.interrupted = outer_.stop_requested() && summary_.accepted + summary_.rejected < summary_.read;
  return std::move(summary_);
}

void Run::read_lines() {
  const std::stop_token stop = stop_.get_token();
  const std::string name = config_.file == "-" ? "standard input" : config_.file;
  bool first = true;
  for (;;) {
    auto line = lines_.next(stop);
    bytes_ = lines_.bytes_read();
    if (!line && line.error().code != base::Errc::kStopped) fail(line.error().detail);
    if (line && !*line && first)
      fail(fmt::format("{} has no event: give a file with one event a line", name));
    if (!line || !*line || stop.stop_requested()) break;
    if (const auto fault = fault_of_file((*line)->text); first && !fault.empty()) {
      fail(fmt::format("{} {}", name, fault));
      break;
    }
    first = false;
    {
      std::lock_guard lock(mutex_);
      ++summary_.read;
      if ((*line)->too_long) ++summary_.rejected;
    }
    if ((*line)->too_long) {
      report_.rejected((*line)->number, "longer than any event may be (the file must have one event a line)");
      continue;
    }
    add_event(**line);
  }
  flush();
  queue_.close();
}

void Run::add_event(const Line& line) {
  if (config_.speed) wait_until_due(line);
  const bool fits = next_.body.size() + line.text.size() < kMaxBatchBytes;
  if (!fits && !flush()) return;
  next_.body += line.text;
  next_.lines.push_back(line.number);
  if (config_.batch > 0) next_.body += '\n';
  if (next_.lines.size() >= std::max<std::size_t>(1, config_.batch)) flush();
}

void Run::wait_until_due(const Line& line) {
  // What is no event has no time of its own: it goes out with the event before it.
  const domain::ParsedEvent parsed = parser_.parse(line.text);
  const auto* known = std::get_if<domain::Event>(&parsed);
  if (known == nullptr) return;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(pacer_.due(known->at, now()) - now());
  if (wait.count() <= 0) return;
  flush();
  if (const std::string text = long_wait_text(line.number, wait); !text.empty()) report_.note(text);
  base::system_clock().wait_for(stop_.get_token(), wait);
}

bool Run::flush() {
  if (next_.lines.empty()) return true;
  return queue_.push(std::exchange(next_, {}), stop_.get_token());
}

void Run::send_requests(std::uint64_t seed) {
  ReplayClient client(config_);
  Backoff backoff(seed);
  while (auto request = queue_.pop(stop_.get_token())) {
    deliver(client, backoff, *request);
    backoff.reset();
  }
  std::lock_guard lock(mutex_);
  --busy_;
  idle_.notify_all();
}

void Run::deliver(ReplayClient& client, Backoff& backoff, const ReplayRequest& request) {
  const std::stop_token stop = stop_.get_token();
  {
    std::lock_guard lock(mutex_);
    summary_.sent += request.lines.size();
  }
  const base::SteadyTime first_try = now();
  for (;;) {
    const Answer answer = client.post(request.body, stop);
    switch (judge(answer.status)) {
      case Verdict::kAccepted:
      case Verdict::kRejected:
        return settle(request, answer, now() - first_try);
      case Verdict::kNoService:
        return fail(explain(answer, config_.url));
      case Verdict::kRetry:
        break;
    }
    if (stop.stop_requested()) return;
    report_.trouble(explain(answer, config_.url));
    if (!base::system_clock().wait_for(stop, backoff.next(answer.retry_after))) return;
    std::lock_guard lock(mutex_);
    ++summary_.retries;
  }
}

void Run::settle(const ReplayRequest& request, const Answer& answer, std::chrono::nanoseconds took) {
  // A 202 to a single event has nothing to read in it.
  const bool all_accepted = config_.batch == 0 && answer.status == 202;
  const auto refused = all_accepted ? std::vector<Refusal>() : refusals(answer, request.lines.size());
  for (const Refusal& refusal : refused) report_.rejected(request.lines[refusal.index], refusal.detail);
  std::lock_guard lock(mutex_);
  summary_.rejected += refused.size();
  summary_.accepted += request.lines.size() - refused.size();
  if (answer.status != 202) return;
  summary_.acknowledgements.add(took);
  summary_.slowest = std::max(summary_.slowest, took);
}

void Run::fail(std::string why) {
  {
    std::lock_guard lock(mutex_);
    if (summary_.failure.empty()) summary_.failure = std::move(why);
  }
  stop_.request_stop();
}

void Run::show_progress() {
  ReplayProgress progress;
  const base::SteadyTime at = now();
  progress.elapsed = at - started_;
  if (lines_.size() && *lines_.size() > 0) {
    progress.share = static_cast<double>(bytes_.load()) / static_cast<double>(*lines_.size());
  }
  {
    std::lock_guard lock(mutex_);
    progress.accepted = summary_.accepted;
    progress.rejected = summary_.rejected;
    progress.retries = summary_.retries;
  }
  progress.rate = rate(at, progress.accepted);
  report_.progress(progress);
}

double Run::rate(base::SteadyTime at, std::uint64_t accepted) {
  if (recent_.empty()) recent_.emplace_back(started_, 0);
  recent_.emplace_back(at, accepted);
  while (recent_.size() > 2 && at - recent_.front().first > kRateOver) recent_.pop_front();
  const std::chrono::duration<double> span = at - recent_.front().first;
  if (span.count() <= 0) return 0;
  return static_cast<double>(accepted - recent_.front().second) / span.count();
}

base::Status check(const ReplayConfig& config) {
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://")) {
    return base::Error{
        base::Errc::kInvalid,
        fmt::format("'{}' is not the address of a server; give one like http://127.0.0.1:8080.", config.url)};
  }
  if (config.concurrency < 1 || config.concurrency > kMaxReplayConcurrency) {
    return base::Error{base::Errc::kInvalid, fmt::format("The concurrency is {}; give 1 to {}.",
                                                         config.concurrency, kMaxReplayConcurrency)};
  }
  if (config.batch > kMaxReplayBatch) {
    return base::Error{base::Errc::kInvalid,
                       fmt::format("The batch size is {}; give 0 (one event a request) to {}.", config.batch,
                                   kMaxReplayBatch)};
  }
  if (config.speed && !(*config.speed > 0)) {
    return base::Error{base::Errc::kInvalid, "The speed must be above 0, or max."};
  }
  return {};
}

}  // namespace

base::Result<ReplaySummary> run_replay(const ReplayConfig& config, std::stop_token stop, std::FILE* err) {
  if (auto checked = check(config); !checked) return checked.error();
  auto lines = LineReader::open(config.file);
  if (!lines) return std::move(lines).error();
  return Run(config, std::move(*lines), std::move(stop), err).execute();
}

}  // namespace fanfinity::tools
