#include "http/request_head.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

#include "http/char_set.h"
#include "http/trim.h"

namespace fanfinity::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;

/// A registered name, an address or an address in brackets, and a port: the characters those can have.
bool valid_host(std::string_view host) {
  static constexpr CharSet kAllowed(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+;=%:[]");
  return kAllowed.has_all(host);
}

/// RFC 3986 without the fragment. Bytes above ASCII are let through as if they were percent-encoded,
/// because people type match names into curl.
bool valid_target_char(char c) {
  static constexpr CharSet kRefused("#\"<>\\^`{|}\x7f");
  return static_cast<unsigned char>(c) > 0x20 && !kRefused.has(c);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Beast splits the head into its parts and knows the `Connection` rules. It is laxer than RFC 9112 lets
/// a server be (lists in Content-Length, transfer codings it does not know, any number of Host fields):
/// the checks for those are here. Line folding and line ends are checked before, by RequestReader.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  HeadParser(RequestHead& head, std::size_t max_target_bytes)
      : head_(head), max_target_bytes_(max_target_bytes) {
    header_limit(UINT32_MAX);
    body_limit(boost::none);
  }

  std::optional<Refusal> parse(std::string_view bytes) {
    beast::error_code ec;
    const std::size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (refusal_) return refusal_;
    if (ec == beast::http::error::bad_version) return version_refusal(bytes);
    if (ec) return explain(ec);
    if (!is_header_done() || used != bytes.size()) return Refusal{400, "The header section is malformed."};
    return check_whole();
  }

 private:
  void refuse(int status, std::string_view detail, beast::error_code& ec) {
    refusal_ = Refusal{status, detail};
    ec = beast::http::error::bad_value;
  }

  static Refusal version_refusal(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, bytes.find('\r'));
    const std::string_view version = line.substr(line.rfind(' ') + 1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 &&
        version.starts_with("HTTP/") && digit(version[5]) && version[6] == '.' && digit(version[7])) {
      return {505, "This server speaks HTTP/1.1 and HTTP/1.0."};
    }
    return {400, "The request line must be: method, one space, target, one space, HTTP/1.1."};
  }

  static Refusal explain(const beast::error_code& ec) {
    using beast::http::error;
    if (ec == error::bad_method) return {400, "The method is not a token."};
    if (ec == error::bad_target) return {400, "The request target is not valid."};
    if (ec == error::bad_field) {
      return {400, "A header field's name is not a token directly followed by a colon."};
    }
    if (ec == error::bad_content_length || ec == error::multiple_content_length) {
      return {400, "Content-Length must be one decimal number, sent once, without Transfer-Encoding."};
    }
    if (ec == error::bad_transfer_encoding) {
      return {400, "Transfer-Encoding must be sent once, without Content-Length."};
    }
    return {400, "A header field has a value that is not allowed."};
  }

  void on_request_impl(beast::http::verb known, beast::string_view, beast::string_view target, int version,
                       beast::error_code& ec) override {
    using beast::http::verb;
    head_.method = known == verb::get    ? Method::kGet
                   : known == verb::post ? Method::kPost
                   : known == verb::head ? Method::kHead
                                         : Method::kOther;
    head_.version = version;
    head_.options = known == verb::options;
    if (target.size() > max_target_bytes_) return refuse(414, "The request target is too long.", ec);
    take_target({target.data(), target.size()}, ec);
  }

  void take_target(std::string_view target, beast::error_code& ec) {
    if (!std::all_of(target.begin(), target.end(), valid_target_char)) {
      return refuse(400, "The request target has a character that must be percent-encoded.", ec);
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (!beast::iequals(target.substr(0, scheme.size()), scheme)) continue;
      const std::size_t path = target.find_first_of("/?", scheme.size());
      if (path == scheme.size()) return refuse(400, "The request target names no host.", ec);
      // It takes the place of Host (RFC 9112, 3.2.2).
      head_.host = target.substr(scheme.size(), path - scheme.size());
      if (!valid_host(head_.host))
        return refuse(400, "The request target's host is not a name or address.", ec);
      target = path == std::string_view::npos ? "/" : target.substr(path);
      break;
    }
    const std::size_t question = target.find('?');
    head_.path = target.substr(0, question);
    if (question != std::string_view::npos) head_.query = target.substr(question + 1);
    if (head_.path.empty()) head_.path = "/";  // http://host?query
    const bool asterisk = head_.options && target == "*";
    if (head_.path.front() != '/' && !asterisk) {
      refuse(400, "The request target must be a path that starts with a slash.", ec);
    }
  }

  void on_field_impl(field name, beast::string_view text, beast::string_view raw,
                     beast::error_code& ec) override {
    const std::string_view value(raw.data(), raw.size());
    switch (name) {
      case field::host:
        if (++hosts_ > 1) return refuse(400, "Host must be sent once.", ec);
        if (!valid_host(value)) return refuse(400, "Host is not a host name or address.", ec);
        if (head_.host.empty()) head_.host = trim(value);
        return;
      case field::content_length:
        if (++lengths_ > 1 || !all_digits(value)) return refuse_length(ec);
        return;
      case field::transfer_encoding:
        return take_transfer_encoding(value, ec);
      case field::expect:
        if (!beast::iequals(raw, "100-continue")) return refuse(417, "Expect can be 100-continue only.", ec);
        head_.expects_continue = true;
        return;
      case field::content_type:
        return take_once(value.substr(0, value.find(';')), head_.content_type, types_, ec);
      case field::content_encoding:
        return head_.content_encoding.add(trim(value));
      case field::authorization:
        return take_once(value, head_.authorization, authorizations_, ec);
      case field::accept_encoding:
        return head_.accept_encoding.add(trim(value));
      case field::if_none_match:
        return head_.if_none_match.add(trim(value));
      case field::forwarded:
        return head_.forwarded.push_back(value);
      case field::origin:
        return take_once(value, head_.origin, origins_, ec);
      case field::access_control_request_method:
        return take_once(value, head_.asked_method, asked_methods_, ec);
      default:
        if (name == field::unknown) take_extension(text, value);
    }
  }

  /// Sent twice, neither can be trusted: the server makes its own.
  void take_extension(beast::string_view name, std::string_view value) {
    if (beast::iequals(name, "x-request-id")) {
      head_.request_id = ++request_ids_ > 1 ? std::string_view() : value;
    } else if (beast::iequals(name, "traceparent")) {
      head_.traceparent = ++traceparents_ > 1 ? std::string_view() : value;
    } else if (beast::iequals(name, "last-event-id")) {
      head_.last_event_id = trim(value);
    } else if (beast::iequals(name, "x-forwarded-for")) {
      head_.x_forwarded_for.push_back(value);
    }
  }

  void refuse_length(beast::error_code& ec) {
    refuse(400, "Content-Length must be one decimal number, sent once, without Transfer-Encoding.", ec);
  }

  void take_once(std::string_view value, std::string_view& into, int& count, beast::error_code& ec) {
    if (++count > 1) return refuse(400, "A header field that has one value was sent twice.", ec);
    into = trim(value);
  }

  void take_transfer_encoding(std::string_view value, beast::error_code& ec) {
    if (++codings_ > 1)
      return refuse(400, "Transfer-Encoding must be sent once, without Content-Length.", ec);
    if (head_.version < 11) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.", ec);
    if (beast::iequals(value, "chunked")) return;
    refuse(501, "The only transfer coding this server knows is chunked.", ec);
  }

  std::optional<Refusal> check_whole() {
    if (head_.version >= 11 && hosts_ == 0) return Refusal{400, "HTTP/1.1 needs a Host header field."};
    if (codings_ > 0 && lengths_ > 0) {
      return Refusal{400, "Content-Length and Transfer-Encoding cannot both be sent."};
    }
    head_.keep_alive = keep_alive();
    head_.content_length = content_length().value_or(0);
    if (codings_ > 0) {
      head_.framing = Framing::kChunked;
    } else if (head_.content_length > 0) {
      head_.framing = Framing::kLength;
    }
    // HTTP/1.0 knows no interim answers, and without a body there is nothing to wait for.
    if (head_.version < 11 || head_.framing == Framing::kNone) head_.expects_continue = false;
    return std::nullopt;
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, beast::error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast::error_code&) override {
    return body.size();
  }
  void on_finish_impl(beast::error_code&) override {}

  RequestHead& head_;
  std::size_t max_target_bytes_;
  std::optional<Refusal> refusal_;
  int hosts_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  int types_ = 0;
  int authorizations_ = 0;
  int request_ids_ = 0;
  int traceparents_ = 0;
  int origins_ = 0;
  int asked_methods_ = 0;
};

}  // namespace

std::optional<Refusal> parse_head(std::string& bytes, std::size_t max_target_bytes, RequestHead& head) {
  head = RequestHead{};
  auto refusal = HeadParser(head, max_target_bytes).parse(bytes);
  if (refusal) return refusal;
  if (!head.content_type.empty()) {
    const auto at = static_cast<std::size_t>(head.content_type.data() - bytes.data());
    for (std::size_t i = at; i < at + head.content_type.size(); ++i) {
      if (bytes[i] >= 'A' && bytes[i] <= 'Z') bytes[i] = static_cast<char>(bytes[i] + ('a' - 'A'));
    }
  }
  return std::nullopt;
}

}  // namespace fanfinity::http
