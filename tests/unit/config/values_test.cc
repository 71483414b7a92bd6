#include "config/values.h"

#include <gtest/gtest.h>

namespace fanfinity::config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeast{1};
constexpr milliseconds kMost{std::chrono::hours(24 * 365)};

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("250ms", kLeast, kMost).value(), milliseconds(250));
  EXPECT_EQ(parse_duration("5s", kLeast, kMost).value(), milliseconds(5'000));
  EXPECT_EQ(parse_duration("2m", kLeast, kMost).value(), milliseconds(120'000));
  EXPECT_EQ(parse_duration("12h", kLeast, kMost).value(), std::chrono::hours(12));
  EXPECT_EQ(parse_duration("7d", kLeast, kMost).value(), std::chrono::hours(24 * 7));
}

TEST(Duration, RefusesWhatHasNoUnitOrIsOutOfRange) {
  for (const char* text :
       {"", "5", "s", "-1s", "1.5s", "1 s", "1x", "99999999999999999999s", "18446744073709551615d"}) {
    EXPECT_FALSE(parse_duration(text, kLeast, kMost)) << text;
  }
  EXPECT_FALSE(parse_duration("5s", milliseconds(6'000), kMost));
  EXPECT_FALSE(parse_duration("5s", kLeast, milliseconds(4'999)));
}

TEST(Duration, IsShownInTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(milliseconds(250)), "250ms");
  EXPECT_EQ(format_duration(milliseconds(60'000)), "1m");
  EXPECT_EQ(format_duration(std::chrono::hours(24 * 7)), "7d");
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(0)), "0ms");
}

TEST(Size, ReadsBinaryUnits) {
  EXPECT_EQ(parse_size("512", 0, ~0ULL).value(), 512U);
  EXPECT_EQ(parse_size("64KiB", 0, ~0ULL).value(), 65'536U);
  EXPECT_EQ(parse_size("8GiB", 0, ~0ULL).value(), 8ULL << 30U);
  for (const char* text : {"", "KiB", "1kb", "1 MiB", "-1", "99999999999GiB"}) {
    EXPECT_FALSE(parse_size(text, 0, ~0ULL)) << text;
  }
}

TEST(List, SplitsAtCommasAndRefusesEmptyItems) {
  EXPECT_EQ(parse_list("a, b,c").value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(parse_list("").value().empty());
  EXPECT_FALSE(parse_list("a,,b"));
  EXPECT_FALSE(parse_list(" "));
}

TEST(Hosts, AreNamesPatternsAndAddresses) {
  EXPECT_EQ(parse_hosts("Stats.Example.org, *.example.org,.example.com,192.0.2.1,[2001:db8::1],example.net")
                .value(),
            (std::vector<std::string>{"stats.example.org", "*.example.org", ".example.com", "192.0.2.1",
                                      "2001:db8::1", "example.net"}));
  EXPECT_EQ(parse_hosts("*").value(), (std::vector<std::string>{"*"}));
  for (const char* text :
       {"https://example.org", "example.org:8080", "example.org/", "*.", ".", "example.org.", "*example.org",
        "a.*.example", "a..b", "**", "a b", "[example.org]"}) {
    EXPECT_FALSE(parse_hosts(text)) << text;
  }
}

TEST(Networks, AreAddressesAndPrefixes) {
  EXPECT_EQ(parse_networks("127.0.0.1, 10.0.0.0/8,2001:db8::/32").value().size(), 3U);
  EXPECT_TRUE(parse_networks("").value().empty());
  for (const char* text : {"10.1.2.3/8", "proxy", "*", "10.0.0.0/8 11.0.0.0/8"}) {
    EXPECT_FALSE(parse_networks(text)) << text;
  }
}

TEST(Origins, AreThoseThatBrowsersSend) {
  EXPECT_EQ(parse_origins("https://fans.example, http://localhost:5173").value(),
            (std::vector<std::string>{"https://fans.example", "http://localhost:5173"}));
  EXPECT_EQ(parse_origins("*").value(), (std::vector<std::string>{"*"}));
  EXPECT_EQ(parse_origins("http://[::1]:3000").value().size(), 1U);
  EXPECT_TRUE(parse_origins("").value().empty());
  for (const char* text :
       {"fans.example", "https://", "https://fans.example/", "https://fans.example/app",
        "https://Fans.example", "HTTPS://fans.example", "https://fans.example:443", "http://fans.example:80",
        "null", "*,https://fans.example", "https://*.example", "https://a b", "https://fans.example\r\nX: y",
        "ftp://fans.example", "https://a:"}) {
    EXPECT_FALSE(parse_origins(text)) << text;
  }
}

}  // namespace
}  // namespace fanfinity::config
