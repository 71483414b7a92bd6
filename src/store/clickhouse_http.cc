#include "store/clickhouse_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kMaxErrorText = 4'096;
constexpr std::chrono::milliseconds kPingTimeout{5'000};  // One that works answers at once.
constexpr long kSendBytes = 256L << 10U;                  // Of a body, at a time.

void append_percent_encoded(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.' ||
                       byte == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0x0FU];
    }
  }
}

// ClickHouse reads the value of a query parameter as it reads a field of TabSeparated.
std::string tab_separated_field(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void append_argument(std::string_view name, std::string_view value, std::string& url) {
  url += url.back() == '?' ? "" : "&";
  append_percent_encoded(name, url);
  url += '=';
  append_percent_encoded(value, url);
}

void initialise_curl_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) std::abort();  // Out of memory at start.
}

struct HeaderList {
  curl_slist* head = nullptr;
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(head); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void add(const std::string& line) { head = curl_slist_append(head, line.c_str()); }
};

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  // Fails only for options this libcurl does not know, and for lack of memory, which the transfer reports.
  static_cast<void>(curl_easy_setopt(curl, option, value));
}

}  // namespace

Compression compression_for(std::string_view host) {
  const bool here = host == "localhost" || host == "::1" || host.starts_with("127.");
  return here ? Compression::kNone : Compression::kZstd;
}

/// One request and its answer.
struct ClickHouseHttp::Exchange {
  Work work = Work::kRead;
  std::optional<std::chrono::milliseconds> timeout;  ///< Instead of the endpoint's.
  bool get = false;
  bool streaming = false;
  std::string url;
  std::string_view body;
  std::string_view encoding;
  std::function<Status(std::string_view)> each;  ///< Takes the body of a success.

  CURL* curl = nullptr;
  const std::atomic<bool>* abandoned = nullptr;
  bool begun = false;      ///< A connection stood and the request was about to be sent on it.
  int exception_code = 0;  ///< X-ClickHouse-Exception-Code.
  std::string error_text;  ///< The body of a failure, up to kMaxErrorText.
  std::optional<Error> stopped_by_each;

  static int on_request(void* self, char*, char*, int, int) {
    static_cast<Exchange*>(self)->begun = true;
    return CURL_PREREQFUNC_OK;
  }
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<Exchange*>(self)->take_header({data, size});
    return size;
  }
  // Nothing may be thrown through libcurl, which is C.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    try {
      return exchange->take_body({data, size}) ? size : 0;
    } catch (const std::bad_alloc&) {
      exchange->stopped_by_each = Error{
          Errc::kUnavailable, "There is no memory for the answer of ClickHouse; it is asked for again."};
    } catch (const std::exception& thrown) {
      exchange->stopped_by_each =
          Error{Errc::kInternal, std::string("The answer of ClickHouse cannot be read: ") + thrown.what()};
    }
    return 0;
  }

  /// libcurl calls it at least once a second, also while nothing moves.
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->abandoned->load() ? 1 : 0;
  }

  void take_header(std::string_view line) {
    constexpr std::string_view kName = "x-clickhouse-exception-code:";
    if (line.size() <= kName.size()) return;
    const bool same = std::ranges::equal(line.substr(0, kName.size()), kName, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    if (!same) return;
    std::string_view value = line.substr(kName.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    std::from_chars(value.data(), value.data() + value.size(), exception_code);
  }

  bool take_body(std::string_view chunk) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200 && exception_code == 0 && each) {
      auto taken = each(chunk);
      if (taken) return true;
      stopped_by_each = taken.error();
      return false;
    }
    error_text.append(chunk.substr(0, kMaxErrorText - std::min(kMaxErrorText, error_text.size())));
    return true;
  }
};

/// The connections: at most so many, kept for the next call.
class ClickHouseHttp::Handles {
 public:
  explicit Handles(std::size_t most) : left_(most) { idle_.reserve(most); }
  ~Handles() {
    for (CURL* idle : idle_) curl_easy_cleanup(idle);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  struct GiveBack {
    Handles* handles;
    void operator()(CURL* handle) const { handles->give_back(handle); }
  };
  using Lease = std::unique_ptr<CURL, GiveBack>;

  /// Null when none became free in time, or none can be made.
  Lease take(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, wait, [&] { return left_ > 0; })) return {nullptr, GiveBack{this}};
    Lease handle(idle_.empty() ? curl_easy_init() : idle_.back(), GiveBack{this});
    if (handle == nullptr) return handle;  // No memory: the place stays free for the next call.
    --left_;
    if (!idle_.empty()) idle_.pop_back();
    return handle;
  }

 private:
  void give_back(CURL* handle) {
    {
      const std::scoped_lock lock(mutex_);
      ++left_;
      idle_.push_back(handle);
    }
    freed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t left_;
  std::vector<CURL*> idle_;
};

