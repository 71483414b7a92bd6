"""Every state that can be reached, nearest first, so that the first violation found is one of the shortest."""

from typing import NamedTuple

from protocol import Protocol
from rules import EVERYTHING, RULES, WORLDS, World


class Outcome(NamedTuple):
    states: int
    violation: str  # empty: none
    trace: list[str]


def explore(world: World, rules: frozenset = EVERYTHING, most_states: int = 2_000_000) -> Outcome:
    """Breadth first over all interleavings. A violation is a broken invariant; of the full protocol also a state in
    which nothing can happen any more although work is left."""
    protocol = Protocol(world, rules)
    start = protocol.start()
    came_from = {start: None}
    level = [start]
    while level:
        following = []
        for state in level:
            moved = False
            for label, successor in protocol.steps(state):
                moved = True
                if successor in came_from:
                    continue
                came_from[successor] = (state, label)
                wrong = protocol.broken(successor)
                if wrong:
                    return Outcome(len(came_from), wrong, _trace(came_from, successor))
                following.append(successor)
            stuck = not moved and rules == EVERYTHING
            if stuck and not protocol.at_rest_for_good(state) and not protocol.refuses_to_run(state):
                return Outcome(len(came_from), "nothing can happen, and work is left", _trace(came_from, state))
        if len(came_from) > most_states:
            raise RuntimeError(f"{world.name}: more than {most_states} states; make the world smaller")
        level = following
    return Outcome(len(came_from), "", [])


def without(rule: str) -> Outcome:
    """The counterexample that leaving `rule` out makes possible, in the rule's own world."""
    return explore(WORLDS[RULES[rule].world], EVERYTHING - {rule})


def _trace(came_from: dict, state) -> list[str]:
    labels = []
    while came_from[state] is not None:
        state, label = came_from[state]
        labels.append(label)
    return labels[::-1]
