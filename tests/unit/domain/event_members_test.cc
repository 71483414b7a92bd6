// The contract's rule for every member of an event.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/rfc3339.h"
#include "domain/event_json.h"
#include "sent_event.h"

namespace fanfinity::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tests::in_quotes;
using tests::repeated;
using tests::SentEvent;

Event accepted(const std::string& json) {
  EventParser parser;
  auto parsed = parser.parse(json);
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&parsed)) {
    ADD_FAILURE() << json.substr(0, 300) << ": " << errors->front().field << " " << errors->front().detail;
    return {};
  }
  return std::get<Event>(parsed);
}

/// Read from the log, where an earlier version put it.
Event read_back(const std::string& json) {
  EventParser parser;
  auto parsed = parser.parse_stored(json);
  EXPECT_TRUE(std::holds_alternative<Event>(parsed)) << json;
  return std::holds_alternative<Event>(parsed) ? std::get<Event>(parsed) : Event{};
}

std::vector<FieldError> refused(const std::string& json) {
  EventParser parser;
  auto parsed = parser.parse(json);
  if (std::holds_alternative<Event>(parsed)) {
    ADD_FAILURE() << json.substr(0, 300) << " was accepted";
    return {};
  }
  return std::get<std::vector<FieldError>>(std::move(parsed));
}

std::vector<std::string> fields_of(const std::vector<FieldError>& errors) {
  std::vector<std::string> fields;
  for (const FieldError& error : errors) fields.push_back(error.field);
  return fields;
}

void expect_refused(std::string_view member, const std::vector<std::string>& values,
                    std::string_view detail) {
  for (const std::string& value : values) {
    const auto errors = refused(SentEvent().with(member, value).json());
    ASSERT_EQ(errors.size(), 1) << value;
    EXPECT_EQ(errors[0].field, member) << value;
    EXPECT_THAT(errors[0].detail, HasSubstr(detail)) << value;
  }
}

TEST(EventMembers, ReadsTheExampleOfTheContract) {
  const Event event = accepted(SentEvent().json());
  EXPECT_EQ(event.id.to_string(), "550e8400-e29b-41d4-a716-446655440000");
  EXPECT_EQ(event.match_id, "match-123");
  EXPECT_EQ(event.type, EventType::kGoal);
  EXPECT_EQ(base::format_rfc3339(event.at), "2024-01-15T14:30:00Z");
  EXPECT_EQ(event.team, 1);
  EXPECT_EQ(event.player, "player-456");
  EXPECT_EQ(event.metadata, R"({"minute":45,"scorer":"Player Name"})");
}

TEST(EventMembers, AreTakenInAnyOrderAndWithWhiteSpaceAnywhere) {
  const Event event = accepted(
      "\n{ \"metadata\" : { } ,\t\"teamId\"\r\n: 2 , \"timestamp\" : \"2024-01-15T14:30:00Z\" "
      ",\"eventType\":\"pass\" , "
      "\"matchId\" : \"m\" ,\"eventId\" : \"550E8400-E29B-41D4-A716-446655440000\"\n} \r\n");
  EXPECT_EQ(event.team, 2);
  EXPECT_EQ(event.metadata, "{ }");
  EXPECT_FALSE(event.player);
}

TEST(EventMembers, AreRequiredSaveTheLastTwo) {
  for (const std::string_view member : {"eventId", "matchId", "eventType", "timestamp", "teamId"}) {
    const auto errors = refused(SentEvent().without(member).json());
    EXPECT_EQ(errors, (std::vector<FieldError>{{std::string(member), "is required"}}));
  }
  const Event event = accepted(SentEvent().without("playerId").without("metadata").json());
  EXPECT_FALSE(event.player);
  EXPECT_EQ(event.metadata, "");
}

TEST(EventMembers, AreAllNamedAtOnceWhenMissing) {
  EXPECT_THAT(fields_of(refused("{}")),
              ElementsAre("eventId", "matchId", "eventType", "timestamp", "teamId"));
}

TEST(EventMembers, AreAllNamedAtOnceWhenBadInTheOrderOfTheContract) {
  const auto errors = refused(
      R"({"metadata":1,"playerId":1,"teamId":9,"timestamp":"?","eventType":"?","matchId":"","eventId":"x"})");
  EXPECT_THAT(fields_of(errors),
              ElementsAre("eventId", "matchId", "eventType", "timestamp", "teamId", "playerId", "metadata"));
}

TEST(EventMembers, NullIsAbsentForTheOptionalTwoOnly) {
  const Event event = accepted(SentEvent().with("playerId", "null").with("metadata", "null").json());
  EXPECT_FALSE(event.player);
  EXPECT_EQ(event.metadata, "");
  for (const std::string_view member : {"eventId", "matchId", "eventType", "timestamp", "teamId"}) {
    EXPECT_THAT(fields_of(refused(SentEvent().with(member, "null").json())), ElementsAre(member));
  }
}

