#pragma once
// Numbers as JSON.

#include <array>
#include <charconv>
#include <concepts>
#include <string>

namespace fanfinity::domain {

void append_json_number(std::integral auto number, std::string& out) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

}  // namespace fanfinity::domain
