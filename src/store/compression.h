#pragma once
// Compression of request bodies, for a ClickHouse on another machine.

#include <string>
#include <string_view>

#include "base/result.h"

namespace fanfinity::store {

enum class Compression { kNone, kLz4, kZstd };

/// The name for Content-Encoding; empty for kNone.
[[nodiscard]] std::string_view content_encoding(Compression compression);

/// `body` as one frame. Not for kNone.
[[nodiscard]] base::Result<std::string> compress(std::string_view body, Compression compression);

}  // namespace fanfinity::store
