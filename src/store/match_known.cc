#include "store/match_known.h"

namespace fanfinity::store {

base::Status check_match(ClickHouseHttp& http, const std::string& match_id) {
  auto answer = http.read({.sql = "SELECT 1 FROM matches WHERE match_id = {match:String} LIMIT 1 "
                                  "FORMAT RowBinary",
                           .params = {{"match", match_id}},
                           .settings = {}});
  if (!answer) return answer.error();
  if (answer->empty()) return base::Error{base::Errc::kNotFound, "The match has no event."};
  return {};
}

}  // namespace fanfinity::store
