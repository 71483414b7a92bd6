// Feeds bytes to the request reader as a connection would, in one piece and in pieces the input chooses,
// and checks that the verdict is the same, that limits hold, and that what was read can be decoded safely.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_decoder.h"
#include "http/conditional.h"
#include "http/identifiers.h"
#include "http/percent.h"
#include "http/request_reader.h"
#include "http/router.h"

namespace {

using namespace fanfinity::http;

constexpr RequestReader::Limits kLimits{1024, 256};
constexpr std::size_t kBodyLimit = 4096;

void require(bool held) {
  if (!held) std::abort();
}

/// What one connection made of its bytes, to be compared.
struct Verdict {
  std::vector<std::string> requests;
  int refusal = 0;
  std::size_t left = 0;
  bool operator==(const Verdict&) const = default;
};

const Router& router() {
  static const Router instance([] {
    std::vector<Route> routes(4);
    routes[0].path = "/health";
    routes[1].path = "/api/matches/{matchId}/metrics";
    routes[2].path = "/api/events";
    routes[2].method = Method::kPost;
    routes[3].path = "/{a}/{b}";
    return routes;
  }());
  return instance;
}

bool inside(std::string_view part, const std::string& whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string decode(const Message& message) {
  const auto coding = parse_coding(message.head.content_encoding.value());
  if (!coding || *coding == Coding::kIdentity) return message.body;
  std::string out;
  const Decoded outcome = decode_body(*coding, message.body, kBodyLimit, out);
  require(outcome != Decoded::kOk || out.size() <= kBodyLimit);
  require(out.size() <= kBodyLimit + 1);
  return outcome == Decoded::kOk ? out : std::to_string(static_cast<int>(outcome));
}

std::string describe(const Message& message) {
  const RequestHead& head = message.head;
  require(message.head_bytes.size() <= kLimits.header_bytes);
  require(head.path.size() + head.query.size() <= kLimits.target_bytes);
  require(head.path == "*" || head.path.front() == '/');
  require(message.body.size() <=
          encoded_limit(parse_coding(head.content_encoding.value()).value_or(Coding::kIdentity), kBodyLimit));
  require(head.framing != Framing::kLength || message.body.size() == head.content_length);
  for (const std::string_view part : {head.path, head.query, head.content_type, head.authorization,
                                      head.request_id, head.traceparent, head.origin, head.asked_method}) {
    require(inside(part, message.head_bytes) || part == "/");  // "/" stands for the path of http://host.
    require(part.find_first_of("\r\n") == std::string_view::npos);
  }
  for (const ListField* list : {&head.content_encoding, &head.accept_encoding, &head.if_none_match}) {
    require(list->value().find_first_of("\r\n") == std::string_view::npos);
  }
  std::vector<std::string> params;
  const auto match = router().find(head.method, head.path, params);
  for (const std::string& param : params) require(!param.empty() && match.route != nullptr);
  std::string text = std::to_string(static_cast<int>(match.outcome));
  for (const std::string& param : params) text += "|" + param;
  if (const auto query = parse_query(head.query)) {
    for (const auto& [name, value] : *query) text += "&" + name + "=" + value;
  }
  text += valid_request_id(head.request_id) ? head.request_id : "-";
  text += valid_traceparent(head.traceparent) ? head.traceparent : "-";
  text.append(head.content_type).append(head.authorization);
  // Whoever names a tag and is answered in full only reads it again: what must not happen is the reverse.
  if (names_etag(head.if_none_match.value(), "W/\"tag\"")) {
    require(head.if_none_match.value() == "*" ||
            head.if_none_match.value().find("\"tag\"") != std::string_view::npos);
  }
  text += head.keep_alive ? "k" : "c";
  text += head.expects_continue ? "e" : "";
  return text + "#" + decode(message);
}

/// One connection: bytes come in pieces, what is not used stays.
class Connection {
 public:
  /// False once the connection would be closed.
  bool feed(std::string_view piece) {
    pending_ += piece;
    std::string_view input = pending_;
    while (!input.empty() && advance(input)) {
    }
    pending_.erase(0, pending_.size() - input.size());
    require(in_body_ || pending_.size() <= kLimits.header_bytes + 4 || verdict.refusal != 0);
    return verdict.refusal == 0;
  }
  Verdict finish() {
    verdict.left = verdict.refusal == 0 ? pending_.size() : 0;
    return verdict;
  }

 private:
  bool advance(std::string_view& input) {
    if (!message_) message_ = std::make_unique<Message>();
    if (!in_body_) {
      switch (reader_.read_head(input, *message_)) {
        case RequestReader::Step::kNeedMore:
          return false;
        case RequestReader::Step::kHead:
          break;
        case RequestReader::Step::kDone:
          std::abort();
        case RequestReader::Step::kRefused:
          return refused();
      }
      const Coding coding = parse_coding(message_->head.content_encoding.value()).value_or(Coding::kIdentity);
      reader_.start_body(*message_, encoded_limit(coding, kBodyLimit));
      in_body_ = true;
    }
    switch (reader_.read_body(input, *message_)) {
      case RequestReader::Step::kNeedMore:
        return false;
      case RequestReader::Step::kDone:
        break;
      case RequestReader::Step::kHead:
        std::abort();
      case RequestReader::Step::kRefused:
        return refused();
    }
    verdict.requests.push_back(describe(*message_));
    message_.reset();
    in_body_ = false;
    reader_.reset();
    return true;
  }

  bool refused() {
    verdict.refusal = reader_.refusal().status;
    require(verdict.refusal >= 400 && verdict.refusal < 600 && !reader_.refusal().detail.empty());
    return false;
  }

  Verdict verdict;
  RequestReader reader_{kLimits};
  std::unique_ptr<Message> message_;
  bool in_body_ = false;
  std::string pending_;
};

Verdict read_split(std::string_view bytes, std::string_view splits) {
  Connection connection;
  std::size_t turn = 0;
  while (!bytes.empty()) {
    const std::size_t wanted =
        splits.empty() ? bytes.size() : 1 + static_cast<unsigned char>(splits[turn++ % splits.size()]) % 64;
    const std::string_view piece = bytes.substr(0, wanted);
    bytes.remove_prefix(piece.size());
    if (!connection.feed(piece)) break;
  }
  return connection.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  // The first byte says how many of the next ones are sizes of pieces.
  const std::size_t count =
      std::min<std::size_t>(static_cast<unsigned char>(input.front()) % 8, input.size() - 1);
  const std::string_view splits = input.substr(1, count);
  const std::string_view bytes = input.substr(1 + count);
  const Verdict whole = read_split(bytes, {});
  require(read_split(bytes, splits) == whole);
  const std::string one_by_one(1, '\0');
  require(read_split(bytes, one_by_one) == whole);
  return 0;
}
