#include "http/body_reader.h"

#include <algorithm>

namespace fanfinity::http {
namespace {

constexpr int kMaxSizeDigits = 16;
constexpr Refusal kBadChunk{400, "The chunked body is malformed."};
constexpr Refusal kTooLarge{413, "The body is larger than this resource takes."};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool field_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

void BodyReader::start(const RequestHead& head, std::uint64_t limit) {
  *this = BodyReader();
  switch (head.framing) {
    case Framing::kNone:
      return;
    case Framing::kLength:
      state_ = State::kLength;
      remaining_ = head.content_length;
      allowance_ = limit;
      return;
    case Framing::kChunked:
      state_ = State::kSizeFirst;
      allowance_ = limit;
      return;
  }
}

std::optional<Refusal> BodyReader::feed(std::string_view& input, std::string& body) {
  while (!input.empty() && !done()) {
    if (state_ == State::kLength) {
      if (remaining_ > allowance_) return kTooLarge;
      take_bytes(input, body, State::kDone);
    } else if (state_ == State::kData) {
      take_bytes(input, body, State::kDataCr);
    } else {
      const char c = input.front();
      input.remove_prefix(1);
      if (auto refusal = take_framing(c)) return refusal;
    }
  }
  return std::nullopt;
}

void BodyReader::take_bytes(std::string_view& input, std::string& body, State next) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  body.append(input.data(), count);
  input.remove_prefix(count);
  remaining_ -= count;
  if (remaining_ == 0) state_ = next;
}

std::optional<Refusal> BodyReader::take_framing(char c) {
  const auto expect = [&](char wanted, State next) -> std::optional<Refusal> {
    if (c != wanted) return kBadChunk;
    state_ = next;
    return std::nullopt;
  };
  switch (state_) {
    case State::kSizeFirst:
    case State::kSize:
      return take_size_digit(c);
    case State::kExtension:
      return take_extension(c);
    case State::kSizeLf:
      if (c != '\n') return kBadChunk;
      return end_of_size();
    case State::kDataCr:
      return expect('\r', State::kDataLf);
    case State::kDataLf:
      return expect('\n', State::kSizeFirst);
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
      return take_trailer(c);
    case State::kTrailerLf:
      return expect('\n', State::kTrailerStart);
    case State::kLastLf:
      return expect('\n', State::kDone);
    case State::kLength:
    case State::kData:
    case State::kDone:
      break;
  }
  return kBadChunk;
}

std::optional<Refusal> BodyReader::take_size_digit(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (state_ == State::kSizeFirst) {
      digits_ = 0;
      remaining_ = 0;
      state_ = State::kSize;
    }
    if (++digits_ > kMaxSizeDigits) return kBadChunk;
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return std::nullopt;
  }
  if (state_ == State::kSizeFirst) return kBadChunk;
  if (c == '\r') {
    state_ = State::kSizeLf;
    return std::nullopt;
  }
  if (c != ';') return kBadChunk;
  state_ = State::kExtension;
  return take_extension(c);
}

std::optional<Refusal> BodyReader::take_extension(char c) {
  if (c == '\r') {
    state_ = State::kSizeLf;
    return std::nullopt;
  }
  if (!field_char(c)) return kBadChunk;
  if (++extension_bytes_ > kMaxChunkExtensionBytes) {
    return Refusal{400, "The chunk extensions are too long."};
  }
  return std::nullopt;
}

std::optional<Refusal> BodyReader::end_of_size() {
  if (remaining_ == 0) {
    state_ = State::kTrailerStart;
    return std::nullopt;
  }
  if (remaining_ > allowance_) return kTooLarge;
  allowance_ -= remaining_;
  state_ = State::kData;
  return std::nullopt;
}

std::optional<Refusal> BodyReader::take_trailer(char c) {
  if (++trailer_bytes_ > kMaxTrailerBytes) return Refusal{431, "The trailer section is too long."};
  if (state_ == State::kTrailerStart && c == '\r') {
    state_ = State::kLastLf;
  } else if (state_ == State::kTrailerValue) {
    if (c == '\r') {
      state_ = State::kTrailerLf;
    } else if (!field_char(c)) {
      return kBadChunk;
    }
  } else if (token_char(c)) {
    state_ = State::kTrailerName;
  } else if (state_ == State::kTrailerName && c == ':') {
    state_ = State::kTrailerValue;
  } else {
    return kBadChunk;
  }
  return std::nullopt;
}

}  // namespace fanfinity::http
