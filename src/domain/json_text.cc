#include "domain/json_text.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace fanfinity::domain {
namespace {

constexpr std::uint32_t kFirstHighSurrogate = 0xD800;
constexpr std::uint32_t kFirstLowSurrogate = 0xDC00;
constexpr std::uint32_t kLastLowSurrogate = 0xDFFF;

bool is_high_surrogate(std::uint32_t code) {
  return code >= kFirstHighSurrogate && code < kFirstLowSurrogate;
}

bool is_low_surrogate(std::uint32_t code) {
  return code >= kFirstLowSurrogate && code <= kLastLowSurrogate;
}

/// The code of "\uXXXX" at `at`; empty when that is something else.
std::optional<std::uint32_t> unicode_escape(std::string_view content, std::size_t at) {
  if (content.size() - at < 6 || content[at] != '\\' || content[at + 1] != 'u') return std::nullopt;
  std::uint32_t code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const char c = content[i];
    code <<= 4U;
    if (c >= '0' && c <= '9') {
      code |= static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      code |= static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      code |= static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return code;
}

/// What a two-character escape stands for; 0 when there is none such.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | (code >> 6U));
  } else {
    if (code < 0x10000) {
      put(0xE0U | (code >> 12U));
    } else {
      put(0xF0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3FU));
    }
    put(0x80U | ((code >> 6U) & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

std::size_t skip_digits(std::string_view token, std::size_t at) {
  while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
  return at;
}

bool is_number(std::string_view token) {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const std::size_t integer = at;
  at = skip_digits(token, at);
  if (at == integer || (token[integer] == '0' && at - integer > 1)) return false;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = ++at;
    at = skip_digits(token, at);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(token, at);
    if (at == exponent) return false;
  }
  return at == token.size();
}

}  // namespace

EscapeCheck check_escapes(std::string_view content) {
  EscapeCheck found = EscapeCheck::kGood;
  std::size_t at = content.find('\\');
  while (at != std::string_view::npos) {
    if (at + 1 == content.size()) return EscapeCheck::kBad;
    std::size_t length = 2;
    if (content[at + 1] == 'u') {
      const auto code = unicode_escape(content, at);
      if (!code) return EscapeCheck::kBad;
      length = 6;
      if (is_high_surrogate(*code) && is_low_surrogate(unicode_escape(content, at + length).value_or(0))) {
        length = 12;
      } else if (is_high_surrogate(*code) || is_low_surrogate(*code)) {
        found = EscapeCheck::kHalfSurrogate;
      }
    } else if (short_escape(content[at + 1]) == 0) {
      return EscapeCheck::kBad;
    }
    at = content.find('\\', at + length);
  }
  return found;
}

void append_unescaped(std::string_view content, std::string& out) {
  std::size_t done = 0;
  std::size_t at = content.find('\\');
  while (at != std::string_view::npos) {
    out += content.substr(done, at - done);
    if (const auto code = unicode_escape(content, at)) {
      done = at + 6;
      if (is_high_surrogate(*code)) {
        const std::uint32_t low = unicode_escape(content, done).value_or(kFirstLowSurrogate);
        append_utf8(0x10000U + ((*code - kFirstHighSurrogate) << 10U) + (low - kFirstLowSurrogate), out);
        done += 6;
      } else {
        append_utf8(*code, out);
      }
    } else {
      out += short_escape(content[at + 1]);
      done = at + 2;
    }
    at = content.find('\\', done);
  }
  out += content.substr(done);
}

bool is_json_scalar(std::string_view token) {
  if (token.empty()) return false;
  switch (token.front()) {
    case 't':
      return token == "true";
    case 'f':
      return token == "false";
    case 'n':
      return token == "null";
    default:
      return is_number(token);
  }
}

}  // namespace fanfinity::domain
