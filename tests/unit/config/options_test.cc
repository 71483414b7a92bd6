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

base::Result<LoadedSettings> load_from(const Environment& environment,
                                       const std::map<std::string, std::string>& flags = {}) {
  return load(environment, flags);
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

TEST(Settings, ASecretOfAToolIsReadInTheSameWay) {
  const SecretFile file("s3cret\n");
  EXPECT_EQ(load_secret({{"FANFINITY_API_KEY", "key"}}, "FANFINITY_API_KEY").value(), "key");
  EXPECT_EQ(load_secret({{"FANFINITY_API_KEY_FILE", file.path()}}, "FANFINITY_API_KEY").value(), "s3cret");
  EXPECT_EQ(load_secret({}, "FANFINITY_API_KEY").value(), "");
  EXPECT_FALSE(load_secret({{"FANFINITY_API_KEY_FILE", "/nowhere"}}, "FANFINITY_API_KEY").ok());
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
  const SecretFile file("pem");
  const std::string& pem = file.path();
  EXPECT_NE(fault_of({{"CLICKHOUSE_SECURE", "true"}, {"CLICKHOUSE_CERT_FILE", pem}})
                .find("CLICKHOUSE_CERT_FILE=" + pem + " needs CLICKHOUSE_KEY_FILE"),
            std::string::npos);
  EXPECT_NE(fault_of({{"KAFKA_SECURITY_PROTOCOL", "ssl"}, {"KAFKA_KEY_FILE", pem}})
                .find("KAFKA_KEY_FILE=" + pem + " needs KAFKA_CERT_FILE"),
            std::string::npos);
  EXPECT_NE(fault_of({{"CLICKHOUSE_CA_FILE", pem}}).find("CLICKHOUSE_SECURE=true"), std::string::npos);
  EXPECT_NE(fault_of({{"KAFKA_CA_FILE", pem}}).find("KAFKA_SECURITY_PROTOCOL=plaintext"), std::string::npos);
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

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Files, ThatCannotBeReadAreFaultsOfTheirSetting) {
  for (const Option& option : options()) {
    if (!option.name.ends_with("_FILE")) continue;
    for (const char* path : {"/nowhere/at.all", "/tmp"}) {
      Settings settings;
      const auto parsed = option.parse(path, settings);
      ASSERT_FALSE(parsed.ok()) << option.name << "=" << path;
      EXPECT_TRUE(holds(parsed.error().detail, "cannot be read")) << parsed.error().detail;
    }
  }
  EXPECT_TRUE(holds(fault_of({{"CLICKHOUSE_SECURE", "true"}, {"CLICKHOUSE_CA_FILE", "/nowhere/ca.pem"}}),
                    "CLICKHOUSE_CA_FILE=/nowhere/ca.pem names a file that cannot be read (No such file"));
}

TEST(Hosts, AreNamesOrAddressesAlone) {
  for (const char* name : {"SERVER_HOST", "CONSUMER_HOST", "CLICKHOUSE_HOST"}) {
    for (const char* good : {"localhost", "10.0.0.1", "::1", "[::1]", "ch-1.example.org"}) {
      EXPECT_EQ(fault_of({{name, good}}), "(none)") << name << "=" << good;
    }
    const std::string port = std::string(name).substr(0, std::string_view(name).find('_')) + "_PORT";
    for (const char* url : {"http://clickhouse", "https://clickhouse:8443/", "tcp://clickhouse:9000"}) {
      const std::string said = fault_of({{name, url}});
      EXPECT_TRUE(holds(said, std::string(name) + "=" + url + " is a URL")) << said;
      EXPECT_TRUE(holds(said, port)) << said;
    }
    EXPECT_TRUE(holds(fault_of({{name, "clickhouse:8123"}}), "holds a port")) << name;
    for (const char* odd : {"a b", "a/b", "a,b", "user@host"}) {
      EXPECT_TRUE(holds(fault_of({{name, odd}}), "one host name")) << name << "=" << odd;
    }
  }
}

TEST(Brokers, AreHostsWithPorts) {
  for (const char* good : {"kafka:9092", "kafka", "a:1, b:2", "[::1]:9092", "::1", "SASL_SSL://kafka:9093"}) {
    EXPECT_EQ(fault_of({{"KAFKA_BOOTSTRAP_SERVERS", good}}), "(none)") << good;
  }
  for (const char* bad : {"http://kafka:9092", "kafka:port", "kafka:0", "kafka:99999", ":9092", "a b:1",
                          "kafka:", "kafka:9092/events", "a:1,,b:2"}) {
    EXPECT_TRUE(holds(fault_of({{"KAFKA_BOOTSTRAP_SERVERS", bad}}), "KAFKA_BOOTSTRAP_SERVERS=")) << bad;
  }
}

TEST(Limits, ThatCannotBothHoldAreRefused) {
  EXPECT_TRUE(holds(fault_of({{"KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"}, {"KAFKA_DELIVERY_TIMEOUT", "10s"}}),
                    "KAFKA_DELIVERY_TIMEOUT=10s must be shorter than REQUEST_TIMEOUT=10s"));
  EXPECT_TRUE(holds(fault_of({{"KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"}, {"REQUEST_TIMEOUT", "5s"}}),
                    "KAFKA_DELIVERY_TIMEOUT=8s"));
  EXPECT_EQ(fault_of({{"REQUEST_TIMEOUT", "5s"}}), "(none)") << "nothing is delivered to Kafka";
  EXPECT_TRUE(holds(fault_of({{"KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"},
                              {"KAFKA_LINGER", "1s"},
                              {"KAFKA_DELIVERY_TIMEOUT", "1s"}}),
                    "KAFKA_LINGER=1s"));
  EXPECT_TRUE(holds(fault_of({{"MAX_STREAMS", "200"}, {"MAX_CONNECTIONS", "100"}}),
                    "MAX_STREAMS=200 is more than MAX_CONNECTIONS=100"));
  EXPECT_TRUE(holds(fault_of({{"RATE_BURST", "10"}}), "RATE_LIMIT"));
}

TEST(Limits, ThatFollowFromAnotherDoNotContradictIt) {
  const auto loaded = load_from({{"MAX_CONNECTIONS", "100"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(loaded->settings.server.max_streams, 100U);
  EXPECT_EQ(load_from({})->settings.server.max_streams, 20'000U);
}

TEST(Names, ThatAreASlipOffASettingAreRefused) {
  const std::vector<std::pair<const char*, const char*>> slips = {
      {"KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"},
      {"KAFKA_BOOTSTARP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"},
      {"KAFKA_BOOSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"},
      {"kafka_bootstrap_servers", "KAFKA_BOOTSTRAP_SERVERS"},
      {"kafka.bootstrap.servers", "KAFKA_BOOTSTRAP_SERVERS"},
      {"API_WRITE_KEY", "API_WRITE_KEYS"},
      {"API_WRITE_KEY_FILE", "API_WRITE_KEYS_FILE"},
      {"CLICKHOUSE_HOSTS", "CLICKHOUSE_HOST"},
      {"CLICKHOSUE_HOST", "CLICKHOUSE_HOST"},
      {"FANFINITY_DATADIR", "FANFINITY_DATA_DIR"},
      {"SERVER_PROT", "SERVER_PORT"}};
  for (const auto& [slip, meant] : slips) {
    const std::string said = fault_of({{slip, "x"}});
    EXPECT_TRUE(holds(said, std::string(slip) + " is not a setting, but " + meant + " is")) << said;
  }
}

TEST(Names, ThatAreASlipOffASettingThatIsGivenAreOnlyNamed) {
  const Environment environment = {{"KAFKA_BOOTSTRAP_SERVER", "a:1"}, {"KAFKA_BOOTSTRAP_SERVERS", "a:1"}};
  const auto loaded = load_from(environment);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_TRUE(holds(loaded->warnings[0], "KAFKA_BOOTSTRAP_SERVER in the environment"));
  EXPECT_TRUE(load_from({{"SERVER_PORTS", "1"}}, {{"SERVER_PORT", "1"}}).ok()) << "given as a flag";
}

TEST(Names, OfOtherProgramsStopNothing) {
  const Environment environment = {{"KAFKA_HOME", "/opt/kafka"},
                                   {"KAFKA_HEAP_OPTS", "-Xmx1g"},
                                   {"KAFKA_OPTS", "-D"},
                                   {"KAFKA_JVM_PERFORMANCE_OPTS", "-server"},
                                   {"PATH", "/bin"},
                                   {"TF_LOG_LEVEL", "x"},
                                   {"READ_TIMEOUT", "1"},
                                   {"SERVER_NAME", ""},
                                   {"KAFKA_SERVICE_HOST", "10.0.0.1"},
                                   {"KAFKA_SERVICE_PORT", "9092"},
                                   {"KAFKA_SERVICE_PORT_HTTP", "9092"},
                                   {"KAFKA_PORT", "tcp://10.0.0.1:9092"},
                                   {"KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"},
                                   {"CLICKHOUSE_SERVICE_HOST", "10.0.0.1"}};
  const auto loaded = load_from(environment);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings[0];
}

TEST(Names, ThatBeginLikeOursAndAreNoneAreNamed) {
  const auto loaded = load_from({{"KAFKA_BROKERS", "a:1"}, {"CLICKHOUSE_URL", "http://a"}, {"BROKERS", "a"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_TRUE(holds(loaded->warnings[0], "CLICKHOUSE_URL, KAFKA_BROKERS in the environment are no settings"))
      << loaded->warnings[0];
}

TEST(Names, ThatKubernetesMakesForAServiceAreIgnoredAndNamed) {
  for (const char* name : {"SERVER_PORT", "CONSUMER_PORT", "CLICKHOUSE_PORT"}) {
    for (const char* value : {"tcp://10.0.0.1:80", "udp://10.0.0.1:80", "tcp://[fd00::1]:80"}) {
      const auto loaded = load_from({{name, value}});
      ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
      EXPECT_EQ(loaded->origins.at(name), "default");
      ASSERT_EQ(loaded->warnings.size(), 1U) << name;
      EXPECT_TRUE(holds(loaded->warnings[0], std::string(name) + "=" + value + " was made by Kubernetes"));
    }
    EXPECT_FALSE(load_from({{name, "tcp://clickhouse:9000"}}).ok()) << "a host name: nobody but a person";
    EXPECT_TRUE(load_from({{name, "tcp://10.0.0.1:80"}}, {{name, "9001"}}).ok());
  }
  EXPECT_EQ(load_from({{"CLICKHOUSE_PORT", "tcp://10.0.0.1:80"}, {"CLICKHOUSE_SECURE", "true"}})
                ->settings.clickhouse.port,
            8443);
}

TEST(Settings, ListeningToTheWorldWithoutAKeyIsWarnedAbout) {
  for (const char* host : {"0.0.0.0", "::", "192.168.1.1", "example.org"}) {
    const auto told = server_warnings(load_from({{"SERVER_HOST", host}})->settings.server);
    ASSERT_EQ(told.size(), 1U) << host;
    EXPECT_TRUE(holds(told[0], std::string("SERVER_HOST=") + host + " without API_WRITE_KEYS")) << told[0];
  }
  for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
    EXPECT_TRUE(server_warnings(load_from({{"SERVER_HOST", host}})->settings.server).empty()) << host;
  }
  EXPECT_TRUE(
      server_warnings(load_from({{"SERVER_HOST", "0.0.0.0"}, {"API_WRITE_KEYS", "key"}})->settings.server)
          .empty());
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
