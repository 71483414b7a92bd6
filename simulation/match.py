"""A match, played from kick-off to full time.

The rates below are chosen so that matches look like those of a professional league: on average about 950 passes,
105 interceptions, 25 shots, 2.7 goals, 9 corners, 22 fouls, 3.7 yellow cards, 0.2 red ones, 4 offsides.
"""

import random
from dataclasses import dataclass

from simulation.events import MatchEvent
from simulation.side import FEWEST_PLAYERS, Side
from simulation.squads import Club, Player

HALF = 45 * 60
BREAK = 15 * 60

_FOUL = 0.0225  # a pass attempt
_OFFSIDE = 0.023  # a pass attempt in the last third
_YELLOW = 0.165  # a foul
_STRAIGHT_RED = 0.004
_THROW_IN = 0.26  # of the passes that go wrong
_INJURY = 0.04  # a foul
_HOME_ADVANTAGE = 1.05


@dataclass(frozen=True)
class Result:
    home: Club
    away: Club
    events: list[MatchEvent]
    duration: int  # milliseconds from kick-off to the final whistle, the break included
    score: tuple[int, int]


def play(home: Club, away: Club, chance: random.Random) -> Result:
    return _Match(home, away, chance).play()


class _Match:
    """Positions are those of the side with the ball: x 0 its own goal line, 1 the opponent's; y 0 to 1 across."""

    def __init__(self, home: Club, away: Club, chance: random.Random):
        self._chance = chance
        self._sides = (Side(1, home, chance), Side(2, away, chance))
        self._events: list[MatchEvent] = []
        self._period = 1
        self._clock = 0.0  # seconds of this period
        self._offset = 0.0  # seconds from kick-off to the start of this period
        self._lost = 0.0  # seconds of this period that the referee will add
        self._attack, self._defence = self._sides
        self._holder = self._attack.on_pitch[-1]
        self._x, self._y = 0.5, 0.5
        self._passer: Player | None = None  # who passed to the holder: the assist, should he score

    def play(self) -> Result:
        first = self._chance.choice(self._sides)
        self._play_half(1, first)
        self._offset = self._clock + BREAK + self._chance.uniform(0, 60)
        self._play_half(2, self._other(first))
        home, away = self._sides
        duration = round((self._offset + self._clock) * 1000)
        return Result(home.club, away.club, self._events, duration, (home.goals, away.goals))

    # Time

    def _play_half(self, period: int, kicks_off: Side) -> None:
        self._period, self._clock, self._lost = period, 0.0, 0.0
        if period == 2:
            self._substitute_due()
        self._kick_off(kicks_off)
        while self._clock < HALF:
            self._play_on()
        added = min(max(self._lost * self._chance.uniform(0.7, 1.0), 60), 240 if period == 1 else 540)
        end = HALF + 60 * round(added / 60) + self._chance.uniform(2, 25)
        while self._clock < end:
            self._play_on()

    def _wait(self, low: float, high: float, lost: float = 0.0) -> None:
        """Time passes; of it, `lost` as a share is added at the end of the half."""
        seconds = self._chance.uniform(low, high)
        self._clock += seconds
        self._lost += seconds * lost

    def _say(self, kind: str, side: Side, player: Player, **details) -> None:
        played = int(self._clock)
        base = HALF * (self._period - 1)
        minute = (base + min(played, HALF - 1)) // 60 + 1
        metadata = {"minute": minute, "period": self._period, "team": side.club.name}
        if played >= HALF:
            metadata["stoppage"] = (played - HALF) // 60 + 1
        metadata.update(details)
        at = round((self._offset + self._clock) * 1000)
        if self._events and at <= self._events[-1].at:
            at = self._events[-1].at + 1
        self._events.append(MatchEvent(at, kind, side.team, player.id, metadata))

    def _spot(self) -> dict[str, float]:
        return {"x": round(self._x, 2), "y": round(self._y, 2)}

    # Possession

    def _other(self, side: Side) -> Side:
        return self._sides[0] if side is self._sides[1] else self._sides[1]

    def _kick_off(self, side: Side) -> None:
        self._give_to(side, 0.5, 0.5)

    def _give_to(self, side: Side, x: float, y: float, holder: Player | None = None) -> None:
        self._attack, self._defence = side, self._other(side)
        self._x, self._y = min(max(x, 0.03), 0.97), min(max(y, 0.02), 0.98)
        self._holder = holder or side.with_ball(self._x)
        self._passer = None

    def _turn_over(self, holder: Player | None = None) -> None:
        self._give_to(self._defence, 1 - self._x, 1 - self._y, holder)

    def _power_ratio(self) -> float:
        ratio = self._attack.power / self._defence.power
        return ratio * (_HOME_ADVANTAGE if self._attack.team == 1 else 1 / _HOME_ADVANTAGE)

    def _play_on(self) -> None:
        roll = self._chance.random()
        if roll < _FOUL:
            self._foul()
        elif roll < _FOUL + self._appetite_to_shoot():
            self._wait(0.8, 3.0)
            self._shoot("open play")
        else:
            self._pass()

    def _appetite_to_shoot(self) -> float:
        if self._x < 0.70:
            return 0.0005
        return (0.035 + 0.56 * (self._x - 0.70)) * self._power_ratio()

    def _pass(self) -> None:
        self._clock += self._chance.gammavariate(2.0, 1.9)
        passer = self._holder
        # Forward where there is room for it, back again from the goal line.
        target = self._x + self._chance.gauss(0.12 - 0.14 * self._x, 0.13)
        target = 1.88 - target if target > 0.94 else target
        accuracy = (0.92 - 0.27 * max(0.0, self._x - 0.25)) * self._power_ratio() ** 0.12
        completed = self._chance.random() < accuracy
        x, y = min(max(target, 0.03), 0.97), min(max(self._y + self._chance.gauss(0, 0.22), 0.02), 0.98)
        receiver = self._attack.with_ball(x, other_than=passer)
        details = self._spot()
        details.update(completed=completed, **({"receiver": receiver.id} if completed else {}))
        self._say("pass", self._attack, passer, **details)
        if completed and x > 0.66 and x > self._x and self._chance.random() < _OFFSIDE:
            self._offside(receiver, x, y)
        elif completed:
            self._x, self._y, self._holder, self._passer = x, y, receiver, passer
        else:
            self._lose_ball(x, y)

    def _lose_ball(self, x: float, y: float) -> None:
        self._x, self._y = x, y
        if self._chance.random() < _THROW_IN:
            self._turn_over()
            self._wait(7, 19)
            self._stoppage()
            return
        self._turn_over()
        self._clock += self._chance.uniform(0.3, 1.4)
        self._say("interception", self._attack, self._holder, **self._spot())

    def _offside(self, player: Player, x: float, y: float) -> None:
        self._x, self._y = x, y
        self._wait(0.5, 2.0)
        self._say("offside", self._attack, player, **self._spot(), name=player.name)
        self._turn_over()
        self._wait(12, 28)
        self._stoppage()
        self._free_kick("offside")

    # Fouls and cards

    def _foul(self) -> None:
        self._wait(0.8, 3.5)
        offender, victim = self._defence.for_foul(), self._holder
        penalty = self._x > 0.88 and self._chance.random() < 0.35
        self._say("foul", self._defence, offender, x=round(1 - self._x, 2), y=round(1 - self._y, 2),
                  on=victim.id, name=offender.name, **({"penalty": True} if penalty else {}))
        self._punish(offender)
        self._wait(14, 34, lost=0.1)
        if self._chance.random() < _INJURY:
            self._wait(30, 120, lost=1.0)
        self._stoppage()
        if penalty:
            self._penalty()
        else:
            self._free_kick("foul")

    def _punish(self, offender: Player) -> None:
        side = self._defence
        roll = self._chance.random()
        too_few = len(side.on_pitch) <= FEWEST_PLAYERS
        if roll < _STRAIGHT_RED and not too_few:
            self._wait(5, 20, lost=1.0)
            self._send_off(side, offender, "serious foul play")
        elif roll < _STRAIGHT_RED + _YELLOW:
            second = offender.id in side.booked
            if second and too_few:
                return
            self._wait(5, 20, lost=0.6)
            self._say("yellow_card", side, offender, name=offender.name, **({"second": True} if second else {}))
            side.booked.add(offender.id)
            if second:
                self._wait(1, 4)
                self._send_off(side, offender, "second yellow")

    def _send_off(self, side: Side, player: Player, reason: str) -> None:
        self._say("red_card", side, player, name=player.name, reason=reason)
        side.send_off(player)
        self._wait(20, 60, lost=1.0)
        if player is side.keeper and (swap := side.choose_new_keeper()):
            self._substitute(side, *swap)

    def _free_kick(self, reason: str) -> None:
        close = self._x > 0.72
        # The specialist takes those that may become a chance, whoever stands there the others.
        taker = self._attack.for_set_piece() if close else self._attack.with_ball(self._x)
        self._holder, self._passer = taker, None
        self._say("free_kick", self._attack, taker, **self._spot(), reason=reason)
        if close and self._chance.random() < 0.30:
            self._clock += self._chance.uniform(0.5, 1.2)
            self._shoot("free kick")

    def _penalty(self) -> None:
        self._wait(30, 80, lost=0.8)
        self._holder, self._passer = self._attack.for_set_piece(), None
        self._x, self._y = 0.89, 0.5
        self._shoot("penalty")

    # Shots, goals and corners

    def _goal_chance(self, situation: str) -> float:
        if situation == "penalty":
            return 0.77
        if situation in ("corner", "free kick"):
            return 0.075
        off_centre = abs(self._y - 0.5)
        return max(0.02, 0.10 + 2.5 * max(0.0, self._x - 0.78) ** 1.5 - 0.12 * off_centre)

    def _shoot(self, situation: str) -> None:
        shooter, passer = self._holder, self._passer
        likely = self._goal_chance(situation)
        outcome = "goal"
        if self._chance.random() >= likely * self._power_ratio() ** 0.5:
            outcome = self._chance.choices(["saved", "blocked", "wide"], [30, 26, 44])[0]
            outcome = "saved" if situation == "penalty" and outcome == "blocked" else outcome
        self._say("shot", self._attack, shooter, **self._spot(), outcome=outcome, situation=situation,
                  name=shooter.name, xg=round(likely, 2))
        self._passer = None
        if outcome == "goal":
            self._goal(shooter, passer, situation)
        elif outcome in ("saved", "blocked") and self._chance.random() < 0.68:
            self._corner()
        elif outcome == "blocked":
            self._wait(1, 3)
            self._turn_over()
        else:
            self._give_to(self._defence, 0.06, 0.5, self._defence.keeper)
            self._wait(6, 30)
            self._stoppage()

    def _goal(self, scorer: Player, passer: Player | None, situation: str) -> None:
        side = self._attack
        side.goals += 1
        self._clock += self._chance.uniform(0.4, 1.5)
        home, away = self._sides
        assist = {"assist": passer.name} if passer and situation == "open play" else {}
        self._say("goal", side, scorer, **self._spot(), scorer=scorer.name, situation=situation,
                  score=f"{home.goals}-{away.goals}", **assist)
        self._wait(45, 85, lost=0.6)
        self._stoppage()
        self._kick_off(self._other(side))

    def _corner(self) -> None:
        self._wait(18, 38)
        self._stoppage()
        taker = self._attack.for_set_piece()
        self._x, self._y = 0.97, self._chance.choice([0.02, 0.98])
        self._holder, self._passer = taker, None
        self._say("corner", self._attack, taker, **self._spot())
        self._clock += self._chance.uniform(1.2, 3.0)
        if self._chance.random() < 0.32:
            self._holder = self._attack.for_header()
            self._x, self._y = self._chance.uniform(0.88, 0.95), self._chance.uniform(0.35, 0.65)
            self._shoot("corner")
        elif self._chance.random() < 0.6:
            self._turn_over()
        else:
            self._give_to(self._attack, self._chance.uniform(0.68, 0.85), self._chance.random())

    # Stoppages

    def _stoppage(self) -> None:
        """The ball is dead: substitutions that are due take place."""
        if self._period == 2:
            self._substitute_due()

    def _substitute_due(self) -> None:
        for side in self._sides:
            while side.windows and side.windows[0][0] <= HALF + self._clock:
                for _ in range(side.windows.pop(0)[1]):
                    if side.may_substitute():
                        self._substitute(side, *side.choose_substitution())
        if self._holder not in self._attack.on_pitch:
            self._holder, self._passer = self._attack.with_ball(self._x), None

    def _substitute(self, side: Side, off: Player, on: Player) -> None:
        self._clock += self._chance.uniform(0.2, 2.0)
        side.replace(off, on)
        # playerId is the one who comes on: whoever acts, is on the pitch.
        self._say("substitution", side, on, playerOff=off.id, nameOff=off.name, name=on.name)
        self._wait(8, 22, lost=0.8)