ClickHouseHttp::ClickHouseHttp(ClickHouseEndpoint endpoint)
    : endpoint_(std::move(endpoint)), handles_(std::make_unique<Handles>(endpoint_.max_connections)) {
  initialise_curl_once();
}

ClickHouseHttp::~ClickHouseHttp() = default;

std::string ClickHouseHttp::base_url() const {
  const bool v6 = endpoint_.host.find(':') != std::string::npos && !endpoint_.host.starts_with('[');
  std::string url = endpoint_.https ? "https://" : "http://";
  url += v6 ? "[" + endpoint_.host + "]" : endpoint_.host;
  return url + ":" + std::to_string(endpoint_.port);
}

std::string ClickHouseHttp::url_of(const ClickHouseQuery& query) const {
  std::string url = base_url() + "/?";
  append_argument("query", query.sql, url);
  if (query.in_database) append_argument("database", endpoint_.database, url);
  for (const auto& [name, value] : query.settings) append_argument(name, value, url);
  for (const auto& [name, value] : query.params) {
    append_argument("param_" + name, tab_separated_field(value), url);
  }
  return url;
}

namespace {

void apply_endpoint(CURL* curl, const ClickHouseEndpoint& endpoint) {
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_PROXY, "");
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_timeout.count()));
  if (!endpoint.ca_file.empty()) set(curl, CURLOPT_CAINFO, endpoint.ca_file.c_str());
  if (!endpoint.client_cert_file.empty()) set(curl, CURLOPT_SSLCERT, endpoint.client_cert_file.c_str());
  if (!endpoint.client_key_file.empty()) set(curl, CURLOPT_SSLKEY, endpoint.client_key_file.c_str());
}

void apply_timeout(CURL* curl, std::chrono::milliseconds timeout, bool streaming) {
  if (!streaming) {
    set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    return;
  }
  set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(timeout.count() / 1'000)));
}

/// A certificate or key, theirs or ours, that will not become better by waiting.
bool is_certificate_fault(CURLcode result) {
  return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CERTPROBLEM ||
         result == CURLE_SSL_CACERT_BADFILE;
}

// Whether the failure certainly came before a byte of the request was sent.
bool never_sent(CURLcode result, bool begun) {
  if (begun) return false;
  return result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_GOT_NOTHING;
}

}  // namespace

Status ClickHouseHttp::perform(Exchange& exchange) {
  const std::string where = endpoint_.host + ":" + std::to_string(endpoint_.port);
  if (has_control_character(endpoint_.user) || has_control_character(endpoint_.password)) {
    return Error{Errc::kUnavailable,
                 "CLICKHOUSE_USER and CLICKHOUSE_PASSWORD must not hold control characters."};
  }
  if (abandoned_) return abandoned();
  exchange.abandoned = &abandoned_;
  const auto lease = handles_->take(exchange.timeout.value_or(endpoint_.request_timeout));
  if (lease == nullptr) {
    return Error{Errc::kUnavailable, "No connection to ClickHouse became free in time; all are busy."};
  }
  CURL* curl = lease.get();
  curl_easy_reset(curl);  // Keeps the connection.
  exchange.curl = curl;
  HeaderList headers;
  headers.add("X-ClickHouse-User: " + endpoint_.user);
  headers.add("X-ClickHouse-Key: " + endpoint_.password);
  headers.add("Expect:");  // ClickHouse takes the body at once; waiting for its consent only costs time.
  headers.add("Content-Type: application/octet-stream");
  if (!exchange.encoding.empty()) headers.add("Content-Encoding: " + std::string(exchange.encoding));

  char reason[CURL_ERROR_SIZE] = "";
  apply_endpoint(curl, endpoint_);
  apply_timeout(curl, exchange.timeout.value_or(endpoint_.request_timeout), exchange.streaming);
  set(curl, CURLOPT_ERRORBUFFER, reason);
  set(curl, CURLOPT_URL, exchange.url.c_str());
  set(curl, CURLOPT_HTTPHEADER, headers.head);
  set(curl, CURLOPT_PREREQFUNCTION, &Exchange::on_request);
  set(curl, CURLOPT_PREREQDATA, &exchange);
  set(curl, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(curl, CURLOPT_HEADERDATA, &exchange);
  set(curl, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(curl, CURLOPT_WRITEDATA, &exchange);
  set(curl, CURLOPT_NOPROGRESS, 0L);
  set(curl, CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set(curl, CURLOPT_XFERINFODATA, &exchange);
  if (!exchange.get) {
    set(curl, CURLOPT_POST, 1L);
    set(curl, CURLOPT_UPLOAD_BUFFERSIZE, kSendBytes);
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body.size()));
    set(curl, CURLOPT_POSTFIELDS, exchange.body.empty() ? "" : exchange.body.data());
  }
  const CURLcode result = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);

  if (exchange.stopped_by_each) return *exchange.stopped_by_each;
  if (exchange.exception_code == 0) exchange.exception_code = code_of(exchange.error_text);
  if (result != CURLE_OK && exchange.exception_code == 0) {
    const bool unsent = never_sent(result, exchange.begun);
    const bool harmless = unsent || exchange.work == Work::kRead || exchange.work == Work::kLogin;
    if (exchange.work == Work::kLogin && is_certificate_fault(result)) {
      return Error{Errc::kInvalid,
                   "TLS with ClickHouse at " + where +
                       " failed: " + (reason[0] != '\0' ? reason : curl_easy_strerror(result)) +
                       ". Check CLICKHOUSE_CA_FILE, CLICKHOUSE_CERT_FILE and CLICKHOUSE_KEY_FILE, "
                       "and that the certificate names the host."};
    }
    return Error{harmless ? Errc::kUnavailable : Errc::kUnknownOutcome,
                 (unsent ? "ClickHouse at " + where + " cannot be reached: "
                         : "The connection to ClickHouse at " + where + " failed during a request: ") +
                     (reason[0] != '\0' ? reason : curl_easy_strerror(result)) + "."};
  }
  if (result == CURLE_OK && status == 200 && exchange.exception_code == 0) return {};
  return to_error({exchange.exception_code, status, exchange.error_text}, exchange.work);
}

