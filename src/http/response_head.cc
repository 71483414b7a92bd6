#include "http/response_head.h"

#include <array>
#include <charconv>
#include <ctime>

#include "http/status.h"

namespace fanfinity::http {
namespace {

void append_number(std::size_t number, std::string& out) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool stays_in_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  if (!stays_in_line(name) || !stays_in_line(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

struct CachedDate {
  std::time_t second = -1;
  std::array<char, 29> text{};
};

void write_date(std::time_t second, std::array<char, 29>& out) {
  // strftime would name days and months in the locale's language.
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm utc{};
  gmtime_r(&second, &utc);
  std::string_view("xxx, 00 xxx 0000 00:00:00 GMT").copy(out.data(), out.size());
  const auto two = [&](std::size_t at, int value) {
    out[at] = static_cast<char>('0' + value / 10);
    out[at + 1] = static_cast<char>('0' + value % 10);
  };
  kDays.copy(out.data(), 3, static_cast<std::size_t>(utc.tm_wday) * 3);
  two(5, utc.tm_mday);
  kMonths.copy(out.data() + 8, 3, static_cast<std::size_t>(utc.tm_mon) * 3);
  two(12, (utc.tm_year + 1900) / 100);
  two(14, (utc.tm_year + 1900) % 100);
  two(17, utc.tm_hour);
  two(20, utc.tm_min);
  two(23, utc.tm_sec);
}

}  // namespace

std::string_view http_date() {
  thread_local CachedDate cached;
  std::timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != cached.second) {
    cached.second = now.tv_sec;
    write_date(now.tv_sec, cached.text);
  }
  return {cached.text.data(), cached.text.size()};
}

void append_response_head(const Response& response, const HeadContext& context, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(static_cast<std::size_t>(response.status), out);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += http_date();
  out += "\r\n";
  if (has_body(response.status)) {
    if (!response.content_type.empty()) append_header("Content-Type", response.content_type, out);
    if (!response.content_encoding.empty()) append_header("Content-Encoding", response.content_encoding, out);
    if (response.follow == nullptr) {
      out += "Content-Length: ";
      append_number(body_of(response).size(), out);
      out += "\r\n";
    } else if (!context.version_10) {
      out += "Transfer-Encoding: chunked\r\n";
    }
  }
  out.append("X-Request-Id: ").append(context.request_id).append("\r\n");
  if (context.connection == ConnectionHeader::kClose) out += "Connection: close\r\n";
  if (context.connection == ConnectionHeader::kKeepAlive) out += "Connection: keep-alive\r\n";
  for (const auto& [name, value] : response.headers) append_header(name, value, out);
  out.append(response.header_lines).append(context.cors_lines).append("\r\n");
}

}  // namespace fanfinity::http
