#include "http/conditional.h"

#include <algorithm>

namespace fanfinity::http {
namespace {

/// Without the mark of a weak tag.
std::string_view opaque(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

void skip(std::string_view characters, std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

/// Takes an entity tag off the front; empty when there is none. A tag may hold commas.
std::string_view take_etag(std::string_view& text) {
  const std::size_t open = text.starts_with("W/") ? 2 : 0;
  if (text.size() <= open || text[open] != '"') return {};
  const std::size_t close = text.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const std::string_view etag = text.substr(0, close + 1);
  text.remove_prefix(etag.size());
  return etag;
}

}  // namespace

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  skip(" \t", if_none_match);
  if (if_none_match == "*") return true;
  bool named = false;
  // Empty elements of a list are to be ignored (RFC 9110, 5.6.1.2).
  for (skip(" \t,", if_none_match); !if_none_match.empty(); skip(" \t,", if_none_match)) {
    const std::string_view listed = take_etag(if_none_match);
    if (listed.empty()) return false;
    named = named || opaque(listed) == opaque(etag);
    skip(" \t", if_none_match);
    if (!if_none_match.empty() && if_none_match.front() != ',') return false;
  }
  return named;
}

}  // namespace fanfinity::http
