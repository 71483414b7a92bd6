#pragma once
// What replay tells a person while it runs and when it is done.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>

#include "tools/replay.h"

namespace fanfinity::tools {

/// A moment of a run, for the progress line.
struct ReplayProgress {
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t retries = 0;
  std::optional<double> share;  ///< Of the file, 0 to 1; empty when its size is not known.
  std::chrono::nanoseconds elapsed{0};
  double rate = 0;  ///< Accepted a second, lately.
};

/// "[=====>    ]  43%  12,345 accepted  3,210/s  0:12 left  2 rejected  5 retries", at most `width` columns.
[[nodiscard]] std::string progress_line(const ReplayProgress& progress, std::size_t width);
/// The lines printed at the end, each with its line end.
[[nodiscard]] std::string summary_text(const ReplaySummary& summary);
/// Why nothing is sent for so long that a wrong time in the file is likely; empty for a shorter wait.
[[nodiscard]] std::string long_wait_text(std::uint64_t line, std::chrono::milliseconds wait);
/// "0:09", "12:34", "1:02:03".
[[nodiscard]] std::string format_duration(std::chrono::seconds duration);
/// "1,234,567".
[[nodiscard]] std::string format_count(std::uint64_t count);

/// Notes and the progress line on one terminal. Thread-safe.
class ReplayReport {
 public:
  ReplayReport(std::FILE* err, bool progress) : err_(err), shows_progress_(progress) {}

  void progress(const ReplayProgress& progress);
  /// The first 20 are printed, the rest counted.
  void rejected(std::uint64_t line, const std::string& detail);
  /// A sentence for the person who waits.
  void note(const std::string& sentence);
  /// Trouble that is being retried: printed when it changes, at most every 5 seconds.
  void trouble(const std::string& sentence);
  /// Removes the progress line and says how many rejected lines were not printed.
  void finish();

 private:
  void print(const std::string& text);  // needs mutex_

  std::FILE* err_;
  bool shows_progress_;
  std::mutex mutex_;
  bool line_shown_ = false;
  std::uint64_t rejections_ = 0;
  std::string last_trouble_;
  std::optional<std::chrono::steady_clock::time_point> trouble_at_;
};

}  // namespace fanfinity::tools
