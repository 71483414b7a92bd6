#pragma once
// What an answer of ClickHouse that is not a success means to us (EXACTLY-ONCE 6).

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace fanfinity::store {

struct ServerError {
  int code = 0;  ///< ClickHouse's own; 0 when it gave none.
  long http_status = 0;
  std::string_view message;  ///< ClickHouse's text.
};

enum class Work {
  kInsert,  ///< An insert of rows under a token.
  kChange,  ///< DDL: may have been done; harmless to repeat.
  kRead,    ///< Changes nothing.
  kLogin,   ///< Asks whether we are let in, at start.
};

/// Inserts: kRefused only for a code of the short list about values, parsing and constraints, and only when
/// it was raised before anything was written, that is not in a materialized view. kUnavailable where
/// the server turned us away before it looked at the rows. kUnknownOutcome for all else.
/// Reads: always kUnavailable. DDL: kUnknownOutcome, or kUnavailable when turned away. Login: kInvalid when
/// no waiting will help (user, password, address, rights), else kUnavailable.
[[nodiscard]] base::Error to_error(const ServerError& error, Work work);

/// Whether `code` is on the list of refusals.
[[nodiscard]] bool is_refusal(int code);

/// ClickHouse's code in "Code: 469. DB::Exception: ..."; 0 when there is none.
[[nodiscard]] int code_of(std::string_view message);

}  // namespace fanfinity::store
