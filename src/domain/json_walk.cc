#include "domain/json_walk.h"

#include <utility>

#include "domain/json_text.h"

namespace fanfinity::domain {
JsonWalk::JsonWalk(std::string_view text, const JsonIndex& index)
    : text_(text),
      next_(index.begin()),
      end_(index.end()),
      has_escapes_(text.find('\\') != std::string_view::npos) {}

bool JsonWalk::prove_escapes(std::string_view content) {
  switch (check_escapes(content)) {
    case EscapeCheck::kGood:
      return true;
    case EscapeCheck::kHalfSurrogate:
      flaw_ = JsonFlaw::kHalfSurrogate;
      return true;
    case EscapeCheck::kBad:
      return fail("a string holds a bad escape");
  }
  return false;
}

bool JsonWalk::take_scalar() {
  std::string_view content;
  if (peek() == '"') return take_string(content);
  if (at_end()) return fail("expected a value");
  const std::size_t end = end_of_token();
  if (!is_json_scalar(text_.substr(*next_, end - *next_))) return fail("expected a value");
  ++next_;
  taken_to_ = end;
  return true;
}

bool JsonWalk::take_name() {
  std::string_view name;
  if (peek() != '"') return fail("expected a member's name in double quotes");
  return take_string(name) && expect(':', "expected ':' after a member's name");
}

/// Takes closing brackets until another element or member begins or nothing is open any more.
bool JsonWalk::close_containers(OpenContainers& open) {
  while (open.depth() > 0) {
    if (take(',')) return !open.in_object() || take_name();
    if (!take(open.in_object() ? '}' : ']')) {
      return fail(open.in_object() ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    open.pop();
  }
  return true;
}

bool JsonWalk::take_value(std::size_t outer, std::string_view& raw) {
  const std::size_t begin = position();
  OpenContainers open;
  do {
    const char first = peek();
    if (first == '{' || first == '[') {
      ++next_;
      open.push(first == '{');
      if (open.depth() + outer > kMaxJsonDepth) flaw_ = JsonFlaw::kTooDeep;
      if (peek() != (first == '{' ? '}' : ']')) {
        if (first == '{' && !take_name()) return false;
        continue;
      }
    } else if (!take_scalar()) {
      return false;
    }
    if (!close_containers(open)) return false;
  } while (open.depth() > 0);
  raw = text_.substr(begin, taken_to_ - begin);
  return true;
}

JsonFlaw JsonWalk::take_flaw() {
  return std::exchange(flaw_, JsonFlaw::kNone);
}

bool JsonWalk::fail(std::string_view what) {
  what_ = what;
  at_ = position();
  return false;
}

std::string JsonWalk::fault() const {
  std::string text = "is not valid JSON: ";
  text += what_;
  text += at_ == text_.size() ? " at the end" : " at byte " + std::to_string(at_);
  return text;
}

}  // namespace fanfinity::domain
