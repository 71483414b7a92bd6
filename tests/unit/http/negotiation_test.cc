#include "http/negotiation.h"

#include <gtest/gtest.h>

namespace fanfinity::http::test {
namespace {

TEST(Negotiation, TakesGzipWhereItIsNamedOrAnythingIs) {
  for (const char* header : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5, br", "br;q=1.0 , gzip ; q=0.001",
                             "*", "identity;q=0, *;q=0.2", "gzip;level=9"}) {
    EXPECT_TRUE(accepts_gzip(header)) << header;
  }
}

TEST(Negotiation, DoesNotTakeGzipOtherwise) {
  for (const char* header :
       {"", "identity", "br, zstd", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzipped", ",;,"}) {
    EXPECT_FALSE(accepts_gzip(header)) << header;
  }
}

}  // namespace
}  // namespace fanfinity::http::test
