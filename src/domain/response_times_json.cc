#include <charconv>
#include <limits>
#include <string_view>
#include <system_error>

#include "domain/event.h"
#include "domain/event_json.h"
#include "domain/json_index.h"
#include "domain/json_number.h"
#include "domain/json_text.h"
#include "domain/json_walk.h"
#include "domain/response_times.h"

namespace fanfinity::domain {
namespace {

template <typename Int>
bool parse_integer(std::string_view raw, Int& number) {
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  return error == std::errc{} && end == raw.data() + raw.size();
}

/// Reads the record's text. Every function returns false with `what_` set, or with the walk's fault.
class RecordReader {
 public:
  RecordReader(std::string_view json, const JsonIndex& index) : walk_(json, index) {}

  base::Result<ResponseTimesRecord> read() {
    if (!read_object()) return base::Error{base::Errc::kInvalid, "A record of response times " + fault()};
    return std::move(record_);
  }

 private:
  bool read_object() {
    if (!walk_.expect('{', "expected an object")) return false;
    if (walk_.peek() != '}') {
      do {
        if (!read_member()) return false;
      } while (walk_.take(','));
    }
    if (!walk_.expect('}', "expected ',' or '}'")) return false;
    if (!walk_.at_end()) return walk_.fail("expected nothing after the object");
    return (has_match_ && has_times_) || complain("must have a matchId and responseTimes, each once");
  }

  bool read_member() {
    std::string_view name;
    std::string_view raw;
    if (!walk_.take_string(name) || !walk_.expect(':', "expected ':' after a member's name")) return false;
    if (name == "matchId") return read_match();
    if (name == "responseTimes") return read_times();
    return walk_.take_value(1, raw) &&
           (walk_.take_flaw() != JsonFlaw::kTooDeep || complain("is nested too deep"));
  }

  bool read_match() {
    std::string_view content;
    if (!walk_.take_string(content)) return false;
    if (walk_.take_flaw() == JsonFlaw::kNone) append_unescaped(content, record_.match_id);
    if (has_match_ || !is_valid_match_id(record_.match_id)) return complain("has an unusable matchId");
    has_match_ = true;
    return true;
  }

  bool read_times() {
    if (has_times_) return complain("has responseTimes twice");
    has_times_ = true;
    if (!walk_.expect('[', "expected an array")) return false;
    if (walk_.take(']')) return true;
    do {
      if (!read_pair()) return false;
    } while (walk_.take(','));
    return walk_.expect(']', "expected ',' or ']'");
  }

  bool read_pair() {
    std::string_view bucket_text;
    std::string_view count_text;
    if (!walk_.expect('[', "expected [bucket,count]") || !walk_.take_value(3, bucket_text) ||
        !walk_.expect(',', "expected [bucket,count]") || !walk_.take_value(3, count_text) ||
        !walk_.expect(']', "expected [bucket,count]")) {
      return false;
    }
    std::int16_t bucket = 0;
    std::uint64_t count = 0;
    if (!parse_integer(bucket_text, bucket) ||
        bucket < response_time_bucket(std::chrono::nanoseconds::zero()) ||
        bucket > response_time_bucket(std::chrono::nanoseconds::max())) {
      return complain("names a bucket that does not exist");
    }
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - record_.times.count();
    if (!parse_integer(count_text, count) || count == 0 || count > room) {
      return complain("has a count that is not a positive integer");
    }
    record_.times.add_bucket(bucket, count);
    return true;
  }

  bool complain(std::string_view what) {
    what_ = what;
    return false;
  }

  [[nodiscard]] std::string fault() const {
    return (what_.empty() ? walk_.fault() : std::string(what_)) + ".";
  }

  JsonWalk walk_;
  ResponseTimesRecord record_;
  bool has_match_ = false;
  bool has_times_ = false;
  std::string_view what_;
};

}  // namespace

void append_response_times_json(const ResponseTimesRecord& record, std::string& out) {
  out += R"({"matchId":)";
  append_json_string(record.match_id, out);
  out += R"(,"responseTimes":[)";
  for (const auto& [bucket, count] : record.times.buckets()) {
    if (out.back() != '[') out += ',';
    out += '[';
    append_json_number(bucket, out);
    out += ',';
    append_json_number(count, out);
    out += ']';
  }
  out += "]}";
}

base::Result<ResponseTimesRecord> parse_response_times(std::string_view json) {
  JsonIndex index;
  if (const auto detail = index.build(json)) {
    return base::Error{base::Errc::kInvalid, "A record of response times " + std::string(*detail) + "."};
  }
  return RecordReader(json, index).read();
}

}  // namespace fanfinity::domain
