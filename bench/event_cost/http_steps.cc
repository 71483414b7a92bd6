// A request off the wire, and its event's id among those accepted last.

#include <array>
#include <memory>

#include "api/recent_ids.h"
#include "bench/event_cost/step.h"
#include "bench/load/request_maker.h"
#include "bench/sample/samples.h"
#include "http/request_reader.h"

namespace fanfinity::bench {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::uint64_t kBodyLimit = 64U << 10U;

Result<Work> head(const StepOptions& /*options*/) {
  const auto requests = make_requests({}, 0);
  const std::string bytes(requests->next().bytes);
  return Work([bytes](std::uint64_t count) -> Result<std::uint64_t> {
    const http::RequestReader::Limits limits;
    http::RequestReader reader(limits);
    http::Message message;
    std::uint64_t seen = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string_view input = bytes;
      using Step = http::RequestReader::Step;
      message.body.clear();
      bool whole = reader.read_head(input, message) == Step::kHead;
      if (whole) {
        reader.start_body(message, kBodyLimit);
        whole = reader.read_body(input, message) == Step::kDone;
      }
      if (!whole) return Error{Errc::kInternal, "The sample request was refused."};
      seen += message.body.size();
      reader.reset();
    }
    return seen;
  });
}

Result<Work> known(const StepOptions& /*options*/) {
  return Work([records = sample_records(kSamples),
               ids = std::make_shared<api::RecentIds>()](std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const log::Record& record = records[i % kSamples];
      if (ids->accept(record.key, api::RecentIds::hash(record.value)) == api::Known::kSame) ++seen;
    }
    return seen;
  });
}

constexpr std::array<Step, 2> kSteps = {{
    {"head", "a request: head parsed, body taken", head},
    {"known", "an accepted event looked up among those accepted last, and remembered", known},
}};

}  // namespace

std::span<const Step> http_steps() {
  return kSteps;
}

}  // namespace fanfinity::bench
