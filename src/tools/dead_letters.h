#pragma once
// Dead letters: events that ClickHouse kept refusing. They stay in the stream `dead`; one whose id has
// been stored since (a resend, a replay) is dead no more and is left out everywhere (EXACTLY-ONCE C7).

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "log/log.h"
#include "store/store.h"

namespace fanfinity::tools {

struct DeadLetter {
  log::Position at;
  log::Record record;
};

/// Thread-safe; calls block. The ports outlive it.
class DeadLetters {
 public:
  DeadLetters(log::Reader& reader, log::Producer& producer, store::EventStore& store)
      : reader_(reader), producer_(producer), store_(store) {}

  /// Newest first, one an id (its latest death), at most `limit`.
  [[nodiscard]] base::Result<std::vector<DeadLetter>> list(std::size_t limit);
  /// kNotFound when the id is not dead.
  [[nodiscard]] base::Result<DeadLetter> show(const base::Uuid& id);
  /// Produces these, or all when empty, to `events` again with no attempts used up. How many were.
  [[nodiscard]] base::Result<std::uint64_t> replay(std::span<const base::Uuid> ids);

 private:
  using Index = std::vector<std::pair<base::Uuid, log::Position>>;

  [[nodiscard]] base::Result<Index> index();
  [[nodiscard]] base::Result<Index> without_stored(std::span<const Index::value_type> some);
  [[nodiscard]] base::Result<DeadLetter> read(const log::Position& at);
  [[nodiscard]] base::Status produce(std::vector<log::Record> records);

  log::Reader& reader_;
  log::Producer& producer_;
  store::EventStore& store_;
};

/// One JSON object: the event, why it died, and every attempt.
[[nodiscard]] std::string to_json(const DeadLetter& letter);
/// A table for a terminal.
[[nodiscard]] std::string to_table(std::span<const DeadLetter> letters);

}  // namespace fanfinity::tools
