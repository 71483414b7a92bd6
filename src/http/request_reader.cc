#include "http/request_reader.h"

#include <cstring>

namespace fanfinity::http {
namespace {

// RFC 9112, 2.2: at least one empty line before a request is to be ignored.
constexpr std::size_t kMaxEmptyLineBytes = 4;
// What a request line has beside its target: a method, two spaces, a version.
constexpr std::size_t kRequestLineMargin = 64;

bool can_start_method(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

void RequestReader::reset() {
  *this = RequestReader(*limits_);
}

bool RequestReader::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return false;
}

RequestReader::Step RequestReader::read_head(std::string_view& input, Message& message) {
  std::size_t end = 0;
  const Step step = find_end(input, end);
  if (step != Step::kHead) return step;
  message.head_bytes.assign(input.data() + empty_lines_, end - empty_lines_);
  input.remove_prefix(end);
  if (const auto refusal = parse_head(message.head_bytes, limits_->target_bytes, message.head)) {
    refuse(*refusal);
    return Step::kRefused;
  }
  return Step::kHead;
}

RequestReader::Step RequestReader::read_body(std::string_view& input, Message& message) {
  if (const auto refusal = body_.feed(input, message.body)) {
    refuse(*refusal);
    return Step::kRefused;
  }
  return body_.done() ? Step::kDone : Step::kNeedMore;
}

RequestReader::Step RequestReader::find_end(std::string_view input, std::size_t& end) {
  for (;;) {
    // Not a method: TLS, most often. Said at once, for no line may ever come.
    if (line_start_ == empty_lines_ && input.size() > line_start_ && input[line_start_] != '\r' &&
        !can_start_method(input[line_start_])) {
      refuse({400, "This is not an HTTP/1.1 request. The server speaks plain HTTP."});
      return Step::kRefused;
    }
    const std::size_t newline = input.find('\n', scanned_);
    if (newline == std::string_view::npos) {
      if (!within_limits(input.size())) return Step::kRefused;
      scanned_ = static_cast<std::uint32_t>(input.size());
      return Step::kNeedMore;
    }
    const std::string_view line = input.substr(line_start_, newline - line_start_);
    if (!check_line(line, newline + 1)) return Step::kRefused;
    const bool empty = line.size() == 1;
    const bool leading = line_start_ == empty_lines_;
    line_start_ = scanned_ = static_cast<std::uint32_t>(newline + 1);
    if (!empty) continue;
    if (!leading) {
      end = newline + 1;
      return Step::kHead;
    }
    empty_lines_ = line_start_;
  }
}

bool RequestReader::within_limits(std::size_t size) {
  const bool request_line = line_start_ == empty_lines_;
  if (request_line && size - empty_lines_ > limits_->target_bytes + kRequestLineMargin) {
    return refuse({414, "The request target is too long."});
  }
  if (size - empty_lines_ > limits_->header_bytes) return refuse({431, "The header section is too large."});
  return true;
}

bool RequestReader::check_line(std::string_view line, std::size_t end) {
  if (!within_limits(end)) return false;
  if (line.empty() || line.back() != '\r') {
    return refuse({400, "A line of the header section ends without a carriage return."});
  }
  if (std::memchr(line.data(), '\r', line.size() - 1) != nullptr) {
    return refuse({400, "A carriage return stands alone in the header section."});
  }
  if (line_start_ == empty_lines_) {
    if (line.size() == 1 && end > kMaxEmptyLineBytes) {
      return refuse({400, "There are too many empty lines before the request."});
    }
    return true;
  }
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse({400, "A header field is folded over several lines."});
  }
  return true;
}

}  // namespace fanfinity::http
