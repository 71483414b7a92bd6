#pragma once
// Runs the request reader over bytes that arrive in given pieces, as a connection does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.h"

namespace fanfinity::http::test {

struct Read {
  int status = 0;  ///< 0: a whole request; -1: more is needed; else the refusal.
  Method method = Method::kOther;
  std::string path;
  std::string query;
  std::string body;
  bool keep_alive = false;
  std::size_t left = 0;  ///< Bytes behind the request.
  bool operator==(const Read&) const = default;
};

/// Reads one request of `bytes`, cut at every multiple of `step`.
inline Read read_request(std::string_view bytes, std::size_t step, std::uint64_t body_limit = 1000,
                         const RequestReader::Limits& limits = {}) {
  RequestReader reader(limits);
  Message message;
  Read result;
  std::string pending;
  bool in_body = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view fresh = bytes.substr(at, step);
    at += fresh.size();
    pending += fresh;
    std::string_view input = pending;
    auto outcome = RequestReader::Step::kNeedMore;
    if (!in_body) {
      outcome = reader.read_head(input, message);
      if (outcome == RequestReader::Step::kHead) {
        in_body = true;
        reader.start_body(message, body_limit);
      }
    }
    if (in_body) outcome = reader.read_body(input, message);
    pending.erase(0, pending.size() - input.size());
    if (outcome == RequestReader::Step::kRefused) {
      result.status = reader.refusal().status;
      return result;
    }
    if (outcome == RequestReader::Step::kDone) {
      const RequestHead& head = message.head;
      return {0,
              head.method,
              std::string(head.path),
              std::string(head.query),
              message.body,
              head.keep_alive,
              pending.size() + bytes.size() - at};
    }
  }
  result.status = -1;
  return result;
}

}  // namespace fanfinity::http::test
