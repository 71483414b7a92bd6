"""The recount for millions of events: the same comparison, in parts by the first digits of the event id, so that it
takes little memory; and numbers instead of an assertion, for a report."""

import contextlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import recount
from poison import POISON

_DIGITS = "0123456789abcdef"
PARTS = [first + second for first in _DIGITS for second in _DIGITS]


@dataclass
class Place:
    """One place where the service counts, beside what was acknowledged."""

    events: int = 0
    lost: int = 0
    twice: int = 0


@dataclass
class Verdict:
    """What the audit found. `all_is_well` when nothing is lost, counted twice, or otherwise not as it should be."""

    acknowledged: int = 0  # events that clients were told are durable, duplicates included
    good: int = 0  # distinct ids of those that are to be stored
    duplicates: int = 0  # acknowledged copies of those beyond the first
    refused: int = 0  # distinct acknowledged ids that ClickHouse refuses, which are dead
    no_events: int = 0  # records that are no events, which are dead
    places: dict = field(default_factory=lambda: defaultdict(Place))  # table to Place
    complaints: list = field(default_factory=list)  # sentences
    details: dict = field(default_factory=lambda: defaultdict(list))  # kind of difference to ids and what they are

    @property
    def lost(self):
        return max(place.lost for place in self.places.values())

    @property
    def twice(self):
        return max(place.twice for place in self.places.values())

    @property
    def all_is_well(self):
        return not (self.lost or self.twice or self.complaints)


class Audit:
    """`journal`: the acknowledged events, as an iterable. `no_events`: keys of records that had to die.
    `folder` is for files, as large as the journal."""

    def __init__(self, deployment, journal, no_events, folder):
        self.verdict = Verdict()
        self._deployment = deployment
        self._journal = journal
        self._no_events = set(no_events)
        self._folder = folder
        self._matches = defaultdict(recount.Match)
        self._refused = set()

    def run(self):
        """The Verdict on everything, with the load over and all of it settled."""
        self._split()
        for part in PARTS:
            self._check_part(part)
        self._check_rollups()
        self._check_dead()
        self._check_answers()
        for kind, found in self.verdict.details.items():
            self.verdict.complaints.append(f"{kind}: {len(found)}, as {found[:3]}")
        return self.verdict

    def _split(self):
        self._folder.mkdir()
        with contextlib.ExitStack() as stack:
            files = {part: stack.enter_context(self._path(part).open("w", encoding="utf-8")) for part in PARTS}
            for event in self._journal:
                files[event["eventId"][:2].lower()].write(json.dumps(event) + "\n")

    def _path(self, part):
        return self._folder / f"{part}.ndjson"

    def _check_part(self, part):
        """The raw table, row by row, where ids begin with `part`."""
        with self._path(part).open(encoding="utf-8") as lines:
            copies = Counter()
            events = {}
            for event in map(json.loads, lines):
                name = event["eventId"].lower()
                copies[name] += 1
                events[name] = event
        refused = {name for name, event in events.items() if event.get("playerId") == POISON}
        good = {name: event for name, event in events.items() if name not in refused}
        found = recount.compare_raw(
            self._deployment.clickhouse(), good, where=f"startsWith(toString(event_id), '{part}')"
        )
        self._refused |= refused
        recount.add_to(self._matches, good)
        self._note(found)
        self.verdict.acknowledged += copies.total()
        self.verdict.good += len(good)
        self.verdict.duplicates += sum(copies[name] - 1 for name in good)

    def _note(self, found):
        place = self.verdict.places["events"]
        place.events += found.rows
        place.lost += len(found.missing)
        place.twice += sum(often - 1 for often in found.repeated.values())
        details = self.verdict.details
        for kind, found_here in (
            ("acknowledged and not stored", sorted(found.missing)),
            ("stored more than once", sorted(found.repeated.items())),
            ("stored and not acknowledged", sorted(found.extra)),
            ("not stored as sent", sorted(found.altered.items())),
        ):
            if found_here:
                details[kind] += found_here

    def _check_rollups(self):
        clickhouse, expected = self._deployment.clickhouse(), dict(self._matches)
        minutes = recount.minute_counts(clickhouse)
        self._compare("match_minutes", _flat(minutes), _flat({name: match.cells for name, match in expected.items()}))
        matches = recount.match_counts(clickhouse)
        counted = Counter({name: row[0] for name, row in matches.items()})
        self._compare("matches", counted, Counter({name: match.total for name, match in expected.items()}))
        self._expect("the rollups hold what the acknowledged events make", recount.check_rollups, clickhouse, expected)

    def _compare(self, table, found, expected):
        """Counters of the same keys."""
        lost, twice = expected - found, found - expected
        self.verdict.places[table] = Place(found.total(), lost.total(), twice.total())

    def _check_dead(self):
        """Dead is what has to die, and nothing else."""
        dead = {str(message["key"]).lower() for message in self._deployment.cluster.messages(self._deployment.dead)}
        self.verdict.refused = len(self._refused & dead)
        self.verdict.no_events = len(self._no_events & dead)
        due = self._refused | self._no_events
        for kind, ids in (("refused and not dead", due - dead), ("dead without a reason", dead - due)):
            if ids:
                self.verdict.details[kind] += sorted(ids)

    def _check_answers(self):
        self._expect("the answers over HTTP tell the same", recount.check_http, self._deployment, self._matches)

    def _expect(self, rule, check, *arguments):
        """What could not be checked does not hold either."""
        try:
            check(*arguments)
        except Exception as error:
            said = str(error)[:300] or "they differ"
            self.verdict.complaints.append(f"it does not hold that {rule}: {type(error).__name__}: {said}")


def _flat(counts):
    """(match, cell) to events, of a Counter of cells a match."""
    return Counter({(name, cell): events for name, cells in counts.items() for cell, events in cells.items()})
