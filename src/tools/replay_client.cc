#include "tools/replay_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace fanfinity::tools {
namespace {

constexpr std::size_t kMaxAnswerBytes = 8 * 1024 * 1024;
constexpr std::chrono::seconds kStopGrace{2};
constexpr std::chrono::milliseconds kFirstWait{100};
constexpr std::chrono::milliseconds kLongestWait{5'000};
constexpr std::chrono::seconds kLongestRetryAfter{60};

std::size_t keep_body(char* data, std::size_t, std::size_t bytes, void* target) {
  auto& body = *static_cast<std::string*>(target);
  body.append(data, std::min(bytes, kMaxAnswerBytes - std::min(kMaxAnswerBytes, body.size())));
  return bytes;
}

struct StopWatch {
  std::stop_token stop;
  std::optional<std::chrono::steady_clock::time_point> seen;
};

int give_up_after_stop(void* target, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& watch = *static_cast<StopWatch*>(target);
  if (!watch.stop.stop_requested()) return 0;
  const auto now = std::chrono::steady_clock::now();
  if (!watch.seen) watch.seen = now;
  return now - *watch.seen >= kStopGrace ? 1 : 0;
}

std::string text_of(simdjson::dom::element element, const char* member) {
  std::string_view text;
  return element[member].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// "eventType: must be ...; teamId: must be 1 or 2"
std::string join_field_errors(simdjson::dom::element holder) {
  simdjson::dom::array errors;
  std::string joined;
  if (holder["errors"].get(errors) != simdjson::SUCCESS) return joined;
  for (const simdjson::dom::element error : errors) {
    const std::string field = text_of(error, "field");
    if (!joined.empty()) joined += "; ";
    joined +=
        field.empty() ? text_of(error, "detail") : fmt::format("{}: {}", field, text_of(error, "detail"));
  }
  return joined;
}

std::string reason_of(const Answer& answer) {
  simdjson::dom::parser parser;
  simdjson::dom::element problem;
  if (parser.parse(answer.body).get(problem) != simdjson::SUCCESS)
    return fmt::format("status {}", answer.status);
  std::string fields = join_field_errors(problem);
  if (!fields.empty()) return fields;
  std::string detail = text_of(problem, "detail");
  return detail.empty() ? fmt::format("status {}", answer.status) : detail;
}

// The batch answer names refused events by their index; a problem of a whole request does not.
std::vector<Refusal> indexed_refusals(const Answer& answer, std::size_t events) {
  std::vector<Refusal> found;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array errors;
  if (parser.parse(answer.body).get(document) != simdjson::SUCCESS) return found;
  if (document["errors"].get(errors) != simdjson::SUCCESS) return found;
  for (const simdjson::dom::element error : errors) {
    std::uint64_t index = 0;
    if (error["index"].get(index) != simdjson::SUCCESS || index >= events) continue;
    found.push_back({static_cast<std::size_t>(index), join_field_errors(error)});
  }
  return found;
}

}  // namespace

struct ReplayClient::Connection {
  CURL* handle = curl_easy_init();
  curl_slist* headers = nullptr;
  std::string answer_body;
  StopWatch watch;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
  }
};

ReplayClient::ReplayClient(const ReplayConfig& config) : connection_(std::make_unique<Connection>()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
  auto& [handle, headers, answer_body, watch] = *connection_;
  std::string_view root = config.url;
  while (root.ends_with('/')) root.remove_suffix(1);
  const std::string url = fmt::format("{}/api/events{}", root, config.batch > 0 ? "/batch" : "");
  headers = curl_slist_append(
      headers, config.batch > 0 ? "Content-Type: application/x-ndjson" : "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");  // the wait for 100-continue would be measured as latency
  if (!config.api_key.empty()) {
    headers = curl_slist_append(headers, ("Authorization: Bearer " + config.api_key).c_str());
  }
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "fanfinity-replay");
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // A proxy between would be measured, not the server.
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(config.request_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer_body);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, give_up_after_stop);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &watch);
}

ReplayClient::~ReplayClient() = default;

Answer ReplayClient::post(std::string_view body, const std::stop_token& stop) {
  CURL* handle = connection_->handle;
  connection_->answer_body.clear();
  connection_->watch = StopWatch{stop, {}};
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
  const CURLcode code = curl_easy_perform(handle);
  Answer answer;
  if (code != CURLE_OK) {
    answer.error = curl_easy_strerror(code);
    return answer;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  answer.status = static_cast<int>(status);
  answer.retry_after = std::chrono::seconds(std::max<curl_off_t>(0, retry_after));
  answer.body = connection_->answer_body;
  return answer;
}

Verdict judge(int status) {
  if (status == 202) return Verdict::kAccepted;
  if (status == 0 || status == 408 || status == 425 || status == 429 || status >= 500) return Verdict::kRetry;
  if (status < 400 || status == 401 || status == 403 || status == 404 || status == 405)
    return Verdict::kNoService;
  return Verdict::kRejected;
}

std::string explain(const Answer& answer, const std::string& url) {
  if (answer.status == 0) return fmt::format("no answer from {} ({})", url, answer.error);
  if (answer.status == 401 || answer.status == 403) {
    return fmt::format("{} answered {}: it wants an API key that may post; set FANFINITY_API_KEY to one", url,
                       answer.status);
  }
  if (judge(answer.status) == Verdict::kNoService) {
    return fmt::format("{} answered {} to POST /api/events: is it a Fanfinity server? Check --url", url,
                       answer.status);
  }
  return fmt::format("{} answered {} ({})", url, answer.status, reason_of(answer));
}

std::chrono::milliseconds Backoff::next(std::chrono::seconds retry_after) {
  const unsigned doublings = std::min(attempt_++, 10U);
  const auto full = std::min(kLongestWait, std::chrono::milliseconds(kFirstWait * (1 << doublings)));
  std::uniform_int_distribution<std::int64_t> jitter(full.count() / 2, full.count());
  const std::chrono::milliseconds wait(jitter(random_));
  // Jitter on top of what the server asked for, so that its clients do not come back all at once.
  if (retry_after.count() > 0) return std::min(retry_after, kLongestRetryAfter) + wait / 4;
  return wait;
}

std::vector<Refusal> refusals(const Answer& answer, std::size_t events) {
  auto found = indexed_refusals(answer, events);
  if (judge(answer.status) == Verdict::kAccepted) return found;
  // All are refused. Those the answer does not single out share its reason.
  if (found.size() == events) return found;
  const std::string reason = reason_of(answer);
  std::vector<Refusal> all(events);
  for (std::size_t i = 0; i < events; ++i) all[i] = {i, reason};
  for (Refusal& refusal : found) all[refusal.index].detail = std::move(refusal.detail);
  return all;
}

}  // namespace fanfinity::tools
