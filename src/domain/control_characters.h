#pragma once
// Unicode's control characters, which an identifier must not hold.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fanfinity::domain {

/// Whether one of eight bytes is below 0x20, 0x7F or no ASCII.
[[nodiscard]] inline bool may_hold_control_character(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  const std::uint64_t below_space = bytes - 0x20 * kEach;
  const std::uint64_t above_tilde = bytes + kEach;
  return ((below_space | above_tilde | bytes) & (0x80 * kEach)) != 0;
}

/// Whether UTF-8 `text` holds a control character: C0, DEL or C1 (U+0080 to U+009F).
[[nodiscard]] inline bool has_control_character(std::string_view text) {
  std::size_t plain = 0;
  for (std::uint64_t bytes = 0; text.size() - plain >= sizeof bytes; plain += sizeof bytes) {
    std::memcpy(&bytes, text.data() + plain, sizeof bytes);
    if (may_hold_control_character(bytes)) break;
  }
  for (std::size_t i = plain; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next >= 0x80 && next <= 0x9F) return true;
  }
  return false;
}

}  // namespace fanfinity::domain
