#include "observe/api_metrics.h"

#include <string>

namespace fanfinity::observe {
namespace {

prometheus::Counter& known_events(Metrics& metrics, const std::string& content) {
  return metrics.counter(
      "fanfinity_events_known_total",
      "Events answered 202 whose id this server had accepted before, by whether their content was the same.",
      {{"content", content}});
}

}  // namespace

ApiMetrics::ApiMetrics(Metrics& metrics)
    : known_same_(known_events(metrics, "same")),
      known_different_(known_events(metrics, "different")),
      rejected_(metrics.counter("fanfinity_events_rejected_total", "Events that were not valid.")),
      not_durable_(metrics.counter("fanfinity_events_not_durable_total",
                                   "Valid events answered 503 because they could not be made durable.")),
      from_the_future_(metrics.counter(
          "fanfinity_events_from_the_future_total",
          "Events whose own time lay more than five minutes ahead of their arrival. They are counted.")),
      stale_answers_(metrics.counter(
          "fanfinity_stale_answers_total",
          "Requests given an older answer because ClickHouse could not be read (STALE_READS).")),
      from_memory_(metrics.counter("fanfinity_match_views_total", "Views of matches answered, by where from.",
                                   {{"source", "memory"}})),
      from_store_(metrics.counter("fanfinity_match_views_total", "Views of matches answered, by where from.",
                                  {{"source", "store"}})) {
  for (const domain::EventType type : domain::kAllEventTypes) {
    ingested_[static_cast<std::size_t>(type)] =
        &metrics.counter("fanfinity_events_ingested_total", "Events made durable and answered 202, by type.",
                         {{"event_type", std::string(domain::to_string(type))}});
  }
}

void ApiMetrics::on_ingested(domain::EventType type, api::Known known) {
  ingested_[static_cast<std::size_t>(type)]->Increment();
  if (known == api::Known::kSame) known_same_.Increment();
  if (known == api::Known::kDifferent) known_different_.Increment();
}
void ApiMetrics::on_rejected(std::uint64_t events) {
  rejected_.Increment(static_cast<double>(events));
}
void ApiMetrics::on_not_durable(std::uint64_t events) {
  not_durable_.Increment(static_cast<double>(events));
}
void ApiMetrics::on_from_the_future(std::uint64_t events) {
  from_the_future_.Increment(static_cast<double>(events));
}
void ApiMetrics::set_stale_answers(std::uint64_t since_start) {
  stale_answers_.Increment(static_cast<double>(since_start) - stale_answers_.Value());
}
void ApiMetrics::on_view(bool from_memory) {
  (from_memory ? from_memory_ : from_store_).Increment();
}

}  // namespace fanfinity::observe