TEST(EventMembers, TwiceIsAnErrorWhateverTheirValues) {
  for (const std::string_view member :
       {"eventId", "matchId", "eventType", "timestamp", "teamId", "playerId", "metadata"}) {
    for (const std::string_view second : {"null", "1", "\"x\""}) {
      const auto errors = refused(SentEvent().and_also(member, second).json());
      EXPECT_EQ(errors, (std::vector<FieldError>{{std::string(member), "must not appear more than once"}}));
    }
  }
  EXPECT_THAT(fields_of(refused(SentEvent().with("metadata", "null").and_also("metadata", "null").json())),
              ElementsAre("metadata"));
}

TEST(EventMembers, AreKnownByTheirNameHoweverItIsEscaped) {
  EXPECT_EQ(accepted(SentEvent().without("teamId").and_also(R"(te\u0061mId)", "2").json()).team, 2);
  EXPECT_THAT(fields_of(refused(SentEvent().and_also(R"(\u006D\u0061tchId)", "\"m\"").json())),
              ElementsAre("matchId"));
}

TEST(EventMembers, NobodyKnowsAreIgnoredHoweverOften) {
  const Event plain = accepted(SentEvent().json());
  for (const std::string_view name : {"", "x", "EventId", "eventid", "eventId ", "teamID", "match_id",
                                      "metadatum", "timestamps", "playerI", "eventid\\u0000", "\\u00fc"}) {
    for (const std::string_view raw :
         {"1e999", "null", R"({"eventId":5,"a":[1,{}]})", R"("\ud83c\udfc6")", "[]"}) {
      EXPECT_EQ(accepted(SentEvent().and_also(name, raw).and_also(name, raw).json()), plain)
          << name << " " << raw;
    }
  }
}

TEST(EventId, IsAUuidOfAnyCase) {
  for (const std::string_view id :
       {"550E8400-E29B-41D4-A716-446655440000", "550e8400-E29B-41d4-a716-446655440000"}) {
    EXPECT_EQ(accepted(SentEvent().with("eventId", in_quotes(id)).json()).id.to_string(),
              "550e8400-e29b-41d4-a716-446655440000");
  }
  EXPECT_EQ(accepted(SentEvent().with("eventId", R"("550e8400\u002de29b-41d4-a716-446655440000")").json()).id,
            accepted(SentEvent().json()).id);
  expect_refused("eventId",
                 {R"("")", R"("x")", "5", "true", "[]", "{}", R"("550e8400e29b41d4a716446655440000")",
                  R"("{550e8400-e29b-41d4-a716-446655440000}")", R"(" 550e8400-e29b-41d4-a716-446655440000")",
                  R"("550e8400-e29b-41d4-a716-44665544000g")"},
                 "must be a UUID");
}

TEST(MatchIdMember, FollowsItsRules) {
  for (const std::string_view raw : {R"("m")", R"("Barça–Alavés 2018")", R"("a\/b")", R"("\ud83c\udfc6")"}) {
    EXPECT_TRUE(is_valid_match_id(accepted(SentEvent().with("matchId", raw).json()).match_id));
  }
  EXPECT_EQ(accepted(SentEvent().with("matchId", in_quotes(repeated("m", 256))).json()).match_id.size(), 256);
  EXPECT_EQ(
      accepted(SentEvent().with("matchId", in_quotes(repeated(R"(\u00fc)", 128))).json()).match_id.size(),
      256);
  expect_refused("matchId", {R"("")"}, "must not be empty");
  expect_refused("matchId", {"5", "false", "{}", "[]"}, "must be a string");
  expect_refused("matchId", {in_quotes(repeated("m", 257)), in_quotes(repeated(R"(\u00fc)", 128) + "m")},
                 "256 bytes");
  expect_refused("matchId",
                 {R"("a\u0000b")", R"("\n")", R"("\u001f")", R"("\u007f")", "\"\x7F\"", R"("\u0080")",
                  "\"\xC2\x85\"", R"("\u009f")"},
                 "must not hold control characters");
}

TEST(MatchIdMember, IsNoStepInAPath) {
  expect_refused("matchId", {R"(".")", R"("..")", R"("\u002e")", R"("\u002E.")"}, "no address can hold them");
  for (const std::string_view raw : {R"("...")", R"(".a")", R"("a.")", R"("..a")", R"("../a")", R"("a/..")",
                                     R"(". ")", R"("%2e")", R"("%2E%2e")", R"("\uff0e")"}) {
    accepted(SentEvent().with("matchId", raw).json());
  }
}

