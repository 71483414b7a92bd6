#include "config/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/consistency.h"

namespace fanfinity::config {
namespace {

using Environment = std::map<std::string, std::string>;

base::Result<LoadedSettings> load_from(const Environment& environment,
                                       const std::map<std::string, std::string>& flags = {}) {
  return load(
      [&environment](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
      },
      flags);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class SecretFile {
 public:
  explicit SecretFile(const std::string& content) {
    const int made = mkstemp(path_.data());
    EXPECT_GE(made, 0);
    EXPECT_EQ(write(made, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    close(made);
  }
  ~SecretFile() { std::filesystem::remove(path_); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "fanfinity-secret-XXXXXX";
};

TEST(Settings, DefaultsAreTheContractsOwn) {
  const auto loaded = load_from({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  const Settings& settings = loaded->settings;
  EXPECT_EQ(settings.server.host, "127.0.0.1");
  EXPECT_EQ(settings.server.port, 8080);
  EXPECT_EQ(settings.clickhouse.port, 8123);
  EXPECT_EQ(settings.clickhouse.database, "fanfinity");
  EXPECT_EQ(settings.data_dir, "./data");
  EXPECT_EQ(settings.pipeline.dedup_window, std::chrono::hours(24 * 7));
}

TEST(Settings, EveryDefaultSurvivesItsOwnParser) {
  for (const Option& option : options()) {
    const std::string shown = option.show(Settings{});
    Settings again;
    if (shown.empty()) continue;
    EXPECT_TRUE(option.parse(shown, again).ok()) << option.name << "=" << shown;
    EXPECT_EQ(option.show(again), shown) << option.name;
  }
}

TEST(Settings, NamesAndFlagsAreDistinct) {
  std::set<std::string> names;
  std::set<std::string> flags;
  for (const Option& option : options()) {
    EXPECT_TRUE(names.emplace(option.name).second) << option.name;
    EXPECT_TRUE(flags.insert(option.flag()).second) << option.flag();
    EXPECT_FALSE(option.prose.empty()) << option.name;
  }
}

TEST(Settings, FlagsWinOverTheEnvironmentAndTellWhereTheyCameFrom) {
  const auto loaded = load_from({{"SERVER_PORT", "9001"}, {"SERVER_HOST", "::1"}}, {{"SERVER_PORT", "9002"}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.server.port, 9002);
  EXPECT_EQ(loaded->origins.at("SERVER_PORT"), "flag");
  EXPECT_EQ(loaded->origins.at("SERVER_HOST"), "environment");
  EXPECT_EQ(loaded->origins.at("LOG_LEVEL"), "default");
}

TEST(Settings, AnEmptyVariableCountsAsNotSet) {
  const auto loaded = load_from({{"SERVER_PORT", ""}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.server.port, 8080);
}

TEST(Settings, AFaultNamesTheSettingTheValueAndTheRemedy) {
  const auto loaded = load_from({{"SERVER_PORT", "70000"}, {"BATCH_MAX_AGE", "5"}});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, base::Errc::kInvalid);
  EXPECT_NE(loaded.error().detail.find(
                "SERVER_PORT=70000 must be a whole number from 0 to 65535 (from environment)"),
            std::string::npos)
      << loaded.error().detail;
  EXPECT_NE(loaded.error().detail.find("BATCH_MAX_AGE=5 must be a duration"), std::string::npos)
      << "every fault is named, not only the first";
}

TEST(Settings, TheNativeClickHousePortIsRecognised) {
  for (const char* port : {"9000", "9440"}) {
    const auto loaded = load_from({{"CLICKHOUSE_PORT", port}});
    ASSERT_FALSE(loaded.ok());
    EXPECT_NE(loaded.error().detail.find("native port"), std::string::npos) << loaded.error().detail;
    EXPECT_NE(loaded.error().detail.find("8123"), std::string::npos);
  }
}

TEST(Settings, ASecretCanComeFromAFile) {
  const SecretFile file("s3cret\n");
  const auto loaded = load_from({{"CLICKHOUSE_PASSWORD_FILE", file.path()}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(loaded->settings.clickhouse.password, "s3cret");
  EXPECT_EQ(loaded->origins.at("CLICKHOUSE_PASSWORD"), "file " + file.path());
}

TEST(Settings, ASecretGivenTwiceOrFromNoFileIsRefused) {
  const SecretFile file("s3cret");
  EXPECT_FALSE(load_from({{"CLICKHOUSE_PASSWORD_FILE", file.path()}, {"CLICKHOUSE_PASSWORD", "x"}}));
  const auto missing = load_from({{"CLICKHOUSE_PASSWORD_FILE", file.path() + ".missing"}});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().detail.find("cannot be read"), std::string::npos);
}

TEST(Settings, SecretsAreMaskedWhereverTheyAreShown) {
  const auto loaded = load_from({{"CLICKHOUSE_PASSWORD", "hunter2"}, {"API_WRITE_KEYS", "key-one,key-two"}});
  ASSERT_TRUE(loaded.ok());
  const std::string shown = show(*loaded);
  EXPECT_EQ(shown.find("hunter2"), std::string::npos);
  EXPECT_EQ(shown.find("key-one"), std::string::npos);
  EXPECT_NE(shown.find("********"), std::string::npos);
  const auto faulty = load_from({{"API_WRITE_KEYS", "secret-key,,x"}});
  ASSERT_FALSE(faulty.ok());
  EXPECT_EQ(faulty.error().detail.find("secret-key"), std::string::npos) << faulty.error().detail;
}

TEST(Settings, RetentionMayNotBeShorterThanTheDeduplicationWindow) {
  EXPECT_FALSE(load_from({{"RETENTION_DAYS", "6"}}));
  EXPECT_TRUE(load_from({{"RETENTION_DAYS", "7"}}));
  EXPECT_TRUE(load_from({{"RETENTION_DAYS", "1"}, {"DEDUP_WINDOW", "24h"}}));
}

std::string fault_of(const Environment& environment) {
  const auto loaded = load_from(environment);
  return loaded.ok() ? std::string("(none)") : loaded.error().detail;
}

TEST(Settings, TheSecurePortIsTheDefaultOnlyForHttps) {
  EXPECT_EQ(load_from({{"CLICKHOUSE_SECURE", "true"}})->settings.clickhouse.port, 8443);
  EXPECT_EQ(load_from({{"CLICKHOUSE_SECURE", "true"}, {"CLICKHOUSE_PORT", "8123"}})->settings.clickhouse.port,
            8123);
}

TEST(Settings, ALoginThatIsHalfGivenIsRefused) {
  const std::string no_mechanism = fault_of(
      {{"KAFKA_SECURITY_PROTOCOL", "SASL_SSL"}, {"KAFKA_SASL_USER", "u"}, {"KAFKA_SASL_PASSWORD", "p"}});
  EXPECT_NE(no_mechanism.find("KAFKA_SECURITY_PROTOCOL=sasl_ssl needs KAFKA_SASL_MECHANISM"),
            std::string::npos)
      << no_mechanism;
  const std::string no_login = fault_of({{"KAFKA_SASL_USER", "u"}});
  EXPECT_NE(no_login.find("KAFKA_SASL_USER=u"), std::string::npos) << no_login;
  const std::string secret = fault_of({{"KAFKA_SASL_PASSWORD", "hunter2"}});
  EXPECT_NE(secret.find("KAFKA_SASL_PASSWORD"), std::string::npos) << secret;
  EXPECT_EQ(secret.find("hunter2"), std::string::npos) << secret;
  const std::string no_password = fault_of({{"KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"},
                                            {"KAFKA_SASL_MECHANISM", "scram-sha-512"},
                                            {"KAFKA_SASL_USER", "u"}});
  EXPECT_NE(no_password.find("KAFKA_SASL_PASSWORD"), std::string::npos) << no_password;
}

TEST(Settings, ACertificateNeedsItsKeyAndTls) {
  EXPECT_NE(fault_of({{"CLICKHOUSE_SECURE", "true"}, {"CLICKHOUSE_CERT_FILE", "/c.pem"}})
                .find("CLICKHOUSE_CERT_FILE=/c.pem needs CLICKHOUSE_KEY_FILE"),
            std::string::npos);
  EXPECT_NE(fault_of({{"KAFKA_SECURITY_PROTOCOL", "ssl"}, {"KAFKA_KEY_FILE", "/k.pem"}})
                .find("KAFKA_KEY_FILE=/k.pem needs KAFKA_CERT_FILE"),
            std::string::npos);
  EXPECT_NE(fault_of({{"CLICKHOUSE_CA_FILE", "/ca.pem"}}).find("CLICKHOUSE_SECURE=true"), std::string::npos);
  EXPECT_NE(fault_of({{"KAFKA_CA_FILE", "/ca.pem"}}).find("KAFKA_SECURITY_PROTOCOL=plaintext"),
            std::string::npos);
}

TEST(Settings, TopicsAreThreeDifferentOnes) {
  EXPECT_NE(fault_of({{"KAFKA_RETRY_TOPIC", "events"}}).find("KAFKA_RETRY_TOPIC=events"), std::string::npos);
  EXPECT_NE(fault_of({{"KAFKA_DEAD_TOPIC", "a/b"}}).find("KAFKA_DEAD_TOPIC=a/b"), std::string::npos);
}

TEST(Settings, AWordOfAChoiceIsTakenInAnyCase) {
  EXPECT_EQ(load_from({{"KAFKA_COMPRESSION", "ZSTD"}})->settings.kafka.compression, "zstd");
  EXPECT_NE(fault_of({{"KAFKA_COMPRESSION", "brotli"}}).find("none | gzip | snappy | lz4 | zstd"),
            std::string::npos);
}

TEST(Settings, APasswordInTheClearIsWarnedAboutUnlessItStaysHere) {
  Environment environment = {{"KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"},
                             {"KAFKA_SASL_MECHANISM", "PLAIN"},
                             {"KAFKA_SASL_USER", "u"},
                             {"KAFKA_SASL_PASSWORD", "hunter2"},
                             {"KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092,[::1]:9092,localhost:9093"}};
  EXPECT_TRUE(warnings(load_from(environment)->settings).empty());
  environment["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:9092,kafka-1:9092";
  const auto told = warnings(load_from(environment)->settings);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("sasl_ssl"), std::string::npos);
  EXPECT_EQ(told[0].find("hunter2"), std::string::npos);
}

TEST(Documents, AreWhatTheTableSays) {
  const std::filesystem::path project(PROJECT_DIR);
  EXPECT_EQ(read_file(project / "docs/CONFIGURATION.md"), reference_markdown())
      << "run: build/release/fanfinity config --markdown > docs/CONFIGURATION.md";
  EXPECT_EQ(read_file(project / ".env.example"), example_environment())
      << "run: build/release/fanfinity config --example > .env.example";
}

}  // namespace
}  // namespace fanfinity::config
