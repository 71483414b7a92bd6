"""The audit of the soak finds what is amiss: one that cannot fail would prove nothing."""

import json
import uuid

import recount
from audit import Audit
from events import EventSource, event
from poison import POISON, QUICK, REFUSE
from waiting import wait_until

MATCHES = ["audited-1", "audited-2"]


def audit(deployment, journal, no_events, folder):
    return Audit(deployment, journal, no_events, folder).run()


def test_the_audit_tells_what_is_lost_counted_twice_and_wrongly_dead(cluster, make_deployment, tmp_path):
    deployment = make_deployment(cluster, **QUICK).start()
    clickhouse = deployment.clickhouse()
    clickhouse.execute(REFUSE)
    sent = EventSource("audit", MATCHES).take(300)
    poison = event(MATCHES[0], playerId=POISON)
    for batch in (sent, sent[:40], [poison]):
        assert deployment.client().post_batch(batch).status == 202
    journal = [*sent, *sent[:40], poison]
    key = str(uuid.uuid4())
    cluster.produce(deployment.events, 0, key, "no JSON")
    recount.wait_counted(deployment, MATCHES)
    deployment.wait_lag_zero()

    well = audit(deployment, journal, [key], tmp_path / "well")
    assert well.all_is_well, well
    assert (well.acknowledged, well.good, well.duplicates, well.refused, well.no_events) == (341, 300, 40, 1, 1)
    assert {name: (at.events, at.lost, at.twice) for name, at in well.places.items()} == dict.fromkeys(
        ("events", "match_minutes", "matches"), (300, 0, 0)
    )

    stray = event(MATCHES[0])
    told = audit(deployment, [*journal, stray], [], tmp_path / "stray")
    assert {name: (at.lost, at.twice) for name, at in told.places.items()} == dict.fromkeys(well.places, (1, 0))
    assert told.details["acknowledged and not stored"] == [stray["eventId"]]
    assert told.details["dead without a reason"] == [key]
    assert (told.lost, told.twice, told.all_is_well) == (1, 0, False)

    twice = sent[7]["eventId"]
    altered = json.loads(json.dumps(sent[8])) | {"teamId": 3 - sent[8]["teamId"]}
    clickhouse.execute(f"INSERT INTO events SELECT * FROM events WHERE event_id = '{twice}'")
    wait_until(lambda: clickhouse.value("SELECT count() FROM events") == 301, "the row a second time")
    told = audit(deployment, [*journal[:8], altered, *journal[9:300], poison], [key], tmp_path / "twice")
    assert (told.lost, told.twice, told.all_is_well) == (1, 2, False), "in the rollups the altered one is both"
    assert (told.places["events"].lost, told.places["events"].twice) == (0, 1)
    assert told.details["stored more than once"] == [(twice, 2)]
    assert [name for name, _ in told.details["not stored as sent"]] == [altered["eventId"]]
