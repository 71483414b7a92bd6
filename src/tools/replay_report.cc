#include "tools/replay_report.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace fanfinity::tools {
namespace {

constexpr std::uint64_t kPrintedRejections = 20;
constexpr std::chrono::seconds kTroubleEvery{5};
constexpr std::chrono::minutes kLongWait{30};  // half-time is no reason for a note
constexpr std::size_t kBarCells = 24;

std::size_t terminal_width(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

std::string bar(double share) {
  const double bounded = std::clamp(share, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(bounded * static_cast<double>(kBarCells));
  std::string cells(filled, '=');
  if (filled < kBarCells) cells += '>';
  cells.resize(kBarCells, ' ');
  return fmt::format("[{}] {:3}%  ", cells, static_cast<int>(bounded * 100));
}

std::string time_left(const ReplayProgress& progress) {
  if (!progress.share || *progress.share <= 0.0 || *progress.share > 1.0) return "";
  const std::chrono::duration<double> elapsed = progress.elapsed;
  const double left = elapsed.count() * (1.0 - *progress.share) / *progress.share;
  if (elapsed.count() < 1.0 || left > 1e8) return "";
  return fmt::format("  {} left", format_duration(std::chrono::seconds(std::llround(left))));
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

std::string format_duration(std::chrono::seconds duration) {
  const auto total = duration.count();
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string format_count(std::uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

std::string progress_line(const ReplayProgress& progress, std::size_t width) {
  std::string line = progress.share ? bar(*progress.share) : std::string();
  line += fmt::format("{} accepted  {}/s", format_count(progress.accepted),
                      format_count(static_cast<std::uint64_t>(std::llround(progress.rate))));
  line +=
      progress.share
          ? time_left(progress)
          : fmt::format("  {}",
                        format_duration(std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed)));
  if (progress.rejected > 0) line += fmt::format("  {} rejected", format_count(progress.rejected));
  if (progress.retries > 0) line += fmt::format("  {} retries", format_count(progress.retries));
  if (line.size() > width) line.resize(width);
  return line;
}

std::string summary_text(const ReplaySummary& summary) {
  const double seconds = std::chrono::duration<double>(summary.elapsed).count();
  std::string text = fmt::format("{} of {} events accepted in {:.1f} s", format_count(summary.accepted),
                                 format_count(summary.read), seconds);
  if (seconds > 0) {
    text += fmt::format(" ({}/s)", format_count(static_cast<std::uint64_t>(
                                       std::llround(static_cast<double>(summary.accepted) / seconds))));
  }
  text += fmt::format("\nsent {}, accepted {}, rejected {}, retries {}\n", format_count(summary.sent),
                      format_count(summary.accepted), format_count(summary.rejected),
                      format_count(summary.retries));
  if (const auto times = summary.acknowledgements.percentiles()) {
    text += fmt::format("acknowledged in p50 {:.2f} ms, p95 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n",
                        times->p50, times->p95, times->p99, milliseconds(summary.slowest));
  }
  const std::uint64_t settled = summary.accepted + summary.rejected;
  if (summary.read > settled) {
    text += fmt::format(
        "{} events read were not answered for; they may or may not be stored: replay them again\n",
        format_count(summary.read - settled));
  }
  if (!summary.failure.empty()) text += fmt::format("ended early: {}\n", summary.failure);
  if (summary.interrupted) text += "interrupted before the end of the file\n";
  return text;
}

std::string long_wait_text(std::uint64_t line, std::chrono::milliseconds wait) {
  if (wait < kLongWait) return "";
  return fmt::format(
      "line {}: its time lies far after the event before; it is sent in {}. Is the time wrong? Ctrl-C ends, "
      "--speed max sends everything at once",
      line, format_duration(std::chrono::duration_cast<std::chrono::seconds>(wait)));
}

void ReplayReport::progress(const ReplayProgress& progress) {
  if (!shows_progress_) return;
  const std::string line = progress_line(progress, terminal_width(err_) - 1);
  std::lock_guard lock(mutex_);
  fmt::print(err_, "\r\x1b[K{}", line);
  std::fflush(err_);
  line_shown_ = true;
}

void ReplayReport::print(const std::string& text) {
  if (line_shown_) fmt::print(err_, "\r\x1b[K");
  line_shown_ = false;
  fmt::print(err_, "{}\n", text);
  std::fflush(err_);
}

void ReplayReport::rejected(std::uint64_t line, const std::string& detail) {
  std::lock_guard lock(mutex_);
  if (++rejections_ <= kPrintedRejections) print(fmt::format("line {} rejected: {}", line, detail));
}

void ReplayReport::note(const std::string& sentence) {
  std::lock_guard lock(mutex_);
  print(sentence);
}

void ReplayReport::trouble(const std::string& sentence) {
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  const bool recent = trouble_at_ && now - *trouble_at_ < kTroubleEvery;
  if (recent && sentence == last_trouble_) return;
  if (recent && now - *trouble_at_ < std::chrono::seconds(1)) return;
  last_trouble_ = sentence;
  trouble_at_ = now;
  print(sentence + "; trying again until it accepts");
}

void ReplayReport::finish() {
  std::lock_guard lock(mutex_);
  if (line_shown_) fmt::print(err_, "\r\x1b[K");
  line_shown_ = false;
  if (rejections_ > kPrintedRejections) {
    print(fmt::format("... and {} more lines rejected", format_count(rejections_ - kPrintedRejections)));
  }
  std::fflush(err_);
}

}  // namespace fanfinity::tools
