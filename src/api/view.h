#pragma once
// What all views of matches share: the watermark, and how failures look.

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/http.h"

namespace fanfinity::api {

/// The moment before which everything acknowledged is counted. Blocks; read before the store.
using AsOf = std::function<base::Result<base::Timestamp>()>;

/// 404 for what is not found, 400 for what cannot be answered as asked, else a 503. Why it is one, only the
/// log says.
[[nodiscard]] http::Response view_problem(const base::Error& error);

/// Gives the response a weak entity tag of all but `asOf`, which ends every view: an answer of which only
/// that has moved is the same to whoever asks again.
void tag_view(http::Response& response);
/// Ends the object in the body with `asOf`, and tags it.
void end_view(base::Timestamp as_of, http::Response& response);

}  // namespace fanfinity::api
