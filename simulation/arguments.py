"""What the command lines take, each refused with a sentence that says what to give."""

import argparse
import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from simulation.events import NoOffset, parse_time
from simulation.sender import parse_url


def present() -> datetime:
    """Now, to the millisecond."""
    now = datetime.now(timezone.utc)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        value = float(text.removesuffix("x"))
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a speed; give how many times real time, like 60, or max")
    return value


def to_share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share; give 0 to 1, like 0.05")
    return value


def to_start(text: str, zone: ZoneInfo | None = None) -> datetime:
    """A time without an offset is local to `zone`; without one it could be any hour of the day, so it is not taken."""
    try:
        return present() if text == "now" else parse_time(text, zone)
    except NoOffset:
        raise argparse.ArgumentTypeError(f"'{text}' has no offset; give UTC, like 2024-01-15T14:00:00Z, or the local time "
                                         "with its offset, like 2024-01-15T15:00:00+01:00") from None
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"'{text}' is not a time; give one like 2024-01-15T14:00:00Z, or now") from None


def to_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # a KeyError: not found
        raise argparse.ArgumentTypeError(f"'{text}' is no time zone that this machine knows (package tzdata); give one like "
                                         "Europe/Madrid, or UTC") from None


def up_to(most: int):
    def parse(text: str) -> int:
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {most}")
        return int(text)

    return parse


def to_url(text: str) -> str:
    try:
        parse_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def to_duration(text: str) -> float | None:
    """Seconds; None is for ever."""
    if text == "forever":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    seconds = float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2] or "s"] if found else 0.0
    if not 0 < seconds <= 7 * 24 * 3600:
        raise argparse.ArgumentTypeError(f"'{text}' is not a duration; give one like 90s, 5m or 1h, or forever")
    return seconds
