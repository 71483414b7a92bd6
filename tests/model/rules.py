"""The rules of the protocol, by name, and for each the small world in which leaving it out does harm.

A world is a log, what ClickHouse refuses, and how much may go wrong. The full protocol is explored in every
world; without one rule, the world named beside it must show a counterexample.
"""

from typing import NamedTuple


class World(NamedTuple):
    name: str
    log: tuple  # a tuple of records for each partition; "x!" is a copy of x that ClickHouse refuses
    owners: tuple = ((0,),)  # members that may get each partition, the first one has it at the start
    reassignments: int = 0  # crashes, restarts, rebalances, pauses: the partition gets a new owner, the old may live on
    lost_answers: int = 0  # an insert goes on although its sender hears nothing
    dying_inserts: int = 0  # an insert ends where it is: nothing, or raw without rollup
    unknown_commits: int = 0  # a commit lands at once, later or never, and the sender hears nothing
    can_heal: bool = False  # what ClickHouse refuses, it may accept later
    view_refuses: str = ""  # ids that the view refuses after raw was written, until it is repaired
    stored: tuple = ()  # rows (id, partition, offset) from before
    resets: int = 0  # committed offsets set to the start by hand
    window: int = 99  # entries of the token window of each table
    old: str = ""  # ids whose own time and whose rows in `stored` lie before the deduplication window


class Rule(NamedTuple):
    name: str
    section: str  # of the protocol document
    without: str  # what goes wrong
    world: str  # of those below; small, so that the counterexample is readable


_ONE = ((0, 1),)  # one partition, two members

WORLDS = {world.name: world for world in (
    World("one copy", (("x",),), _ONE, reassignments=2, lost_answers=1, dying_inserts=1),
    World("two ids", (("x", "y"),), _ONE, reassignments=2, lost_answers=1, dying_inserts=1),
    World("copies", (("x", "y", "x"),), _ONE, reassignments=2, lost_answers=1),
    World("commits", (("x", "y"),), _ONE, reassignments=1, unknown_commits=1, lost_answers=1),
    World("three ids", (("x", "y", "z"),), _ONE, reassignments=2),
    World("poison", (("x!", "y"),), _ONE, reassignments=2, can_heal=True),
    World("poison with a copy", (("x!", "x", "y"),), ((0,),), reassignments=1, dying_inserts=1),
    World("poison with a late copy", (("y!", "y"),), ((0,),), can_heal=True),
    World("poison at the end", (("w", "y", "x!"),), ((0,),), reassignments=1, lost_answers=1),
    World("view refuses", (("x", "y"),), ((0,),), reassignments=1, view_refuses="y"),
    World("two partitions", (("x", "x"), ("y",)), ((0,), (1,)), reassignments=1, lost_answers=1),
    World("grown", (("x", "y"),), _ONE, reassignments=1, stored=(("x", 7, 4),)),
    World("backfill", (("x", "y", "x"),), _ONE, reassignments=1, dying_inserts=1, stored=(("x", 7, 4),), old="x"),
    World("everything at once", (("x!", "x"),), _ONE, reassignments=1, lost_answers=1, unknown_commits=1,
          can_heal=True),
    World("reset", (("x", "y"),), ((0,),), dying_inserts=1, resets=1),
)}

RULES = {rule.name: rule for rule in (
    Rule("adopt the intent", "1",
         "a stale reader takes over an intent, with an old filter, after its owner has moved on", "poison"),
    Rule("filter after fetch", "2", "x@0 is stored by one owner; the older filter of the next calls x@2 new", "copies"),
    Rule("filter holds all rows of its keys", "2",
         "x is stored under another partition's name and called new", "grown"),
    Rule("the filter has no say on what is old", "2",
         "x was stored before the window, so the filter lacks it and calls x@0 new", "backfill"),
    Rule("what is old is looked up without a window", "4",
         "x was stored before the window, so its look-up leaves it out", "backfill"),
    Rule("filter learns what is inserted", "2", "x@0 is stored; the filter built before calls x@2 new", "copies"),
    Rule("commit the intent", "3", "[0,1) is in flight, the next owner cuts [0,2)", "two ids"),
    Rule("leave after an unknown commit", "3", "an intent believed lost lands after another one was used", "commits"),
    Rule("drop only what is stored elsewhere", "4",
         "raw is written, rollup not; the replay drops everything and the rollup stays behind", "one copy"),
    Rule("keep the lowest offset", "4", "two copies in one batch are both inserted", "copies"),
    Rule("decide once", "4", "x! is refused, so its copy is stored under one token; the replay drops x! for that copy "
         "and sends y again under another token", "poison with a copy"),
    Rule("insert with a token", "5", "the answer is lost, and the same rows are inserted again", "one copy"),
    Rule("repeat what is unknown", "5", "an insert that never landed is taken for done", "one copy"),
    Rule("halve at the middle", "6", "the replay halves elsewhere, so a stored half comes under another token",
         "poison at the end"),
    Rule("park what is refused", "6", "a single refused event is skipped and is neither stored nor dead", "poison"),
    Rule("causes change at rest", "6",
         "refused [0,2), healed, [0,1) stored, crash, replay of [0,2) accepted", "poison"),
    Rule("a view's refusal is unknown", "6, C5",
         "raw is written, the view refuses, and the range is halved as if nothing had been written", "view refuses"),
    Rule("retry is a delay line", "7", "the retry reader and the owner both look up y, both find nothing, both insert",
         "poison with a late copy"),
    Rule("fence commits", "C1", "a live member that lost the partition sets its offset back", "three ids"),
    Rule("token window", "C2", "other inserts push a token out before its last replay", "two partitions"),
    Rule("one partition count", "C3",
         "copies of x lie in two partitions, and both owners find nothing", "two partitions"),
    Rule("refuse lost offsets", "C4", "the log is read from its start into a filled table", "reset"),
)}

EVERYTHING = frozenset(RULES)
