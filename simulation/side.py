"""One team during a match: who is on the pitch, on the bench, booked, or gone for good."""

import random

from simulation.squads import DEFENDER, FORWARD, GOALKEEPER, MIDFIELDER, Club, Player

MAX_SUBSTITUTIONS = 5
MAX_WINDOWS = 3  # stoppages a team may use for substitutions; half time does not count
FEWEST_PLAYERS = 7  # below, a match is abandoned (Law 3)

# How likely a role has the ball, by third of the pitch as its team attacks.
_PRESENCE = {
    GOALKEEPER: (1.6, 0.05, 0.0),
    DEFENDER: (5.0, 2.6, 0.7),
    MIDFIELDER: (2.6, 4.2, 3.4),
    FORWARD: (0.4, 2.0, 4.6),
}
_FOULS = {GOALKEEPER: 0.15, DEFENDER: 2.6, MIDFIELDER: 2.8, FORWARD: 1.8}
_CAREFUL_WHEN_BOOKED = 0.4


class Side:
    """Players leave by `replace` and `send_off` only, and never come back."""

    def __init__(self, team: int, club: Club, chance: random.Random):
        self.team = team
        self.club = club
        self.goals = 0
        self.on_pitch: list[Player] = list(club.first_eleven)
        self.bench: list[Player] = list(club.bench)
        self.booked: set[str] = set()
        self.substitutions = 0
        self.keeper: Player = self.on_pitch[0]
        self._chance = chance
        self.windows = self._plan_substitutions()

    def _plan_substitutions(self) -> list[tuple[int, int]]:
        """(not before this second of play, how many), earliest first. Second 2,700 is half time."""
        left = self._chance.choices([2, 3, 4, 5], [1, 3, 4, 5])[0]
        plan: list[tuple[int, int]] = []
        if self._chance.random() < 0.25:
            plan.append((45 * 60, 1))
            left -= 1
        for minute in sorted(self._chance.sample(range(56, 88), MAX_WINDOWS)):
            some = min(left, self._chance.choice([1, 1, 2]))
            if some:
                plan.append((minute * 60, some))
                left -= some
        return plan

    @property
    def power(self) -> float:
        return self.club.strength * (0.4 + 0.6 * len(self.on_pitch) / 11)

    def with_ball(self, x: float, other_than: Player | None = None) -> Player:
        """Somebody likely to have the ball at x (0 own goal, 1 the opponent's)."""
        third = min(2, int(x * 3))
        return self._pick(lambda player: _PRESENCE[self._role(player)][third], other_than)

    def for_header(self) -> Player:
        return self._pick(lambda player: {GOALKEEPER: 0.0, DEFENDER: 3.0, MIDFIELDER: 2.0, FORWARD: 4.0}[self._role(player)])

    def for_foul(self) -> Player:
        return self._pick(lambda p: _FOULS[self._role(p)] * (_CAREFUL_WHEN_BOOKED if p.id in self.booked else 1.0))

    def for_set_piece(self) -> Player:
        """The same specialist as long as he is on the pitch."""
        return max(self.on_pitch, key=lambda player: (player.role == MIDFIELDER, player.role == FORWARD, player.number))

    def _role(self, player: Player) -> str:
        return GOALKEEPER if player is self.keeper else player.role

    def _pick(self, weight, other_than: Player | None = None) -> Player:
        candidates = [player for player in self.on_pitch if player is not other_than]
        return self._chance.choices(candidates, [weight(player) + 1e-6 for player in candidates])[0]

    def may_substitute(self) -> bool:
        outfield = any(player.role != GOALKEEPER for player in self.bench)
        return self.substitutions < MAX_SUBSTITUTIONS and outfield

    def choose_substitution(self) -> tuple[Player, Player]:
        """(off, on): a tired or booked outfield player for one of his kind, if there is one."""
        tired = [player for player in self.on_pitch if player is not self.keeper]
        off = self._chance.choices(tired, [2.0 if player.id in self.booked else 1.0 for player in tired])[0]
        fresh = [player for player in self.bench if player.role != GOALKEEPER]
        alike = [player for player in fresh if player.role == off.role]
        return off, self._chance.choice(alike or fresh)

    def replace(self, off: Player, on: Player) -> None:
        assert self.substitutions < MAX_SUBSTITUTIONS
        self.on_pitch.remove(off)
        self.bench.remove(on)
        self.on_pitch.append(on)
        self.substitutions += 1

    def send_off(self, player: Player) -> None:
        self.on_pitch.remove(player)

    def choose_new_keeper(self) -> tuple[Player, Player] | None:
        """After the keeper was sent off: the substitution that brings the second one, if it is allowed.
        Else an outfield player goes in goal and there is nothing to announce."""
        spare = next((player for player in self.bench if player.role == GOALKEEPER), None)
        if spare and self.substitutions < MAX_SUBSTITUTIONS:
            off = self._chance.choice([player for player in self.on_pitch if player.role == FORWARD] or self.on_pitch)
            self.keeper = spare
            return off, spare
        self.keeper = self._chance.choice(self.on_pitch)
        return None
