// A request off the wire.

#include <array>
#include <memory>

#include "bench/event_cost/step.h"
#include "bench/load/request_maker.h"
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

constexpr std::array<Step, 1> kSteps = {{
    {"head", "a request: head parsed, body taken", head},
}};

}  // namespace

std::span<const Step> http_steps() {
  return kSteps;
}

}  // namespace fanfinity::bench
