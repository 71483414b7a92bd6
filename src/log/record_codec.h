#pragma once
// One record as bytes (docs/LOG-FORMAT.md, "Record").

#include <cstddef>
#include <optional>

#include "log/bytes.h"
#include "log/log.h"

namespace fanfinity::log {

/// The largest encoded record that is taken.
inline constexpr std::size_t kMaxRecordBytes = 1U << 20U;
inline constexpr std::size_t kMaxTraceparentBytes = 512;
inline constexpr std::size_t kMaxAttempts = 1'000;

[[nodiscard]] std::size_t encoded_bytes(const Record& record);
/// Writes exactly encoded_bytes(record), which must be within kMaxRecordBytes.
void encode(const Record& record, ByteWriter& out);
/// Empty when the bytes are not exactly one record followed by whatever is left in `in`.
[[nodiscard]] std::optional<Record> decode_record(ByteReader& in);
/// The same into a record whose memory is used again; false: it holds nothing of use.
[[nodiscard]] bool decode_record(ByteReader& in, Record& into);
/// Steps over one record; false when there is none.
[[nodiscard]] bool skip_record(ByteReader& in);

}  // namespace fanfinity::log
