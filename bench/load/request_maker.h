#pragma once
// Requests of a load generator: prepared once, ids patched in place.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/event_ids.h"

namespace fanfinity::bench {

/// What to ask for.
struct Ask {
  enum class Kind { kEvent, kNdjson, kArray, kGet };
  Kind kind = Kind::kEvent;
  std::string get_path;  ///< `{}` stands for a match's number.
  std::string match = "bench";
  std::uint32_t matches = 1;
  std::uint32_t batch = 1000;  ///< Events a request, for the two kinds of batches.
};

struct Request {
  std::string_view bytes;  ///< Until the next one is made.
  std::uint64_t first_id = 0;
  std::uint32_t events = 0;  ///< Whose ids are `first_id` and those that follow it.
};

/// One a thread. No two makers post the same event id.
class RequestMaker {
 public:
  virtual ~RequestMaker() = default;
  [[nodiscard]] virtual Request next() = 0;
  [[nodiscard]] const EventIds& ids() const { return ids_; }

 private:
  EventIds ids_ = EventIds::unlike_any_other();
};

/// `thread`: which of the threads it is for; they begin at different matches.
[[nodiscard]] std::unique_ptr<RequestMaker> make_requests(const Ask& ask, std::uint32_t thread);

}  // namespace fanfinity::bench