TEST(MatchIdMember, IsNotWhiteSpaceAlone) {
  // All of Unicode's White_Space that is no control character.
  std::string all;
  for (const std::string_view blank :
       {" ", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
        "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    expect_refused("matchId", {in_quotes(blank), in_quotes(repeated(blank, 2))},
                   "must not be white space alone");
    accepted(SentEvent().with("matchId", in_quotes(std::string(blank) + "m")).json());
    accepted(SentEvent().with("matchId", in_quotes("m" + std::string(blank))).json());
    all += blank;
  }
  expect_refused("matchId", {in_quotes(all), R"("\u0020\u3000")"}, "must not be white space alone");
  // Neighbours of them that are none.
  for (const std::string_view other :
       {"\u00a1", "\u167f", "\u1681", "\u180e", "\u1fff", "\u200b", "\u2027", "\u202a", "\u202e", "\u2030",
        "\u205e", "\u2060", "\u3001", "\ufeff"}) {
    accepted(SentEvent().with("matchId", in_quotes(other)).json());
  }
}

TEST(Names, ThatEarlierVersionsTookAreStillReadFromTheLog) {
  for (const std::string_view match : {".", "..", " ", "\u3000", "\u00a0\u2003"}) {
    EXPECT_EQ(read_back(SentEvent().with("matchId", in_quotes(match)).json()).match_id, match);
  }
  EXPECT_EQ(read_back(SentEvent().with("playerId", R"("a\u0000\tb\u0085")").json()).player,
            std::string("a\0\tb\u0085", 6));
}

TEST(EventTypeMember, IsOneOfEleven) {
  for (const EventType type : kAllEventTypes) {
    EXPECT_EQ(accepted(SentEvent().with("eventType", in_quotes(to_string(type))).json()).type, type);
  }
  EXPECT_EQ(accepted(SentEvent().with("eventType", R"("g\u006fal")").json()).type, EventType::kGoal);
  expect_refused(
      "eventType", {R"("")", R"("Goal")", R"("own_goal")", R"("goal\u0000")", "1", "true", "[]", "{}"},
      "must be one of goal, shot, pass, foul, yellow_card, red_card, substitution, offside, corner, "
      "free_kick, interception");
}

TEST(TimestampMember, IsRfc3339) {
  EXPECT_EQ(base::format_rfc3339(
                accepted(SentEvent().with("timestamp", R"("2024-01-15T16:30:00.1239+02:00")").json()).at),
            "2024-01-15T14:30:00.123Z");
  EXPECT_EQ(accepted(SentEvent().with("timestamp", R"("2024-01-15T14\u003a30:00Z")").json()).at,
            accepted(SentEvent().json()).at);
  expect_refused("timestamp",
                 {R"("")", R"("yesterday")", "1705329000", R"("2024-02-30T00:00:00Z")",
                  R"("2024-01-15T14:30:00")", R"("1969-12-31T23:59:59Z")", R"("2262-01-01T00:00:00Z")", "[]"},
                 "RFC 3339");
}

TEST(TeamMember, IsTheIntegerOneOrTwo) {
  EXPECT_EQ(accepted(SentEvent().with("teamId", "1").json()).team, 1);
  EXPECT_EQ(accepted(SentEvent().with("teamId", "2").json()).team, 2);
  expect_refused("teamId",
                 {"0",
                  "3",
                  "-1",
                  "-0",
                  "-1.0",
                  "0.0",
                  "0e5",
                  "1.5",
                  "1.01",
                  "10",
                  "12",
                  "20",
                  "2e1",
                  "1e-1",
                  "0.1",
                  "0.1e2",
                  "10e-2",
                  "11e-1",
                  "1.1e1",
                  "4",
                  "9.0",
                  "30e-1",
                  R"("1")",
                  "true",
                  "[1]",
                  "{}",
                  "1e999999",
                  "1e99999999999999999999",
                  "1e-99999999999999999999",
                  "0e99999999999999999999",
                  repeated("9", 400),
                  "18446744073709551617",
                  "1." + repeated("0", 5000) + "1",
                  "0." + repeated("0", 400) + "1"},
                 "must be the integer 1 or 2");
}

TEST(TeamMember, IsAnIntegerByItsValueHoweverItIsWritten) {
  const std::string zeros = repeated("0", 5000);
  for (const std::string& one : std::vector<std::string>{
           "1.0", "1.000", "1e0", "1E0", "1e+0", "1e-0", "1.0e0", "10e-1", "10.0e-1", "100E-2", "0.1e1",
           "0.01e+2", "1." + zeros, "1e" + zeros, "1" + zeros + "e-5000", "0." + zeros + "1e5001"}) {
    EXPECT_EQ(accepted(SentEvent().with("teamId", one).json()).team, 1) << one.substr(0, 40);
  }
  for (const std::string_view two : {"2.0", "2e0", "20e-1", "0.2e1", "0.002E+3"}) {
    const Event event = accepted(SentEvent().with("teamId", two).json());
    std::string canonical;
    append_event_json(event, canonical);
    EXPECT_THAT(canonical, HasSubstr(R"("teamId":2,)")) << two;
  }
}

