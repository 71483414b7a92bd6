#include "http/stream_frame.h"

#include <array>
#include <charconv>

namespace fanfinity::http {

void append_chunk(std::string_view text, std::string& out) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
  out += text;
  out += "\r\n";
}

Frame::Frame(std::string_view text, std::uint64_t state) : size_(text.size()), state_(state) {
  append_chunk(text, chunk_);
  begin_ = chunk_.size() - size_ - 2;
}

}  // namespace fanfinity::http
