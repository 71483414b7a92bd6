"""What the model remembers between two steps."""

from typing import NamedTuple

# What a consumer does next with its partition.
FETCH, ADOPT, FILTER, CUT, SEND, WAIT, COMMIT, STOPPED = range(8)


class Record(NamedTuple):
    id: str
    refused: bool  # ClickHouse refuses it until healed
    attempt: int


class Consumer(NamedTuple):
    """One member's worker for one partition."""

    phase: int
    epoch: int
    first: int = 0  # of the range in work, else the next offset
    end: int = 0  # of the range in work; 0: none
    owns_intent: bool = False  # the intent was committed by this consumer itself
    filter: frozenset = frozenset()
    rows: tuple | None = None  # the offsets decided for the intent; None: not decided
    ranges: tuple = ()  # still to insert, each with its own token


class Insert(NamedTuple):
    """A request inside ClickHouse. It goes on although its sender may be gone."""

    member: int  # -1: nobody waits for it
    partition: int
    first: int
    end: int
    rows: tuple  # offsets
    raw_done: bool


class Budget(NamedTuple):
    reassignments: int
    lost_answers: int
    dying_inserts: int
    unknown_commits: int
    resets: int


class State(NamedTuple):
    log: tuple
    committed: tuple  # (offset, end of the intent or 0) for each partition
    epochs: tuple
    consumers: tuple  # (member, partition) -> Consumer or None, at [member * partitions + partition]
    inserts: tuple
    late_commits: tuple  # (partition, epoch, offset, end)
    raw: tuple  # rows (id, partition, offset), sorted
    rollup: tuple  # ids, sorted
    raw_tokens: tuple
    rollup_tokens: tuple
    retry: tuple
    retry_reader: Record | None  # only without "retry is a delay line"
    dead: frozenset
    refusing: bool
    view_broken: bool
    budget: Budget
