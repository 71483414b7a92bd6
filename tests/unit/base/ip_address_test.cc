#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace fanfinity::base {
namespace {

bool contains(std::string_view network, std::string_view address) {
  const auto parsed = IpNetwork::parse(network);
  const auto other = IpAddress::parse(address);
  EXPECT_TRUE(parsed && other) << network << " " << address;
  return parsed && other && parsed->contains(*other);
}

TEST(IpAddress, IsShownInItsShortestForm) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:0DB8:0:0::1")->text(), "2001:db8::1");
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const std::string_view text :
       {"", "1", "127.1", "1.2.3.4.5", "1.2.3.256", "[::1]", "::1%lo", "::1:80:", "example.org", " 1.2.3.4",
        "1.2.3.4:80", "0x7f.0.0.1", "2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, KnowsLoopback) {
  for (const std::string_view text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback()) << text;
  }
  for (const std::string_view text : {"128.0.0.1", "0.0.0.0", "::", "::2", "fe80::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback()) << text;
  }
}

TEST(IpNetwork, ContainsWhatSharesItsPrefix) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
}

TEST(IpNetwork, IsShownAsItIsWritten) {
  for (const std::string_view text :
       {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0", "::/0", "::1"}) {
    EXPECT_EQ(IpNetwork::parse(text)->text(), text);
  }
}

TEST(IpNetwork, RefusesWhatIsNotOne) {
  for (const std::string_view text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
                                      "10.1.2.3/8", "2001:db8::1/32", "::/129", "example.org", "10/8"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

}  // namespace
}  // namespace fanfinity::base
