#pragma once
// Walks the tokens of an indexed JSON text once and proves its grammar on the way, every value
// included that the caller skips.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/json_index.h"

namespace fanfinity::domain {

inline constexpr std::size_t kMaxJsonDepth = 64;

/// What is wrong with a value that is well-formed JSON all the same.
enum class JsonFlaw : std::uint8_t { kNone, kTooDeep, kHalfSurrogate };

/// Which containers are open, a bit each: 1 for an object. The depth of a text that is only proved,
/// not accepted, is bounded by its size alone, hence the words behind the current one.
class OpenContainers {
 public:
  void push(bool object) {
    if (depth_ % 64 == 0 && depth_ > 0) words_.push_back(bits_);
    bits_ = (bits_ << 1U) | (object ? 1U : 0U);
    ++depth_;
  }
  void pop() {
    --depth_;
    bits_ >>= 1U;
    if (depth_ % 64 != 0 || depth_ == 0) return;
    bits_ = words_.back();
    words_.pop_back();
  }
  [[nodiscard]] bool in_object() const { return (bits_ & 1U) != 0; }
  [[nodiscard]] std::size_t depth() const { return depth_; }

 private:
  std::uint64_t bits_ = 0;
  std::size_t depth_ = 0;
  std::vector<std::uint64_t> words_;
};

/// Every `take...` moves behind what it took, or returns false and leaves `fault()`. The text and its
/// index must outlive the walk.
class JsonWalk {
 public:
  JsonWalk(std::string_view text, const JsonIndex& index);

  /// The first character of the next token; 0 at the end (and for a NUL, which begins no token).
  [[nodiscard]] char peek() const { return next_ < end_ ? text_[*next_] : '\0'; }
  [[nodiscard]] bool at_end() const { return next_ == end_; }
  /// Where the next token begins: the length of the text at the end.
  [[nodiscard]] std::size_t position() const { return at_end() ? text_.size() : *next_; }
  /// Behind the last value, string or bracket that was taken.
  [[nodiscard]] std::size_t taken_to() const { return taken_to_; }

  /// Takes one of {}[]:, when it is next.
  bool take(char token) {
    if (peek() != token) return false;
    taken_to_ = *next_ + std::size_t{1};
    ++next_;
    return true;
  }
  /// Takes one of {}[]:, that must be next.
  bool expect(char token, std::string_view what) { return take(token) || fail(what); }
  /// Takes a string; `content` is the text between its quotes, escapes included.
  bool take_string(std::string_view& content) {
    if (peek() != '"') return fail("expected a string");
    const std::size_t begin = *next_ + std::size_t{1};
    const std::size_t end = end_of_token();
    if (end <= begin || text_[end - 1] != '"') return fail("expected a string");
    content = text_.substr(begin, end - 1 - begin);
    if (has_escapes_ && !prove_escapes(content)) return false;
    ++next_;
    taken_to_ = end;
    return true;
  }
  /// Takes any value that stands inside `outer` open containers; `raw` is its text.
  bool take_value(std::size_t outer, std::string_view& raw);

  /// The flaw of what was taken since the last call.
  [[nodiscard]] JsonFlaw take_flaw();
  /// Records what is wrong at the next token; false.
  bool fail(std::string_view what);
  [[nodiscard]] std::string fault() const;

 private:
  bool prove_escapes(std::string_view content);
  bool take_scalar();
  bool take_name();
  bool close_containers(OpenContainers& open);
  /// Behind the last character of the next token, when it is a string or scalar.
  [[nodiscard]] std::size_t end_of_token() const {
    std::size_t end = next_[1];  // Behind the last token stands the length of the text.
    while (is_space(text_[end - 1])) --end;
    return end;
  }
  [[nodiscard]] static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  std::string_view text_;
  const std::uint32_t* next_;
  const std::uint32_t* end_;
  bool has_escapes_;
  JsonFlaw flaw_ = JsonFlaw::kNone;
  std::size_t taken_to_ = 0;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace fanfinity::domain
