#include <algorithm>

#include "http/http.h"
#include "http/status.h"

namespace fanfinity::http {
namespace {

/// The length of the well-formed UTF-8 sequence at the front of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool beyond = first == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : size;
}

/// A detail may quote what a client sent, so anything can be in it.
void append_json(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c < 0x20) {
      out += "\\u00";
      out += kDigits[c >> 4U];
      out += kDigits[c & 15U];
    } else if (size = utf8_length(text); size > 0) {
      out.append(text.substr(0, size));
    } else {
      out += "\\ufffd";
      size = 1;
    }
    text.remove_prefix(size);
  }
  out += '"';
}

}  // namespace

const std::string* Request::query_value(std::string_view name) const {
  const auto found =
      std::find_if(query.begin(), query.end(), [&](const auto& pair) { return pair.first == name; });
  return found == query.end() ? nullptr : &found->second;
}

Response problem(int status, std::string_view detail, const std::vector<FieldProblem>& errors) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  std::string& body = response.body;
  body = R"({"type":"about:blank","title":)";
  append_json(reason_phrase(status), body);
  body += R"(,"status":)" + std::to_string(status) + R"(,"detail":)";
  append_json(detail, body);
  if (!errors.empty()) {
    body += R"(,"errors":[)";
    for (std::size_t i = 0; i < errors.size(); ++i) {
      body += i == 0 ? R"({"field":)" : R"(,{"field":)";
      append_json(errors[i].field, body);
      body += R"(,"detail":)";
      append_json(errors[i].detail, body);
      body += '}';
    }
    body += ']';
  }
  body += '}';
  return response;
}

Response problem_retry(int status, std::string_view detail, std::chrono::seconds retry_after) {
  Response response = problem(status, detail);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after.count()));
  return response;
}

namespace {

Response shown_as(base::Errc code, std::string_view detail) {
  switch (code) {
    case base::Errc::kNotFound:
      return problem(404, detail);
    case base::Errc::kInvalid:
      return problem(400, detail);
    case base::Errc::kUnavailable:
    case base::Errc::kFull:
    case base::Errc::kUnknownOutcome:
    case base::Errc::kRefused:
    case base::Errc::kFenced:
    case base::Errc::kStopped:
      return problem_retry(503, detail, std::chrono::seconds(1));
    case base::Errc::kCorrupt:
    case base::Errc::kInternal:
      return problem(500, detail);
  }
  return problem(500, detail);
}

}  // namespace

Response problem_of(const base::Error& error) {
  return problem_of(error, error.detail);
}

Response problem_of(const base::Error& error, std::string_view detail) {
  Response response = shown_as(error.code, detail);
  if (detail != error.detail) response.cause = error.detail;
  return response;
}

}  // namespace fanfinity::http
