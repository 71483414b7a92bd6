#include "store/id_blocks.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Status;

// Two columns; the number of rows; then each column's name and type, with their lengths, and its values.
constexpr std::string_view kColumns = "\x02";
constexpr std::string_view kIdHeader =
    "\x08"
    "event_id"
    "\x04"
    "UUID";
constexpr std::string_view kTimeHeader =
    "\x0b"
    "received_at"
    "\x14"
    "DateTime64(3, 'UTC')";
constexpr std::size_t kIdBytes = sizeof(base::Uuid);
constexpr std::size_t kTimeBytes = sizeof(std::int64_t);
constexpr std::size_t kMaxRows = 1'000'000;  // ClickHouse cuts at 65,409.

std::uint64_t integer_at(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

/// A ClickHouse UUID is two integers, the high half first, each little-endian.
base::Uuid uuid_at(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t halves[] = {__builtin_bswap64(integer_at(at)), __builtin_bswap64(integer_at(at + 8))};
  base::Uuid id;
  std::memcpy(id.bytes.data(), halves, sizeof(halves));
  return id;
}

/// Whether `bytes` has `header` at `at`, as far as it goes.
bool may_have(std::string_view bytes, std::size_t at, std::string_view header) {
  if (at >= bytes.size()) return true;
  const std::string_view there = bytes.substr(at, header.size());
  return header.starts_with(there);
}

}  // namespace

IdBlocks::Front IdBlocks::look(std::string_view bytes, Layout& layout) {
  if (!may_have(bytes, 0, kColumns)) return Front::kForeign;
  std::size_t at = kColumns.size();
  for (unsigned shift = 0;; shift += 7) {
    if (shift > 28) return Front::kForeign;
    if (at >= bytes.size()) return Front::kIncomplete;
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    layout.rows |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) break;
  }
  layout.ids = at + kIdHeader.size();
  layout.times = layout.ids + layout.rows * kIdBytes + kTimeHeader.size();
  layout.end = layout.times + layout.rows * kTimeBytes;
  const bool ours = layout.rows <= kMaxRows && may_have(bytes, at, kIdHeader) &&
                    may_have(bytes, layout.times - kTimeHeader.size(), kTimeHeader);
  if (!ours) return Front::kForeign;
  return bytes.size() < layout.end ? Front::kIncomplete : Front::kBlock;
}

Status IdBlocks::hand_out(std::string_view& bytes) {
  while (!bytes.empty()) {
    Layout layout;
    const Front front = look(bytes, layout);
    wanted_ = layout.end;
    if (front == Front::kIncomplete) return {};
    if (front == Front::kForeign) {
      return Error{Errc::kUnavailable, "ClickHouse's answer is not a list of ids; ask again."};
    }
    ids_.resize(layout.rows);
    for (std::size_t i = 0; i < layout.rows; ++i) {
      const auto time = static_cast<std::int64_t>(integer_at(bytes.data() + layout.times + i * kTimeBytes));
      ids_[i] = {uuid_at(bytes.data() + layout.ids + i * kIdBytes),
                 base::Timestamp{std::chrono::milliseconds{time}}};
    }
    bytes.remove_prefix(layout.end);
    wanted_ = 0;
    if (ids_.empty()) continue;
    if (auto taken = each_(ids_); !taken) return taken;
  }
  return {};
}

Status IdBlocks::take(std::string_view bytes) {
  if (pending_.empty()) {
    if (auto done = hand_out(bytes); !done) return done;
    pending_ = bytes;
    return {};
  }
  pending_.append(bytes);
  if (pending_.size() < wanted_) return {};
  std::string_view all = pending_;
  if (auto done = hand_out(all); !done) return done;
  pending_.erase(0, pending_.size() - all.size());
  return {};
}

}  // namespace fanfinity::store