TEST(PlayerMember, IsTextOfUpTo256BytesWithoutControlCharacters) {
  EXPECT_EQ(accepted(SentEvent().with("playerId", R"("")").json()).player, "");
  EXPECT_EQ(accepted(SentEvent().with("playerId", R"(" ")").json()).player, " ");
  EXPECT_EQ(accepted(SentEvent().with("playerId", R"(".")").json()).player, ".");
  EXPECT_EQ(accepted(SentEvent().with("playerId", in_quotes(repeated("p", 256))).json()).player->size(), 256);
  EXPECT_EQ(accepted(SentEvent().with("playerId", R"("\ud83d\uDE00\"\\\/")").json()).player, "😀\"\\/");
  expect_refused("playerId",
                 {R"("a\u0000b")", R"("\b")", R"("\f")", R"("\n")", R"("\r")", R"("\t")", R"("\u001f")",
                  R"("\u007f")", "\"\x7F\"", R"("\u0080")", "\"\xC2\x85\"", R"("\u009f")"},
                 "must not hold control characters");
  expect_refused("playerId", {in_quotes(repeated("p", 257)), in_quotes(repeated("ü", 129))}, "256 bytes");
  expect_refused("playerId", {"7", "true", "[]", "{}"}, "must be a string");
}

TEST(MetadataMember, IsKeptByteForByte) {
  for (const std::string& raw : std::vector<std::string>{
           "{}", "{ }", "{\n\t\"a\" : 1\r\n}", R"({"a":1,"a":2,"a":{}})", R"({"\u0061":"\u00e9\/"})",
           R"({"big":)" + repeated("9", 400) + "}", R"({"n":[1e999,-1e-999,0.10,1E+2,-0]})",
           R"({"a":[[],{},[{}],null,true,false,"x"]})", R"({"":""})", "{\"ünï\":\"🏆\"}",
           R"({"nul":"\u0000"})"}) {
    EXPECT_EQ(accepted(SentEvent().with("metadata", raw).json()).metadata, raw);
    EXPECT_EQ(accepted(SentEvent().with("metadata", "  " + raw + " \n").json()).metadata, raw);
  }
  expect_refused("metadata", {"[]", R"("text")", "1", "true", R"("{}")"}, "must be an object");
}

TEST(HalfSurrogates, AreNoTextAnywhereAndTheirMemberIsNamed) {
  for (const std::string_view half : {R"("\ud800")", R"("\udfff")", R"("a\uD83Dx")", R"("\ud83d\ud83d")",
                                      R"("\udc00\ud800")", R"("\ud800\n")", R"("\ud800\u0041")"}) {
    for (const std::string_view member : {"eventId", "matchId", "eventType", "timestamp", "playerId"}) {
      expect_refused(member, {std::string(half)}, "surrogate");
    }
    expect_refused("metadata", {R"({"a":)" + std::string(half) + "}", "{" + std::string(half) + ":1}"},
                   "surrogate");
    EXPECT_THAT(fields_of(refused(SentEvent().and_also("x", half).json())), ElementsAre(""));
  }
  EXPECT_THAT(fields_of(refused(SentEvent().and_also(R"(\udead)", "1").json())), ElementsAre(""));
}

TEST(Nesting, IsAllowedTo64LevelsTheEventIncluded) {
  const auto objects = [](std::size_t depth) {
    return repeated(R"({"a":)", depth) + "1" + repeated("}", depth);
  };
  const auto arrays = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  EXPECT_EQ(accepted(SentEvent().with("metadata", objects(63)).json()).metadata, objects(63));
  accepted(SentEvent().and_also("x", arrays(63)).json());
  for (const std::size_t depth : {64U, 65U, 127U, 128U, 129U, 1000U, 20000U}) {
    expect_refused("metadata", {objects(depth)}, "64 levels");
    const auto errors = refused(SentEvent().and_also("x", arrays(depth)).json());
    ASSERT_THAT(fields_of(errors), ElementsAre(""));
    EXPECT_THAT(errors[0].detail, HasSubstr("64 levels"));
  }
}

TEST(Nesting, IsNamedBesideTheOtherErrors) {
  const auto errors =
      refused(SentEvent().with("teamId", "3").and_also("x", repeated("[", 99) + repeated("]", 99)).json());
  EXPECT_THAT(fields_of(errors), ElementsAre("", "teamId"));
}

}  // namespace
}  // namespace fanfinity::domain
