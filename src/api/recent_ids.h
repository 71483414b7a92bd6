#pragma once
// The ids that this server accepted last, and what came under them: an answer can say that an id is not new.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/uuid.h"

namespace fanfinity::api {

/// What a server knows of an id when it accepts an event.
enum class Known : std::uint8_t {
  kNo,         ///< Nothing: the id is new, or another server accepted it, or this one did so long ago.
  kSame,       ///< This server accepted it before, with the same content.
  kDifferent,  ///< This server accepted it before, with other content.
};

/// A table of fixed size: an id takes the place of an older one, so kNo proves nothing. The other two are
/// right unless 57 bits of two ids' hashes agree, or 24 bits of two contents' hashes. Thread-safe without
/// locks: of two threads that accept an id at the same moment, both may read kNo.
class RecentIds {
 public:
  /// The hash of what came under an id.
  [[nodiscard]] static std::uint32_t hash(std::string_view content);
  /// Remembers an accepted event. What was accepted first under an id stays what later contents are compared
  /// to.
  Known accept(const base::Uuid& id, std::uint32_t content_hash);

 private:
  static constexpr std::size_t kSlotBits = 17;  // 1 MiB: two minutes at 1,000 events/s.
  using Slots = std::array<std::atomic<std::uint64_t>, std::size_t{1} << kSlotBits>;

  /// 40 bits of the id's hash, 24 of the content's.
  std::unique_ptr<Slots> slots_ = std::make_unique<Slots>();
};

}  // namespace fanfinity::api
