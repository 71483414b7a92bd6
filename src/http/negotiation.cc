#include "http/negotiation.h"

#include <algorithm>

#include "http/trim.h"

namespace fanfinity::http {
namespace {

/// Cuts the next element off a list.
std::string_view next(std::string_view& list, char separator) {
  const std::size_t end = list.find(separator);
  const std::string_view element = trim(list.substr(0, end));
  list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  return element;
}

bool same_word(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

/// "q=0", "q=0.0" and the like: not at all.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = next(parameters, ';');
    if (parameter.size() < 3 || !same_word(parameter.substr(0, 2), "q=")) continue;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool anything = false;
  while (!accept_encoding.empty()) {
    std::string_view element = next(accept_encoding, ',');
    const std::string_view coding = next(element, ';');
    const bool refused = is_refused(element);
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) return !refused;
    if (coding == "*") anything = !refused;
  }
  return anything;
}

}  // namespace fanfinity::http
