// The rows about ClickHouse.

#include <cctype>

#include "config/option_rows.h"

namespace fanfinity::config {
namespace {

using base::Errc;
using base::Error;
using base::Status;

Status parse_clickhouse_port(std::string_view text, std::uint16_t& port) {
  auto parsed = parse_integer(text, 1, 65'535);
  if (!parsed) return parsed.error();
  if (*parsed == 9000 || *parsed == 9440) {
    return Error{Errc::kInvalid,
                 "is ClickHouse's native port; Fanfinity speaks HTTP: use the HTTP port, 8123 (HTTPS: 8443) "
                 "unless configured otherwise"};
  }
  port = static_cast<std::uint16_t>(*parsed);
  return {};
}

}  // namespace

void add_clickhouse_options(std::vector<Option>& out) {
  Rows<ClickHouseSettings> rows(out, "ClickHouse", &Settings::clickhouse);
  rows.host("CLICKHOUSE_HOST", "host", "CLICKHOUSE_PORT", &ClickHouseSettings::host,
            "A ClickHouse server to use. Empty: `fanfinity up` starts the embedded one.");
  rows.add(
      "CLICKHOUSE_PORT", "1..65535",
      "ClickHouse's HTTP port; with CLICKHOUSE_SECURE the default is 8443. The native ports 9000 and 9440 "
      "are "
      "refused.",
      false, &ClickHouseSettings::port,
      [](std::string_view text) -> base::Result<std::uint16_t> {
        std::uint16_t port = 0;
        if (auto status = parse_clickhouse_port(text, port); !status) return status.error();
        return port;
      },
      [](std::uint16_t port) { return fmt::format("{}", port); });
  rows.add(
      "CLICKHOUSE_DATABASE", "name", "The database; created when missing.", false,
      &ClickHouseSettings::database,
      [](std::string_view text) -> base::Result<std::string> {
        const bool plain = std::all_of(text.begin(), text.end(),
                                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
        if (text.empty() || text.size() > 64 || !plain ||
            std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
          return Error{Errc::kInvalid,
                       "must be up to 64 letters, digits and underscores, not starting with a digit"};
        }
        return std::string(text);
      },
      [](const std::string& name) { return name; });
  rows.text("CLICKHOUSE_USER", "text", &ClickHouseSettings::user, "User of the ClickHouse server.")
      .text("CLICKHOUSE_PASSWORD", "text", &ClickHouseSettings::password,
            "Password of the ClickHouse server.", true)
      .boolean("CLICKHOUSE_SECURE", &ClickHouseSettings::secure,
               "Whether to speak HTTPS. Certificates are always verified, host names included.")
      .file("CLICKHOUSE_CA_FILE", &ClickHouseSettings::ca_file,
            "Certificates to trust (PEM). Empty: the system's.")
      .file("CLICKHOUSE_CERT_FILE", &ClickHouseSettings::cert_file,
            "Certificate to show to ClickHouse (PEM), for servers that ask for one.")
      .file("CLICKHOUSE_KEY_FILE", &ClickHouseSettings::key_file, "Its private key (PEM).")
      .duration("CLICKHOUSE_TIMEOUT", &ClickHouseSettings::request_timeout, 1'000 * kMs,
                std::chrono::hours(1),
                "How long one insert or query may take before it is given up and sent again.")
      .integer(
          "RETENTION_DAYS", "0..36500", &ClickHouseSettings::retention_days, 0, 36'500,
          "Days to keep events and metrics after they were received; 0: for ever. At least DEDUP_WINDOW.")
      .text("LIBCHDB_PATH", "path", &ClickHouseSettings::library,
            "The embedded ClickHouse's library, libchdb.so. Empty: beside the binary.")
      .size("CLICKHOUSE_MEMORY", &ClickHouseSettings::memory_bytes, 512 * kMiB, 1024 * kGiB,
            "Memory the embedded ClickHouse may take.")
      .boolean("CLICKHOUSE_FSYNC", &ClickHouseSettings::fsync,
               "Whether the embedded ClickHouse syncs every insert and merge to disk, for the case that the "
               "machine loses power.");
}

}  // namespace fanfinity::config
