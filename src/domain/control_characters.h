#pragma once
// Unicode's control characters, which an identifier must not hold.

#include <cstddef>
#include <string_view>

namespace fanfinity::domain {

/// Whether UTF-8 `text` holds a control character: C0, DEL or C1 (U+0080 to U+009F).
[[nodiscard]] inline bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next >= 0x80 && next <= 0x9F) return true;
  }
  return false;
}

}  // namespace fanfinity::domain
