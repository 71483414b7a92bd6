#include "bench/load/response_reader.h"

#include <strings.h>

#include <charconv>
#include <cstring>
#include <utility>

namespace fanfinity::bench {
namespace {

constexpr std::size_t kLargestHead = 64U << 10U;
constexpr std::size_t kLargestBody = 256U << 20U;
constexpr std::string_view kBlankLine = "\r\n\r\n";

bool starts_with_ignoring_case(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ResponseReader::Progress ResponseReader::take(std::string_view bytes) {
  if (std::exchange(done_, false)) held_.clear();
  if (held_.empty()) {
    const Progress progress = whole(bytes);
    if (progress == Progress::kMore) held_ = bytes;
    return progress;
  }
  held_ += bytes;
  const Progress progress = whole(held_);
  done_ = progress == Progress::kDone;
  return progress;
}

void ResponseReader::reset() {
  held_.clear();
  done_ = false;
  head_size_ = 0;
  body_ = {};
}

/// `bytes` are all of the response that has come.
ResponseReader::Progress ResponseReader::whole(std::string_view bytes) {
  if (head_size_ == 0) {
    const auto* end =
        static_cast<const char*>(::memmem(bytes.data(), bytes.size(), kBlankLine.data(), kBlankLine.size()));
    if (end == nullptr) return bytes.size() > kLargestHead ? Progress::kMalformed : Progress::kMore;
    const auto head = static_cast<std::size_t>(end - bytes.data()) + 2;
    if (!read_head(bytes.substr(0, head))) return Progress::kMalformed;
    head_size_ = head + 2;
  }
  const std::size_t wanted = head_size_ + body_size_;
  if (bytes.size() < wanted) return Progress::kMore;
  if (bytes.size() > wanted) return Progress::kMalformed;
  body_ = bytes.substr(head_size_);
  head_size_ = 0;
  return Progress::kDone;
}

/// `head`: lines that all end in CRLF.
bool ResponseReader::read_head(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  if (head.size() < 14 || !head.starts_with(kVersion) || !read_number(head.substr(9, 3), status_))
    return false;
  closes_ = false;
  bool sized = false;
  while (!head.empty()) {
    const auto* newline = static_cast<const char*>(std::memchr(head.data(), '\n', head.size()));
    const auto size = static_cast<std::size_t>(newline - head.data());
    const std::string_view line = head.substr(0, size);
    // Both headers that matter begin with the same letter, in either case.
    if (!line.empty() && (line.front() | 0x20) == 'c') {
      constexpr std::string_view kLength = "content-length:";
      constexpr std::string_view kConnection = "connection:";
      if (starts_with_ignoring_case(line, kLength)) {
        sized = read_number(without_spaces(line.substr(kLength.size())), body_size_);
      } else if (starts_with_ignoring_case(line, kConnection)) {
        closes_ = starts_with_ignoring_case(without_spaces(line.substr(kConnection.size())), "close");
      }
    }
    head.remove_prefix(size + 1);
  }
  return sized && body_size_ <= kLargestBody;
}

}  // namespace fanfinity::bench
