"""Clubs and their players. All invented; a club always has the same squad."""

import random
import re
import unicodedata
from dataclasses import dataclass

GOALKEEPER, DEFENDER, MIDFIELDER, FORWARD = "GK", "DF", "MF", "FW"

# The first eleven in a 4-3-3, then the bench.
_LINE_UP = [GOALKEEPER] + [DEFENDER] * 4 + [MIDFIELDER] * 3 + [FORWARD] * 3
_BENCH = [GOALKEEPER] + [DEFENDER] * 3 + [MIDFIELDER] * 3 + [FORWARD] * 2

_CLUBS = [
    ("Harbour City", 1.06), ("Northgate United", 1.02), ("Río Alto", 1.05), ("Val d'Orme", 0.98),
    ("Königsfeld 04", 1.04), ("Østervik", 0.96), ("Monte Claro", 1.00), ("Ferrymoor Athletic", 0.94),
    ("Sant Martí", 1.07), ("Brightwater Town", 0.97), ("Çamlıca", 1.01), ("Old Mill Rovers", 0.93),
    ("Lindenhof", 1.00), ("Praia Nova", 1.03), ("Castlebridge", 0.99), ("Vršava", 0.95),
]

_FIRST_NAMES = (
    "Adem Aleksi Amadou André Antonio Bastian Ben Bruno Callum Carlos Damir Daniel Diego Eduardo Elias Emre Erik "
    "Fabio Felix Filip Finn Gabriel Hugo Ibrahim Ilias Ivan Jakub Jamie Jan João Jonas Jordi Kenji Kofi Lars Leo "
    "Liam Luca Luka Malik Marco Mateo Max Milan Moussa Nico Noah Ola Oscar Pablo Paul Rafael Rui Samuel Sergio "
    "Stefan Theo Tomás Viktor Yusuf"
).split()
_LAST_NAMES = (
    "Aalto Adeyemi Alonso Andersen Baptiste Barros Bauer Bianchi Björk Boateng Carter Çelik Costa Dahl Delgado "
    "Diallo Dubois Duarte Eriksen Fernández Ferrari Fischer Fofana García Grant Hansen Hughes Iversen Jansen Kaya "
    "Keita Kovač Krüger Lambert Larsen Lima Lopes Marić Martín Mensah Moreau Moretti Müller Murphy Nakamura Ndiaye "
    "Nowak O'Brien Okafor Olsen Pereira Petrov Quinn Ramos Ricci Rojas Sané Santos Schmidt Silva Sørensen Tanaka "
    "Torres Traoré Usman Vega Vidal Walker Weiß Yılmaz Zając Zieliński"
).split()


@dataclass(frozen=True)
class Player:
    id: str
    name: str
    number: int
    role: str


@dataclass(frozen=True)
class Club:
    name: str
    strength: float
    first_eleven: tuple[Player, ...]
    bench: tuple[Player, ...]


def _slug(name: str) -> str:
    """ "Río Alto" -> "rio-alto": ids stay plain ASCII although names do not."""
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("øØıł", "oOil")))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


def _squad(name: str) -> tuple[tuple[Player, ...], tuple[Player, ...]]:
    chance = random.Random(f"squad of {name}")
    first = chance.sample(_FIRST_NAMES, 20)
    last = chance.sample(_LAST_NAMES, 20)
    players = tuple(
        Player(f"{_slug(name)}-{number}", f"{first[number - 1]} {last[number - 1]}", number, role)
        for number, role in enumerate(_LINE_UP + _BENCH, start=1)
    )
    return players[: len(_LINE_UP)], players[len(_LINE_UP):]


def all_clubs() -> list[Club]:
    return [Club(name, strength, *_squad(name)) for name, strength in _CLUBS]


def draw_pairs(count: int, chance: random.Random) -> list[tuple[Club, Club]]:
    """Home and away for `count` matches; no club plays twice in one round, while there are clubs enough."""
    pairs: list[tuple[Club, Club]] = []
    while len(pairs) < count:
        clubs = all_clubs()
        chance.shuffle(clubs)
        pairs += list(zip(clubs[::2], clubs[1::2]))
    return pairs[:count]
