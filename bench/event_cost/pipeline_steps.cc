// Deduplication, and the row that is stored.

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/event_cost/step.h"
#include "bench/sample/samples.h"
#include "pipeline/batch_decision.h"
#include "pipeline/id_filter.h"
#include "store/event_rows.h"

namespace fanfinity::bench {
namespace {

using base::Result;

constexpr base::Timestamp kReceivedAt{std::chrono::milliseconds{1'700'000'000'000}};
constexpr std::chrono::hours kWindow{24 * 7};
constexpr std::size_t kFilterBytes = 256U << 20U;

Result<Work> filter(const StepOptions& /*options*/) {
  return Work([](std::uint64_t count) -> Result<std::uint64_t> {
    pipeline::FilterBudget budget(kFilterBytes);
    pipeline::IdFilter known(budget, kWindow, kReceivedAt - kWindow);
    std::uint64_t maybe = 0;
    base::Uuid id;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::memcpy(id.bytes.data(), &i, sizeof i);
      if (known.may_hold(id, kReceivedAt)) ++maybe;
      known.add(id, kReceivedAt);
    }
    return maybe;
  });
}

Result<Work> decide(const StepOptions& /*options*/) {
  std::vector<pipeline::Candidate> candidates;
  for (const domain::Event& event : sample_events(kSamples)) {
    candidates.push_back({event.id, log::Offset{static_cast<std::int64_t>(candidates.size())}, kReceivedAt});
  }
  return Work([candidates](std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t kept = 0;
    for (std::uint64_t done = 0; done < count; done += kSamples) {
      kept += pipeline::decide(candidates, {}, log::PartitionId{0}, kWindow).size();
    }
    return kept;
  });
}

Result<Work> row(const StepOptions& /*options*/) {
  return Work([events = std::make_shared<std::vector<domain::Event>>(sample_events(kSamples)),
               rows = store::EventRows()](std::uint64_t count) mutable -> Result<std::uint64_t> {
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i % kSamples == 0) rows.clear();
      rows.add((*events)[i % kSamples], kReceivedAt, log::Offset{static_cast<std::int64_t>(i)});
      bytes += rows.bytes().size();
    }
    return bytes;
  });
}

constexpr std::array<Step, 3> kSteps = {{
    {"filter", "an id: asked for in the filter, then added", filter},
    {"decide", "which of 1,000 candidates are stored, none known", decide},
    {"row", "an event as a row of the insert", row},
}};

}  // namespace

std::span<const Step> pipeline_steps() {
  return kSteps;
}

}  // namespace fanfinity::bench
