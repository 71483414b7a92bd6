#pragma once
// Pieces of JSON text (RFC 8259): strings with escapes, numbers and literals.

#include <string>
#include <string_view>

namespace fanfinity::domain {

enum class EscapeCheck {
  kGood,
  kHalfSurrogate,  ///< JSON, but no text: a \ud800-\udfff without its other half.
  kBad,            ///< Not JSON.
};

/// Proves the escapes of `content`, the text between a string's quotes.
[[nodiscard]] EscapeCheck check_escapes(std::string_view content);

/// Appends what `content` (whose escapes were proved kGood) stands for, as UTF-8.
void append_unescaped(std::string_view content, std::string& out);

/// Whether `token` is a number, true, false or null. Numbers may be of any size: nothing here
/// squeezes them into a double.
[[nodiscard]] bool is_json_scalar(std::string_view token);

}  // namespace fanfinity::domain
