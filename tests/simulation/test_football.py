"""The laws of football hold in every match, whatever the seed."""

import statistics
from collections import Counter, defaultdict

import pytest

from simulation.squads import all_clubs
from simulation.stream import play_round

SEEDS = [str(seed) for seed in range(120)]


@pytest.fixture(scope="module")
def results():
    return [play_round(seed, 1).results[0] for seed in SEEDS]


def squad(club):
    return {player.id for player in club.first_eleven + club.bench}


def on_pitch_violations(result):
    """Walks a match and yields every event by somebody who could not have acted."""
    on = {1: {p.id for p in result.home.first_eleven}, 2: {p.id for p in result.away.first_eleven}}
    bench = {1: {p.id for p in result.home.bench}, 2: {p.id for p in result.away.bench}}
    for event in result.events:
        if event.kind == "substitution":
            off, comes = event.metadata["playerOff"], event.player_id
            if off not in on[event.team] or comes not in bench[event.team]:
                yield event
            on[event.team].discard(off)
            bench[event.team].discard(comes)
            on[event.team].add(comes)
        elif event.player_id not in on[event.team]:
            yield event
        elif event.metadata.get("receiver", event.player_id) not in on[event.team]:
            yield event
        elif event.kind == "foul" and event.metadata["on"] not in on[3 - event.team]:
            yield event
        if event.kind == "red_card":
            on[event.team].discard(event.player_id)


def test_only_players_on_the_pitch_act(results):
    for result in results:
        assert list(on_pitch_violations(result)) == []


def test_the_walk_notices_a_player_who_left(results):
    result = next(r for r in results if any(e.kind == "substitution" for e in r.events))
    index = next(i for i, e in enumerate(result.events) if e.kind == "substitution")
    sub = result.events[index]
    ghost = type(sub)(sub.at + 1, "pass", sub.team, sub.metadata["playerOff"], {})
    result = type(result)(result.home, result.away, result.events[:index + 1] + [ghost], result.duration, result.score)
    assert list(on_pitch_violations(result)) == [ghost]


def test_a_team_makes_at_most_five_substitutions(results):
    for result in results:
        made = Counter(e.team for e in result.events if e.kind == "substitution")
        assert all(count <= 5 for count in made.values())


def test_a_goal_follows_its_shot_at_once(results):
    goals = 0
    for result in results:
        for before, event in zip([None] + result.events, result.events):
            if event.kind == "goal":
                goals += 1
                assert (before.kind, before.team, before.player_id) == ("shot", event.team, event.player_id)
                assert before.metadata["outcome"] == "goal"
            elif before is not None and before.kind == "shot":
                assert before.metadata["outcome"] != "goal"
    assert goals > 0


def test_the_score_is_the_goals(results):
    for result in results:
        goals = Counter(e.team for e in result.events if e.kind == "goal")
        assert (goals[1], goals[2]) == result.score
        last = [e.metadata["score"] for e in result.events if e.kind == "goal"][-1:]
        assert last in ([], [f"{goals[1]}-{goals[2]}"])


def test_a_card_follows_a_foul_of_the_same_player(results):
    for result in results:
        for index, event in enumerate(result.events):
            if event.kind == "yellow_card":
                cause = result.events[index - 1]
                assert (cause.kind, cause.player_id) == ("foul", event.player_id)
            if event.kind == "red_card":
                cause = result.events[index - 1]
                expected = "yellow_card" if event.metadata["reason"] == "second yellow" else "foul"
                assert (cause.kind, cause.player_id) == (expected, event.player_id)


def test_a_second_yellow_is_a_red(results):
    seconds = 0
    for result in results:
        booked = Counter()
        for event, after in zip(result.events, result.events[1:] + [None]):
            if event.kind != "yellow_card":
                continue
            booked[event.player_id] += 1
            assert booked[event.player_id] <= 2
            assert event.metadata.get("second", False) == (booked[event.player_id] == 2)
            if booked[event.player_id] == 2:
                seconds += 1
                assert (after.kind, after.player_id) == ("red_card", event.player_id)
    assert seconds > 0


def test_a_foul_leads_to_a_free_kick_or_a_penalty_of_the_other_team(results):
    between = {"yellow_card", "red_card", "substitution"}
    for result in results:
        for index, event in enumerate(result.events):
            if event.kind not in ("foul", "offside"):
                continue
            after = next(e for e in result.events[index + 1:] if e.kind not in between)
            assert after.team != event.team
            if event.metadata.get("penalty"):
                assert (after.kind, after.metadata["situation"]) == ("shot", "penalty")
            else:
                assert (after.kind, after.metadata["reason"]) == ("free_kick", event.kind)


def test_a_corner_follows_a_shot_that_was_kept_out(results):
    for result in results:
        for index, event in enumerate(result.events):
            if event.kind == "corner":
                cause = next(e for e in reversed(result.events[:index]) if e.kind != "substitution")
                assert (cause.kind, cause.team) == ("shot", event.team)
                assert cause.metadata["outcome"] in ("saved", "blocked")


def test_time_only_moves_forward(results):
    for result in results:
        ats = [e.at for e in result.events]
        assert all(a < b for a, b in zip(ats, ats[1:]))
        moments = [(e.metadata["period"], e.metadata["minute"], e.metadata.get("stoppage", 0)) for e in result.events]
        assert moments == sorted(moments)
        assert all(1 <= m <= 45 for p, m, _ in moments if p == 1)
        assert all(46 <= m <= 90 for p, m, _ in moments if p == 2)


def test_each_half_has_stoppage_time_and_a_break_lies_between(results):
    for result in results:
        halves = defaultdict(list)
        for event in result.events:
            halves[event.metadata["period"]].append(event)
        assert halves[1][-1].metadata["minute"] == 45 and "stoppage" in halves[1][-1].metadata
        assert halves[2][-1].metadata["minute"] == 90 and "stoppage" in halves[2][-1].metadata
        assert halves[2][0].at - halves[1][-1].at >= 15 * 60 * 1000
        assert result.duration >= (90 + 15) * 60 * 1000


def test_matches_look_like_football(results):
    totals = [len(r.events) for r in results]
    assert min(totals) >= 900 and max(totals) <= 1800
    mean = {kind: statistics.mean(sum(e.kind == kind for e in r.events) for r in results)
            for kind in ("pass", "interception", "shot", "goal", "foul", "corner", "offside", "yellow_card")}
    bounds = {"pass": (800, 1100), "interception": (70, 180), "shot": (18, 32), "goal": (2.0, 3.5),
              "foul": (17, 28), "corner": (6, 13), "offside": (2, 7), "yellow_card": (2.5, 5)}
    for kind, (low, high) in bounds.items():
        assert low <= mean[kind] <= high, kind
    assert len({r.score for r in results}) > 8


def test_squads_are_distinct_and_stable():
    clubs = all_clubs()
    assert clubs == all_clubs()
    ids = [player.id for club in clubs for player in club.first_eleven + club.bench]
    assert len(ids) == len(set(ids)) == len(clubs) * 20
    assert all(player_id.isascii() for player_id in ids)
    assert len({club.name for club in clubs}) == len(clubs)