namespace {

// What is exact must not rest on a cache of earlier verdicts: the query condition cache of ClickHouse, and
// skip indexes looked at while reading that feed it, have lost rows (ClickHouse issues 87091, 104004,
// 104781).
constexpr std::string_view kExactly = "&use_query_condition_cache=0&use_skip_indexes_on_data_read=0";

}  // namespace

Result<std::string> ClickHouseHttp::read(const ClickHouseQuery& query, std::size_t max_bytes) {
  std::string answer;
  Exchange exchange;
  exchange.get = true;  // ClickHouse lets a GET change nothing.
  exchange.timeout = query.timeout;
  // A late failure is then a status, not half an answer.
  exchange.url = url_of(query).append(kExactly).append("&wait_end_of_query=1");
  exchange.each = [&](std::string_view chunk) -> Status {
    if (chunk.size() > max_bytes - answer.size()) {
      return Error{Errc::kFull,
                   "The answer of ClickHouse is longer than " + std::to_string(max_bytes) + " bytes."};
    }
    answer.append(chunk);
    return {};
  };
  if (auto done = perform(exchange); !done) return done.error();
  return answer;
}

Status ClickHouseHttp::stream(const ClickHouseQuery& query,
                              const std::function<Status(std::string_view)>& each) {
  Exchange exchange;
  exchange.get = true;
  exchange.streaming = true;
  exchange.url = url_of(query).append(kExactly);
  exchange.each = each;
  return perform(exchange);
}

Status ClickHouseHttp::insert(const ClickHouseQuery& query, std::string_view rows) {
  Exchange exchange;
  exchange.work = Work::kInsert;
  exchange.url = url_of(query);
  exchange.body = rows;
  std::string compressed;
  if (endpoint_.compression != Compression::kNone) {
    auto frame = compress(rows, endpoint_.compression);
    if (!frame) return frame.error();
    compressed = *std::move(frame);
    exchange.body = compressed;
    exchange.encoding = content_encoding(endpoint_.compression);
  }
  return perform(exchange);
}

Status ClickHouseHttp::execute(const ClickHouseQuery& query) {
  Exchange exchange;
  exchange.work = Work::kChange;
  exchange.url = url_of(query);
  return perform(exchange);
}

Status ClickHouseHttp::log_in() {
  Exchange exchange;
  exchange.work = Work::kLogin;
  exchange.get = true;
  exchange.url = url_of({.sql = "SELECT 1", .params = {}, .settings = {}, .in_database = false});
  return perform(exchange);
}

Error ClickHouseHttp::abandoned() {
  return {Errc::kUnavailable, "This process is stopping and asks ClickHouse for nothing more."};
}

void ClickHouseHttp::abandon() {
  abandoned_ = true;
}

Status ClickHouseHttp::ping() {
  Exchange exchange;
  exchange.get = true;
  exchange.timeout = std::min(endpoint_.request_timeout, kPingTimeout);
  exchange.url = base_url() + "/ping";
  return perform(exchange);
}

}  // namespace fanfinity::store
