#include "tools/replay_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <utility>

namespace fanfinity::tools {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kStopCheckMs = 100;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string sentence(const std::string& name, int error) {
  return fmt::format("{} cannot be read: {}.", name, std::strerror(error));
}

}  // namespace

base::Result<LineReader> LineReader::open(const std::string& path) {
  if (path == "-") return LineReader(::dup(STDIN_FILENO), "standard input");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return base::Error{base::Errc::kNotFound, sentence(path, errno)};
  struct stat info{};
  if (::fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    return base::Error{base::Errc::kNotFound, fmt::format("{} is a folder; give a file of events.", path)};
  }
  return LineReader(descriptor, path);
}

LineReader::LineReader(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)), buffer_(kMaxLineBytes + kReadBytes) {
  struct stat info{};
  if (::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode)) {
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      size_(other.size_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      scanned_(other.scanned_),
      end_(other.end_),
      number_(other.number_),
      filled_(other.filled_),
      skipping_(other.skipping_) {}

LineReader::~LineReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Result<std::optional<Line>> LineReader::next(const std::stop_token& stop) {
  for (;;) {
    const char* line_end = static_cast<const char*>(
        scanned_ < end_ ? std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_) : nullptr);
    if (line_end != nullptr) {
      const std::size_t begin = begin_;
      const auto end = static_cast<std::size_t>(line_end - buffer_.data());
      begin_ = scanned_ = end + 1;
      if (auto line = finish_line(begin, end)) return line;
      continue;
    }
    scanned_ = end_;
    if (end_ - begin_ > kMaxLineBytes) {
      skipping_ = true;
      begin_ = scanned_ = end_;
    }
    auto more = fill(stop);
    if (!more) return std::move(more).error();
    if (*more) continue;
    const std::size_t begin = begin_;
    begin_ = scanned_ = end_;
    // The last line may lack its line end.
    if (begin < end_ || skipping_) return finish_line(begin, end_);
    return std::optional<Line>();
  }
}

std::optional<Line> LineReader::finish_line(std::size_t begin, std::size_t end) {
  ++number_;
  if (std::exchange(skipping_, false) || end - begin > kMaxLineBytes) return Line{{}, number_, true};
  std::string_view text(buffer_.data() + begin, end - begin);
  if (number_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (is_blank(text)) return std::nullopt;
  if (text.back() == '\r') text.remove_suffix(1);
  return Line{text, number_, false};
}

base::Result<bool> LineReader::fill(const std::stop_token& stop) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  scanned_ -= begin_;
  begin_ = 0;
  for (;;) {
    if (stop.stop_requested()) return base::Error{base::Errc::kStopped, "Stopped while reading."};
    pollfd waiting{descriptor_, POLLIN, 0};
    // A pipe may stay silent for hours; the wait is short so that a stop is seen.
    if (::poll(&waiting, 1, kStopCheckMs) == 0) continue;
    const ssize_t got =
        ::read(descriptor_, buffer_.data() + end_, std::min(kReadBytes, buffer_.size() - end_));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return base::Error{base::Errc::kUnavailable, sentence(name_, errno)};
    end_ += static_cast<std::size_t>(got);
    filled_ += static_cast<std::uint64_t>(got);
    return got > 0;
  }
}

std::string_view fault_of_file(std::string_view first_line) {
  constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";
  if (first_line.starts_with("\x1F\x8B"))
    return "is packed by gzip: `gzip -dc FILE | fanfinity replay -` sends it";
  if (first_line.starts_with(kZstd))
    return "is packed by zstd: `zstd -dc FILE | fanfinity replay -` sends it";
  if (first_line.starts_with("\xFF\xFE") || first_line.starts_with("\xFE\xFF")) {
    return "is UTF-16: save it as UTF-8, one event a line";
  }
  if (first_line.substr(std::min(first_line.find_first_not_of(" \t"), first_line.size())).starts_with('[')) {
    return "is a JSON array: make it one event a line with `jq -c '.[]' FILE`; a provider's own file needs "
           "`python3 -m simulation convert`";
  }
  return "";
}

base::SteadyTime Pacer::due(base::Timestamp at, base::SteadyTime now) {
  if (!speed_) return now;
  if (!first_at_) {
    first_at_ = at;
    started_ = now;
  }
  if (at <= *first_at_) return now;
  // Bounded, because dates centuries apart do not fit into a steady time.
  constexpr double kLongestSeconds = 10.0 * 365 * 24 * 3600;
  const std::chrono::duration<double> gap = at - *first_at_;
  const std::chrono::duration<double> wait(std::min(gap.count() / *speed_, kLongestSeconds));
  return started_ + std::chrono::duration_cast<base::SteadyTime::duration>(wait);
}

}  // namespace fanfinity::tools
