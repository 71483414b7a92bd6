#pragma once
// Result<T>: a value or an Error. Exceptions of libraries stop at the adapter that calls them;
// everything above speaks in these. `Status` is the result of work that yields nothing.

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace fanfinity::base {

/// What the caller should do about a failure. Switch over it without a default.
enum class Errc {
  kInvalid,         ///< The input is wrong; sending it again will not help.
  kNotFound,        ///< The thing asked for does not exist.
  kUnavailable,     ///< Nothing was done; try again later.
  kFull,            ///< Nothing was done because a limit (disk, queue) is reached; try again later.
  kUnknownOutcome,  ///< The write may or may not have landed; repeat the very same write.
  kRefused,         ///< Definitely not written, and the same write will be refused again.
  kFenced,          ///< The caller no longer owns what it writes to; stop, do not retry.
  kCorrupt,         ///< Stored bytes are not what was written; an operator must look.
  kStopped,         ///< The wait was cut short because the process is stopping.
  kInternal,        ///< Our own bug.
};

[[nodiscard]] constexpr const char* to_string(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return "invalid";
    case Errc::kNotFound:
      return "not found";
    case Errc::kUnavailable:
      return "unavailable";
    case Errc::kFull:
      return "full";
    case Errc::kUnknownOutcome:
      return "unknown outcome";
    case Errc::kRefused:
      return "refused";
    case Errc::kFenced:
      return "fenced";
    case Errc::kCorrupt:
      return "corrupt";
    case Errc::kStopped:
      return "stopped";
    case Errc::kInternal:
      return "internal";
  }
  return "?";
}

struct Error {
  Errc code = Errc::kInternal;
  std::string detail;  ///< One sentence for a person, with the remedy where there is one.
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : ok_(false), error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    assert(!ok_);
    return error_;
  }

 private:
  bool ok_ = true;
  Error error_{};
};

using Status = Result<void>;

}  // namespace fanfinity::base
