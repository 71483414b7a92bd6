#pragma once
// The reading side of replay: lines of a file of any size, and the moment each of them is due.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace fanfinity::tools {

/// Longer lines cannot hold an event; they are skipped, never buffered.
inline constexpr std::size_t kMaxLineBytes = 1024 * 1024;

struct Line {
  std::string_view text;     ///< Without the line end; valid until the next call. Empty when too long.
  std::uint64_t number = 0;  ///< From 1, blank lines counted.
  bool too_long = false;
};

/// Streams the lines of a file or of standard input. Blank lines, a byte order mark at the start and
/// `\r` before `\n` are dropped. Not thread-safe.
class LineReader {
 public:
  /// `path` "-" is standard input. kNotFound with a sentence when it cannot be opened.
  [[nodiscard]] static base::Result<LineReader> open(const std::string& path);
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;
  ~LineReader();

  /// Empty at the end. kStopped when `stop` is requested first, kUnavailable when reading fails.
  [[nodiscard]] base::Result<std::optional<Line>> next(const std::stop_token& stop);

  /// Handed out so far, for the progress bar.
  [[nodiscard]] std::uint64_t bytes_read() const { return filled_ - (end_ - begin_); }
  /// Of a regular file.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

 private:
  LineReader(int descriptor, std::string name);
  [[nodiscard]] base::Result<bool> fill(const std::stop_token& stop);  // false at the end
  [[nodiscard]] std::optional<Line> finish_line(std::size_t begin, std::size_t end);

  int descriptor_;
  std::string name_;
  std::optional<std::uint64_t> size_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // the first byte not handed out
  std::size_t scanned_ = 0;  // no line end before it
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t filled_ = 0;
  bool skipping_ = false;  // inside a line that is too long
};

/// Why a file that begins with `first_line` is no file of events, as the end of a sentence on the file; empty
/// when it may be one.
[[nodiscard]] std::string_view fault_of_file(std::string_view first_line);

/// Maps event times to the moments they are due. The first event is due at once and anchors the rest;
/// an event older than the anchor is due at once as well.
class Pacer {
 public:
  explicit Pacer(std::optional<double> speed) : speed_(speed) {}
  [[nodiscard]] base::SteadyTime due(base::Timestamp at, base::SteadyTime now);

 private:
  std::optional<double> speed_;
  std::optional<base::Timestamp> first_at_;
  base::SteadyTime started_{};
};

}  // namespace fanfinity::tools
