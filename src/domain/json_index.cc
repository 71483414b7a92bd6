#include "domain/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace fanfinity::domain {
namespace {

constexpr std::size_t kSmallest = 1024;
constexpr std::size_t kKept = 1024 * 1024;  // What a thread keeps between texts.
constexpr std::size_t kLargest = std::size_t{1} << 31U;

std::string_view sentence(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "is not valid JSON: a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "is not valid JSON: a string holds a control character that is not escaped";
    case simdjson::EMPTY:
      return "is empty";
    case simdjson::MEMALLOC:
      return "could not be read for lack of memory";
    default:
      return "is not valid JSON";
  }
}

}  // namespace

struct JsonIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;

  simdjson::error_code reserve(std::size_t size) {
    if (stages && stages->capacity() >= size) return simdjson::SUCCESS;
    stages.reset();
    // Stage 2 is never run, so its stack of open containers need not be larger than one.
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
        std::bit_ceil(std::max(size, kSmallest)), 1, stages);
  }
};

JsonIndex::JsonIndex() : parser_(std::make_unique<Parser>()) {}
JsonIndex::~JsonIndex() = default;
JsonIndex::JsonIndex(JsonIndex&&) noexcept = default;
JsonIndex& JsonIndex::operator=(JsonIndex&&) noexcept = default;

std::optional<std::string_view> JsonIndex::build(std::string_view text) {
  if (text.empty()) return sentence(simdjson::EMPTY);
  if (text.size() > kLargest) return "is larger than 2 GiB";
  simdjson::error_code code = parser_->reserve(text.size());
  if (code == simdjson::SUCCESS) {
    code = parser_->stages->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                   simdjson::stage1_mode::regular);
  }
  if (code != simdjson::SUCCESS) return sentence(code);
  return std::nullopt;
}

const std::uint32_t* JsonIndex::begin() const {
  return parser_->stages->structural_indexes.get();
}

const std::uint32_t* JsonIndex::end() const {
  return begin() + parser_->stages->n_structural_indexes;
}

void JsonIndex::trim() {
  if (parser_->stages && parser_->stages->capacity() > kKept) parser_->stages.reset();
}

}  // namespace fanfinity::domain
