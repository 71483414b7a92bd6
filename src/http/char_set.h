#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace fanfinity::http {

/// Which characters a piece of a request may have; one look-up a character.
class CharSet {
 public:
  constexpr explicit CharSet(std::string_view members) {
    for (const char c : members) in_[static_cast<unsigned char>(c)] = true;
  }
  [[nodiscard]] constexpr bool has(char c) const { return in_[static_cast<unsigned char>(c)]; }
  [[nodiscard]] constexpr bool has_all(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char c) { return has(c); });
  }

 private:
  std::array<bool, 256> in_{};
};

}  // namespace fanfinity::http
