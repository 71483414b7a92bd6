#pragma once
// Events ingested by type, events rejected, views answered from memory.

#include <array>

#include "api/observer.h"
#include "observe/metrics.h"

namespace fanfinity::observe {

class ApiMetrics final : public api::Observer {
 public:
  explicit ApiMetrics(Metrics& metrics);
  void on_ingested(domain::EventType type, api::Known known) override;
  void on_rejected(std::uint64_t events) override;
  void on_not_durable(std::uint64_t events) override;
  void on_from_the_future(std::uint64_t events) override;
  void on_view(bool from_memory) override;
  /// Takes over a count that others keep, at a scrape.
  void set_stale_answers(std::uint64_t since_start);

 private:
  std::array<prometheus::Counter*, domain::kAllEventTypes.size() + 1> ingested_{};  ///< By number of type.
  prometheus::Counter& known_same_;
  prometheus::Counter& known_different_;
  prometheus::Counter& rejected_;
  prometheus::Counter& not_durable_;
  prometheus::Counter& from_the_future_;
  prometheus::Counter& stale_answers_;
  prometheus::Counter& from_memory_;
  prometheus::Counter& from_store_;
};

}  // namespace fanfinity::observe
