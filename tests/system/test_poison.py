"""A row that ClickHouse refuses ends in `dead` with its reason; its neighbours are counted."""

import pytest

import recount
from events import EventSource, event
from http_client import match_path
from poison import ACCEPT, QUICK, REFUSE
from waiting import wait_until


def dead_list(up):
    result = up.run("dead", "list")
    assert result.returncode == 0, result.stderr
    return result.stdout


def wait_dead(up, ids):
    wait_until(
        lambda: all(name in dead_list(up) for name in ids),
        lambda: f"{ids} in `dead list`:\n{dead_list(up)}",
        60,
        interval=0.2,
    )


@pytest.mark.parametrize("place", ["first", "middle", "last", "all"])
def test_a_refused_event_dies_and_its_neighbours_are_counted(make_up, place):
    up = make_up(**QUICK).start()
    up.clickhouse().execute(REFUSE)
    neighbours = EventSource(place, [f"poison-{place}"]).take(60)
    poison = [event(f"poison-{place}", playerId="poison")]
    batch = {
        "first": poison + neighbours,
        "middle": neighbours[:30] + poison + neighbours[30:],
        "last": neighbours + poison,
        "all": [event(f"poison-{place}", playerId="poison") for _ in range(3)],
    }[place]
    good = [one for one in batch if one.get("playerId") != "poison"]
    bad = [one for one in batch if one.get("playerId") == "poison"]
    assert up.client().post_batch(batch).status == 202
    wait_dead(up, [one["eventId"] for one in bad])
    assert "no_poison" in up.run("dead", "show", bad[0]["eventId"]).stdout, "the reason is kept"
    assert up.gauge("fanfinity_events_dead_total") == len(bad)
    up.wait_lag_zero()
    if good:
        recount.wait_counted(up, [f"poison-{place}"])
        recount.check_everything(up, good)
    else:
        assert up.get(match_path(f"poison-{place}")).status == 404
    assert up.clickhouse().value("SELECT count() FROM events") == len(good)


def test_dead_replay_brings_an_event_back_once_the_cause_is_gone(make_up):
    up = make_up(**QUICK).start()
    up.clickhouse().execute(REFUSE)
    good, poison = event("revived"), event("revived", playerId="poison", eventType="goal")
    for one in (good, poison):
        assert up.post(one).status == 202
    wait_dead(up, [poison["eventId"]])
    assert "goal" in up.run("dead", "show", poison["eventId"]).stdout
    again = up.run("dead", "replay", poison["eventId"])
    assert again.returncode == 0, again.stderr
    wait_until(lambda: up.gauge("fanfinity_events_dead_total") == 2, "it dies again while the cause lasts", 60)

    up.clickhouse().execute(ACCEPT)
    assert up.run("dead", "replay", poison["eventId"]).returncode == 0
    wait_until(lambda: up.get(match_path("revived")).json().get("totalEvents") == 2, "it is counted", 60)
    recount.check_everything(up, [good, poison])
    assert poison["eventId"] not in dead_list(up), "what is stored is not dead any more"


def test_a_dead_letter_survives_kill_9(make_up):
    up = make_up(**QUICK).start()
    up.clickhouse().execute(REFUSE)
    good, poison = event("kept"), event("kept", playerId="poison")
    for one in (poison, good):
        assert up.post(one).status == 202
    wait_dead(up, [poison["eventId"]])
    recount.wait_counted(up, ["kept"])
    up.kill()
    up.start()
    assert poison["eventId"] in dead_list(up)
    recount.wait_counted(up, ["kept"])
    recount.check_everything(up, [good])


def test_an_unknown_dead_letter_is_one_sentence(up):
    for command in ("show", "replay"):
        result = up.run("dead", command, "550e8400-e29b-41d4-a716-446655440000")
        assert result.returncode == 1 and result.stderr.strip(), (result.stdout, result.stderr)
