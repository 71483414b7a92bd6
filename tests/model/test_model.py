"""The protocol holds in every world, and none of its rules can be left out."""

import pytest
from explore import explore, without
from protocol import Protocol
from rules import EVERYTHING, RULES, WORLDS

# How far the full protocol is explored. A model that changes must be looked at again, so the numbers are exact.
STATES = {
    "one copy": 12_650,
    "two ids": 61_453,
    "copies": 57_438,
    "commits": 23_367,
    "three ids": 16_339,
    "poison": 58_256,
    "poison with a copy": 3_233,
    "poison with a late copy": 90,
    "poison at the end": 4_561,
    "view refuses": 352,
    "two partitions": 15_904,
    "grown": 358,
    "backfill": 1_965,
    "everything at once": 214_393,
    "reset": 92,
}

# What each counterexample comes to, and deeds that must lie on its way, in this order.
COUNTEREXAMPLES = {
    "adopt the intent": ("x is counted 2 times in raw", 16, [
        "B/p0 cuts [0,1)", "A/p0 reads the committed state: offset 0, intent [0,1)", "A/p0 has its filter: empty",
        "B/p0 commits the end", "A/p0 inserts x@0"]),
    "filter after fetch": ("x is counted 2 times in raw", 13, [
        "A/p0 inserts x@0", "p0 goes to B", "B/p0 has its filter: empty", "B/p0 inserts y@1 x@2"]),
    "filter holds all rows of its keys": ("x is counted 2 times in raw", 5, ["has its filter: empty", "inserts x@0"]),
    "the filter has no say on what is old": ("x is counted 2 times in raw", 5, ["has its filter: empty", "inserts x@0"]),
    "what is old is looked up without a window": ("x is counted 2 times in raw", 5, [
        "has its filter: empty", "inserts x@0"]),
    "filter learns what is inserted": ("x is counted 2 times in raw", 10, ["inserts x@0", "inserts y@1 x@2"]),
    "commit the intent": ("x is counted 2 times in raw", 11, [
        "cuts [0,1) without an intent", "p0 goes to", "cuts [0,2) without an intent"]),
    "leave after an unknown commit": ("x is counted 2 times in raw", None, [
        "it goes on (it may land later)", "the late commit lands"]),
    "drop only what is stored elsewhere": ("all is done, and x is in raw only", 13, [
        "insert p0/0-1 reaches raw", "drops all of [0,1)"]),
    "keep the lowest offset": ("x is counted 2 times in raw", 5, ["inserts x@0 y@1 x@2"]),
    "decide once": ("y is counted 2 times in raw", 15, [
        "inserts x@0 y@2 with token p0/0-3", "inserts x@1 y@2 with token p0/1-3", "p0 goes to A",
        "inserts y@2 with token p0/0-3"]),
    "insert with a token": ("x is counted 2 times in raw", 8, ["the answer to insert p0/0-1 is lost"]),
    "repeat what is unknown": ("all is done, and x is neither stored nor dead", 6, ["dies before anything"]),
    "halve at the middle": ("w is counted 2 times in raw", None, ["token p0/0-1", "p0 goes to A", "token p0/0-2"]),
    "park what is refused": ("all is done, and x is neither stored nor dead", 11, ["is refused"]),
    "causes change at rest": ("x is counted 2 times in raw", 14, [
        "insert p0/0-2 is refused", "inserts x@0 with token p0/0-1", "accepted from now on", "reaches raw"]),
    "a view's refusal is unknown": ("x is counted 2 times in raw", 8, ["reaches raw", "taken for a refusal"]),
    "retry is a delay line": ("y is counted 2 times in raw", 12, [
        "the retry reader looks up y: not stored", "the retry reader inserts y"]),
    "fence commits": ("x is counted 2 times in raw", 11, ["p0 goes to B", "although stale"]),
    "token window": ("x is counted 2 times in raw", 13, ["insert p0/0-1 reaches raw", "insert p1/0-1 reaches raw"]),
    "one partition count": ("x is counted 2 times in raw", 10, ["A/p0 inserts x@0", "B/p1 inserts x@0"]),
    "refuse lost offsets": ("x is counted 2 times in raw", None, ["set to 0 by hand", "reads the committed state: offset 0"]),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda world: world.name)
def test_the_full_protocol_counts_everything_once(world):
    outcome = explore(world)
    assert outcome.violation == "", "\n".join(outcome.trace)
    assert outcome.states == STATES[world.name]


@pytest.mark.parametrize("name", RULES)
def test_no_rule_can_be_left_out(name):
    outcome = without(name)
    print(*outcome.trace, outcome.violation, sep="\n")  # pytest -s shows it
    violation, steps, way = COUNTEREXAMPLES[name]
    assert outcome.violation == violation
    assert steps is None or len(outcome.trace) == steps
    remaining = iter(outcome.trace)
    for deed in way:
        assert any(deed in step for step in remaining), f"'{deed}' is missing in\n" + "\n".join(outcome.trace)


def test_every_rule_has_its_counterexample():
    assert set(COUNTEREXAMPLES) == EVERYTHING
    assert set(STATES) == set(WORLDS)


@pytest.mark.parametrize("rows, rollup, expected", [
    ((("x", 0, 0), ("x", 0, 1)), ("x",), "x is counted 2 times in raw"),
    ((("x", 0, 0),), ("x", "x"), "x is counted 2 times in the rollup"),
    ((("x", 0, 0),), (), "all is done, and x is in raw only"),
    ((), ("x",), "all is done, and x is in the rollup only"),
    ((), (), "all is done, and x is neither stored nor dead"),
    ((("x", 0, 0),), ("x",), ""),
])
def test_the_invariants_see_what_is_wrong(rows, rollup, expected):
    protocol = Protocol(WORLDS["one copy"], EVERYTHING)
    done = protocol.start()._replace(committed=((1, 0),), raw=rows, rollup=rollup)
    assert protocol.broken(done) == expected


def test_work_that_is_left_is_no_violation_yet():
    protocol = Protocol(WORLDS["one copy"], EVERYTHING)
    assert protocol.broken(protocol.start()) == ""
    assert protocol.broken(protocol.start()._replace(raw=(("x", 0, 0),))) == ""
