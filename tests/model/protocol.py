"""The protocol as a state machine: a state, and every state that may follow it.

A step is one atomic deed of one party: a consumer, ClickHouse, the retry relay, or bad luck. Whatever may
happen between two steps of one party is explored, so a pause, a crash and a rebalance are the same thing here:
a partition gets a new owner, and the old one, which may know nothing of it, goes on or never acts again.
"""

from collections.abc import Iterator

from rules import World
from state import (ADOPT, COMMIT, CUT, FETCH, FILTER, SEND, STOPPED, WAIT, Budget, Consumer, Insert, Record, State)

MOST_ATTEMPTS = 2
_MEMBERS = "AB"


def swap(items: tuple, index: int, item) -> tuple:
    return items[:index] + (item,) + items[index + 1:]


class Protocol:
    def __init__(self, world: World, rules: frozenset):
        self.world = world
        self._rules = rules
        log = tuple(tuple(Record(text.rstrip("!"), "!" in text, 1) for text in part) for part in world.log)
        if not self._on("one partition count") and len(log) > 1:
            # Producers that disagree put the second copy of the first partition into the other one.
            log = (log[0][:1], log[0][1:] + log[1])
        self.first_log = log
        self.acknowledged = sorted({record.id for part in log for record in part})
        self.window = 1 if not self._on("token window") else world.window

    def _on(self, rule: str) -> bool:
        return rule in self._rules

    def start(self) -> State:
        world, parts = self.world, len(self.first_log)
        state = State(
            self.first_log, ((0, 0),) * parts, (1,) * parts, (None,) * (parts * len(_MEMBERS)), (), (),
            tuple(sorted(world.stored)), tuple(sorted(row[0] for row in world.stored)), (), (), (), None, frozenset(),
            any(record.refused for part in self.first_log for record in part), bool(world.view_refuses),
            Budget(world.reassignments, world.lost_answers, world.dying_inserts, world.unknown_commits, world.resets))
        for partition in range(parts):
            state = self._put(state, world.owners[partition][0], partition, self._fresh(state, partition, 0))
        return state

    # What must hold

    def broken(self, state: State) -> str:
        """A sentence when the state must not be; else nothing."""
        for ids, table in (([row[0] for row in state.raw], "raw"), (state.rollup, "the rollup")):
            for one in sorted(set(ids)):
                if ids.count(one) > 1:
                    return f"{one} is counted {ids.count(one)} times in {table}"
        if not self.at_rest_for_good(state):
            return ""
        raw = [row[0] for row in state.raw]
        for one in self.acknowledged:
            if (one in raw) != (one in state.rollup):
                return f"all is done, and {one} is in {'raw' if one in raw else 'the rollup'} only"
            if one not in raw and one not in state.dead:
                return f"all is done, and {one} is neither stored nor dead"
        return ""

    @staticmethod
    def at_rest_for_good(state: State) -> bool:
        done = all(mark == (len(part), 0) for mark, part in zip(state.committed, state.log))
        return done and not state.inserts and not state.retry and state.retry_reader is None

    @staticmethod
    def refuses_to_run(state: State) -> bool:
        return any(one is not None and one.phase == STOPPED for one in state.consumers)

    # What may happen

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        for member in range(len(_MEMBERS)):
            for partition in range(len(state.log)):
                consumer = self._get(state, member, partition)
                if consumer is not None:
                    yield from self._consumer_steps(state, member, partition, consumer)
        for index in range(len(state.inserts)):
            yield from self._insert_steps(state, index)
        yield from self._relay_steps(state)
        yield from self._bad_luck(state)

    def _get(self, state: State, member: int, partition: int) -> Consumer | None:
        return state.consumers[member * len(state.log) + partition]

    def _put(self, state: State, member: int, partition: int, consumer: Consumer | None) -> State:
        index = member * len(state.log) + partition
        return state._replace(consumers=swap(state.consumers, index, consumer))

    def _fresh(self, state: State, partition: int, member: int) -> Consumer:
        fresh = Consumer(FETCH, state.epochs[partition])
        if not self._on("filter after fetch"):
            # Built when the process started: for a member that waited in the wings, before anything happened.
            waited = member != self.world.owners[partition][0]
            rows = tuple(self.world.stored) if waited else state.raw
            fresh = fresh._replace(filter=frozenset(row[0] for row in rows))
        return fresh

    def _stored_ids(self, state: State, partition: int) -> frozenset:
        every = self._on("filter holds all rows of its keys")
        keys = {record.id for record in state.log[partition]}
        return frozenset(row[0] for row in state.raw if row[0] in keys and (every or row[1] == partition)
                         and not self._before_the_window(row))

    def _before_the_window(self, row: tuple) -> bool:
        return row[0] in self.world.old and row in self.world.stored

    # Consumers

    def _consumer_steps(self, state: State, member: int, partition: int, me: Consumer):
        who = f"{_MEMBERS[member]}/p{partition}"

        def become(new: Consumer | None, base: State = state) -> State:
            return self._put(base, member, partition, new)

        if me.phase == FETCH:
            yield self._fetch(state, partition, me, who, become)
        elif me.phase == ADOPT:
            then = me._replace(phase=FILTER, owns_intent=True)
            yield from self._commit(state, member, partition, me, me.first, me.end, f"{who} adopts", then)
        elif me.phase == FILTER:
            ids = self._stored_ids(state, partition) if self._on("filter after fetch") else me.filter
            yield (f"{who} has its filter: {' '.join(sorted(ids)) or 'empty'}",
                   become(me._replace(phase=SEND if me.end else CUT, filter=ids)))
        elif me.phase == CUT:
            yield from self._cut(state, member, partition, me, who, become)
        elif me.phase == SEND:
            yield self._send(state, member, partition, me, who, become)
        elif me.phase == COMMIT:
            then = me._replace(phase=CUT, first=me.end, end=0, owns_intent=False, rows=None, ranges=())
            yield from self._commit(state, member, partition, me, me.end, 0, f"{who} commits the end", then)

    def _fetch(self, state: State, partition: int, me: Consumer, who: str, become):
        offset, end = state.committed[partition]
        stored = [row[2] for row in state.raw if row[1] == partition]
        if self._on("refuse lost offsets") and not end and stored and offset <= max(stored):
            return f"{who} reads offset {offset}, below what is stored, and refuses to run", become(
                me._replace(phase=STOPPED))
        phase = ADOPT if end and self._on("adopt the intent") else FILTER
        ranges = ((offset, end),) if end else ()
        seen = f"offset {offset}" + (f", intent [{offset},{end})" if end else ", no intent")
        return f"{who} reads the committed state: {seen}", become(
            me._replace(phase=phase, first=offset, end=end, ranges=ranges))

    def _cut(self, state: State, member: int, partition: int, me: Consumer, who: str, become):
        for end in range(me.first + 1, len(state.log[partition]) + 1):
            then = me._replace(phase=SEND, end=end, owns_intent=True, ranges=((me.first, end),))
            what = f"{who} cuts [{me.first},{end})"
            if self._on("commit the intent"):
                yield from self._commit(state, member, partition, me, me.first, end, what, then)
            else:
                yield what + " without an intent", become(then)

    def _commit(self, state: State, member: int, partition: int, me: Consumer, offset: int, end: int, what: str,
                then: Consumer):
        """`then` follows when the commit is known to have landed."""
        stale = me.epoch != state.epochs[partition]
        if stale and self._on("fence commits"):
            yield f"{what}: fenced off, it stops", self._put(state, member, partition, None)
            return
        landed = state._replace(committed=swap(state.committed, partition, (offset, end)))
        mark = f"({offset}, [{offset},{end}))" if end else f"({offset}, no intent)"
        yield f"{what}: commit {mark}" + (" although stale" if stale else ""), self._put(
            landed, member, partition, then)
        if not state.budget.unknown_commits or stale:
            return
        spent = state.budget._replace(unknown_commits=state.budget.unknown_commits - 1)
        late = state._replace(late_commits=state.late_commits + ((partition, me.epoch, offset, end),))
        for base, fate in ((landed, "it landed"), (late, "it may land later")):
            base = base._replace(budget=spent)
            if self._on("leave after an unknown commit"):
                base = base._replace(epochs=swap(base.epochs, partition, base.epochs[partition] + 1))
                after = self._fresh(base, partition, member)
                text = "unknown outcome, it rejoins"
            else:
                after = me if end else then
                text = "unknown outcome, it goes on"
            yield f"{what}: commit {mark}, {text} ({fate})", self._put(base, member, partition, after)

    def _decide(self, state: State, partition: int, me: Consumer, first: int, end: int) -> tuple:
        kept, seen = [], set()
        for offset in range(first, end):
            one = state.log[partition][offset].id
            if one in seen and self._on("keep the lowest offset"):
                continue
            seen.add(one)
            new = one not in me.filter
            if one in self.world.old and self._on("the filter has no say on what is old"):
                new = False
            if new or not self._stored_elsewhere(state, one, partition, offset):
                kept.append(offset)
        return tuple(kept)

    def _stored_elsewhere(self, state: State, one: str, partition: int, offset: int) -> bool:
        here = (partition, offset) if self._on("drop only what is stored elsewhere") else None
        windowless = self._on("what is old is looked up without a window")
        return any(row[0] == one and (row[1], row[2]) != here and (windowless or not self._before_the_window(row))
                   for row in state.raw)

    def _send(self, state: State, member: int, partition: int, me: Consumer, who: str, become):
        if not me.ranges:
            return f"{who} has nothing left of [{me.first},{me.end})", become(me._replace(phase=COMMIT))
        first, end = me.ranges[0]
        if self._on("decide once"):
            rows = me.rows if me.rows is not None else self._decide(state, partition, me, me.first, me.end)
            me = me._replace(rows=rows)
            mine = tuple(offset for offset in rows if first <= offset < end)
        else:
            mine = self._decide(state, partition, me, first, end)
        if not mine:
            return f"{who} drops all of [{first},{end})", become(me._replace(ranges=me.ranges[1:]))
        insert = Insert(member, partition, first, end, mine, False)
        names = " ".join(f"{state.log[partition][offset].id}@{offset}" for offset in mine)
        sent = state._replace(inserts=tuple(sorted(state.inserts + (insert,))))
        return f"{who} inserts {names} with token p{partition}/{first}-{end}", become(
            me._replace(phase=WAIT), sent)

    # ClickHouse

    def _insert_steps(self, state: State, index: int):
        insert = state.inserts[index]
        token = (insert.partition, insert.first, insert.end)
        name = f"insert p{insert.partition}/{insert.first}-{insert.end}" + (" (late)" if insert.member < 0 else "")
        gone = state._replace(inserts=state.inserts[:index] + state.inserts[index + 1:])
        records = [(state.log[insert.partition][offset], offset) for offset in insert.rows]
        if not insert.raw_done:
            if state.refusing and any(record.refused for record, _ in records):
                yield f"{name} is refused", self._refused(gone, insert)
                return
            new = state
            if not self._on("insert with a token") or token not in state.raw_tokens:
                rows = tuple(sorted(state.raw + tuple((record.id, insert.partition, at) for record, at in records)))
                new = state._replace(raw=rows, raw_tokens=(state.raw_tokens + (token,))[-self.window:])
            done = tuple(sorted(gone.inserts + (insert._replace(raw_done=True),)))
            yield f"{name} reaches raw", new._replace(inserts=done)
        elif state.view_broken and any(record.id in self.world.view_refuses for record, _ in records):
            if self._on("a view's refusal is unknown"):
                yield f"{name} fails in the view: unknown", self._unknown(gone, insert)
            else:
                yield f"{name} fails in the view: taken for a refusal", self._refused(gone, insert)
        else:
            new = gone
            if not self._on("insert with a token") or token not in state.rollup_tokens:
                ids = tuple(sorted(state.rollup + tuple(record.id for record, _ in records)))
                new = gone._replace(rollup=ids, rollup_tokens=(state.rollup_tokens + (token,))[-self.window:])
            yield f"{name} reaches the rollup", self._succeeded(new, insert)

    def _waiting(self, state: State, insert: Insert) -> Consumer | None:
        if insert.member < 0:
            return None
        me = self._get(state, insert.member, insert.partition)
        return me if me is not None and me.phase == WAIT else None

    def _succeeded(self, state: State, insert: Insert) -> State:
        me = self._waiting(state, insert)
        if me is None:
            return state
        known = me.filter
        if self._on("filter learns what is inserted"):
            known = known | {state.log[insert.partition][offset].id for offset in insert.rows}
        after = me._replace(phase=SEND, ranges=me.ranges[1:], filter=known)
        return self._put(state, insert.member, insert.partition, self._maybe_done(after))

    @staticmethod
    def _maybe_done(me: Consumer) -> Consumer:
        return me if me.ranges else me._replace(phase=COMMIT)

    def _unknown(self, state: State, insert: Insert) -> State:
        me = self._waiting(state, insert)
        if me is None:
            return state
        if self._on("repeat what is unknown"):
            return self._put(state, insert.member, insert.partition, me._replace(phase=SEND))
        after = self._maybe_done(me._replace(phase=SEND, ranges=me.ranges[1:]))
        return self._put(state, insert.member, insert.partition, after)

    def _refused(self, state: State, insert: Insert) -> State:
        me = self._waiting(state, insert)
        if me is None:
            return state
        first, end = me.ranges[0]
        if end - first > 1:
            middle = (first + end) // 2
            if not self._on("halve at the middle") and me.epoch > 1:
                middle = end - 1  # a later owner has its own ideas
            halves = ((first, middle), (middle, end))
            return self._put(state, insert.member, insert.partition,
                             me._replace(phase=SEND, ranges=halves + me.ranges[1:]))
        record = state.log[insert.partition][first]
        if self._on("park what is refused"):
            if record.attempt < MOST_ATTEMPTS:
                state = state._replace(retry=state.retry + (record._replace(attempt=record.attempt + 1),))
            else:
                state = state._replace(dead=state.dead | {record.id})
        after = self._maybe_done(me._replace(phase=SEND, ranges=me.ranges[1:]))
        return self._put(state, insert.member, insert.partition, after)

    # The retry relay

    def _relay_steps(self, state: State):
        if state.retry_reader is not None:
            record = state.retry_reader
            yield f"the retry reader inserts {record.id}", state._replace(
                retry_reader=None, raw=tuple(sorted(state.raw + ((record.id, 9, 0),))),
                rollup=tuple(sorted(state.rollup + (record.id,))))
        if not state.retry:
            return
        record, rest = state.retry[0], state.retry[1:]
        if self._on("retry is a delay line"):
            log = swap(state.log, 0, state.log[0] + (record,))
            yield f"the relay produces {record.id}@{len(state.log[0])}", state._replace(log=log, retry=rest)
        elif not state.refusing and state.retry_reader is None:
            stored = any(row[0] == record.id for row in state.raw)
            yield (f"the retry reader looks up {record.id}: {'stored' if stored else 'not stored'}",
                   state._replace(retry=rest, retry_reader=None if stored else record))

    # Bad luck

    def _bad_luck(self, state: State):
        yield from self._reassign(state)
        yield from self._lose_inserts(state)
        yield from self._land_late_commits(state)
        at_rest = self._consumers_at_rest(state)
        if state.refusing and self.world.can_heal and (at_rest or not self._on("causes change at rest")):
            yield "what was refused is accepted from now on", state._replace(refusing=False)
        if state.view_broken:
            yield "the view is repaired", state._replace(view_broken=False)
        if state.budget.resets and at_rest:
            new = state._replace(committed=swap(state.committed, 0, (0, 0)),
                                 epochs=swap(state.epochs, 0, state.epochs[0] + 1),
                                 budget=state.budget._replace(resets=state.budget.resets - 1))
            yield "stopped, the offset of p0 set to 0 by hand, and started again", self._put(
                new, 0, 0, self._fresh(new, 0, 0))

    @staticmethod
    def _consumers_at_rest(state: State) -> bool:
        if state.inserts or any(end for _, end in state.committed):
            return False
        return not any(one is not None and one.owns_intent for one in state.consumers)

    def _reassign(self, state: State):
        if not state.budget.reassignments:
            return
        budget = state.budget._replace(reassignments=state.budget.reassignments - 1)
        for partition, members in enumerate(self.world.owners):
            for member in members:
                epochs = swap(state.epochs, partition, state.epochs[partition] + 1)
                # The process that gets the partition starts anew; its inserts under way do not know that.
                orphans = tuple(sorted(
                    one._replace(member=-1) if (one.member, one.partition) == (member, partition) else one
                    for one in state.inserts))
                new = state._replace(epochs=epochs, inserts=orphans, budget=budget)
                yield (f"p{partition} goes to {_MEMBERS[member]}",
                       self._put(new, member, partition, self._fresh(new, partition, member)))

    def _lose_inserts(self, state: State):
        budget = state.budget
        for index, insert in enumerate(state.inserts):
            rest = state.inserts[:index] + state.inserts[index + 1:]
            name = f"insert p{insert.partition}/{insert.first}-{insert.end}"
            if budget.lost_answers and insert.member >= 0:
                late = tuple(sorted(rest + (insert._replace(member=-1),)))
                new = state._replace(inserts=late, budget=budget._replace(lost_answers=budget.lost_answers - 1))
                yield f"the answer to {name} is lost, it goes on", self._unknown(new, insert)
            if budget.dying_inserts:
                where = "after raw, before the rollup" if insert.raw_done else "before anything is written"
                new = state._replace(inserts=rest, budget=budget._replace(dying_inserts=budget.dying_inserts - 1))
                yield f"{name} dies {where}", self._unknown(new, insert)

    def _land_late_commits(self, state: State):
        for index, (partition, epoch, offset, end) in enumerate(state.late_commits):
            rest = state._replace(late_commits=state.late_commits[:index] + state.late_commits[index + 1:])
            if epoch != state.epochs[partition] and self._on("fence commits"):
                yield "the late commit is fenced off", rest
            else:
                mark = f"[{offset},{end})" if end else "no intent"
                yield f"the late commit lands: ({offset}, {mark})", rest._replace(
                    committed=swap(state.committed, partition, (offset, end)))
