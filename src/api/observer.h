#pragma once
// What the API's handlers tell about themselves, beside what the HTTP server already counts.

#include <cstdint>

#include "api/recent_ids.h"
#include "domain/event.h"

namespace fanfinity::api {

/// Thread-safe, cheap.
class Observer {
 public:
  virtual ~Observer() = default;
  /// An event was made durable and answered 202.
  virtual void on_ingested(domain::EventType type, Known known) = 0;
  /// An event was invalid.
  virtual void on_rejected(std::uint64_t events) = 0;
  /// An event was valid but could not be made durable (503).
  virtual void on_not_durable(std::uint64_t events) = 0;
  /// Durable events whose own time lies more than five minutes ahead of their arrival: some clock is wrong.
  virtual void on_from_the_future(std::uint64_t events) = 0;
  /// A view of a match was answered from memory, or had to ask the store.
  virtual void on_view(bool from_memory) = 0;
};

}  // namespace fanfinity::api
