#include "tools/control.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/un.h>

#include <charconv>
#include <memory>
#include <utility>

namespace fanfinity::tools {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMaxReplayBody = 4U << 20U;

http::Response text(std::string body) {
  http::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

http::Response told(const base::Result<std::string>& answer) {
  return answer ? text(*answer) : http::problem_of(answer.error());
}

http::Response list(DeadLetters& letters, const http::Request& request) {
  std::size_t limit = kDefaultLimit;
  if (const std::string* given = request.query_value("limit")) {
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), limit);
    if (error != std::errc{} || end != given->data() + given->size()) {
      return http::problem(400, "limit must be a whole number");
    }
  }
  return told(tell_list(letters, limit, request.query_value("json") != nullptr));
}

http::Response show(DeadLetters& letters, const http::Request& request) {
  return told(tell_letter(letters, request.params.front()));
}

http::Response replay(DeadLetters& letters, const http::Request& request) {
  return told(replay_lines(letters, request.body));
}

using Handle = http::Response (*)(DeadLetters&, const http::Request&);

http::Route route(http::Method method, std::string path, DeadLetters& letters, Handle handle) {
  http::Route made;
  made.method = method;
  made.path = std::move(path);
  made.max_body = method == http::Method::kPost ? kMaxReplayBody : 0;
  made.rate_limited = false;
  made.handler = [&letters, handle](const http::Request& request, const http::Responder& respond) {
    respond(handle(letters, request));
  };
  return made;
}

std::size_t collect(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

std::string detail_of(const std::string& problem) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view detail;
  if (parser.parse(problem).get(document) != simdjson::SUCCESS ||
      document["detail"].get(detail) != simdjson::SUCCESS) {
    return problem;
  }
  return std::string(detail);
}

Error not_an_id(std::string_view text) {
  return {Errc::kInvalid, fmt::format("\"{}\" is not an event id (a UUID).", text)};
}

}  // namespace

base::Result<std::string> tell_list(DeadLetters& letters, std::size_t limit, bool json) {
  const auto found = letters.list(limit);
  if (!found) return found.error();
  if (!json) return to_table(*found);
  std::string lines;
  for (const DeadLetter& letter : *found) lines += to_json(letter) + '\n';
  return lines;
}

base::Result<std::string> tell_letter(DeadLetters& letters, const std::string& id) {
  const auto parsed = base::Uuid::parse(id);
  if (!parsed) return not_an_id(id);
  const auto letter = letters.show(*parsed);
  if (!letter) return letter.error();
  return to_json(*letter) + '\n';
}

base::Result<std::string> replay_lines(DeadLetters& letters, std::string_view lines) {
  std::vector<base::Uuid> ids;
  while (!lines.empty()) {
    const std::size_t newline = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, newline);
    lines.remove_prefix(std::min(newline + 1, lines.size()));
    const auto id = base::Uuid::parse(line);
    if (!id) return not_an_id(line);
    ids.push_back(*id);
  }
  const auto replayed = letters.replay(ids);
  if (!replayed) return replayed.error();
  if (*replayed == 0 && !ids.empty()) return Error{Errc::kNotFound, "None of these ids is a dead letter."};
  return fmt::format("{} sent again\n", *replayed);
}

std::vector<http::Route> control_routes(DeadLetters& letters) {
  std::vector<http::Route> routes;
  routes.push_back(route(http::Method::kGet, "/dead", letters, &list));
  routes.push_back(route(http::Method::kPost, "/dead/replay", letters, &replay));
  routes.push_back(route(http::Method::kGet, "/dead/letter/{eventId}", letters, &show));
  return routes;
}

base::Result<std::string> control_socket(const std::string& data_dir) {
  const std::string plain = data_dir + "/control.sock";
  if (plain.size() < sizeof(sockaddr_un::sun_path)) return plain;
  // Kept open for the life of the process: the path leads through this descriptor.
  const int directory = open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return Error{Errc::kUnavailable, fmt::format("{} cannot be opened; check that it exists.", data_dir)};
  return fmt::format("/proc/self/fd/{}/control.sock", directory);
}

base::Result<std::string> ask_control(const std::string& data_dir, const std::string& target,
                                      const std::optional<std::string>& post_body) {
  const auto socket = control_socket(data_dir);
  if (!socket) return socket.error();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) return Error{Errc::kInternal, "libcurl could not be started."};
  std::string body;
  curl_easy_setopt(handle.get(), CURLOPT_UNIX_SOCKET_PATH, socket->c_str());
  curl_easy_setopt(handle.get(), CURLOPT_URL, ("http://localhost" + target).c_str());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, 120L);
  if (post_body) {
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post_body->size()));
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, post_body->c_str());
  }
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_COULDNT_CONNECT) {
    return Error{Errc::kUnavailable,
                 fmt::format("No `fanfinity up` runs on {}: start it, or name its directory with --data-dir.",
                             data_dir)};
  }
  if (code != CURLE_OK) return Error{Errc::kUnavailable, curl_easy_strerror(code)};
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return Error{Errc::kUnavailable, detail_of(body)};
  return body;
}

}  // namespace fanfinity::tools
