"""The command line."""

import argparse
import os
import random
import secrets
import signal
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

from simulation.arguments import present, to_share, to_speed, to_start, to_url, up_to
from simulation.progress import Progress
from simulation.sender import NoService, Sender
from simulation.stream import Fixture, Round, Sending, fix, merge, play_round, with_copies

# Files written without --start are the same whenever they are written.
_FILE_START = datetime(2024, 1, 13, 15, 0, tzinfo=timezone.utc)

_DESCRIPTION = """\
Plays believable football matches and writes their events as NDJSON, or sends them live to a Fanfinity server.

  python3 -m simulation > match.ndjson                       one match, a line an event
  python3 -m simulation --matches 10 --seed 7 --output m.ndjson
  python3 -m simulation --url http://127.0.0.1:8080          live, 60 times as fast as in the stadium
  python3 -m simulation --url http://127.0.0.1:8080 --matches 4 --speed max --duplicates 0.1
"""
_EPILOG = """\
The same --seed and --start give the same matches, byte for byte, ids included. Sent twice, they count once.
Live, each event is repeated until the server accepts it. Ctrl-C ends with a summary.
"""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m simulation", description=_DESCRIPTION, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    games = parser.add_argument_group("the matches")
    games.add_argument("--matches", type=up_to(100), default=1, metavar="N", help="played at the same time (1)")
    games.add_argument("--seed", metavar="TEXT", help="any text; the same one plays the same matches (random)")
    games.add_argument("--start", type=to_start, metavar="TIME",
                       help="first kick-off, RFC 3339, or now. Default: in a file 2024-01-13T15:00:00Z; "
                            "live, such that event times reach the present as the last match ends")
    games.add_argument("--duplicates", type=to_share, default=0.0, metavar="P",
                       help="send this share of the events once more, like 0.05 (0)")
    where = parser.add_argument_group("where to")
    target = where.add_mutually_exclusive_group()
    target.add_argument("--output", metavar="FILE", default="-", help="write NDJSON here; - is standard output (-)")
    target.add_argument("--url", type=to_url, help="send live to this server, like http://127.0.0.1:8080")
    live = parser.add_argument_group("live")
    live.add_argument("--speed", type=to_speed, default=60.0, metavar="X", help="times real time, or max (60)")
    live.add_argument("--connections", type=up_to(256), default=4, metavar="N", help="requests under way at once (4)")
    live.add_argument("--api-key", default=os.environ.get("FANFINITY_API_KEY", ""), metavar="KEY",
                      help="sent as a bearer token ($FANFINITY_API_KEY)")
    live.add_argument("--loop", action="store_true", help="when all matches have ended, start new ones, for ever")
    live.add_argument("--quiet", action="store_true", help="errors only")
    options = parser.parse_args(arguments)
    options.seed = secrets.token_hex(8) if options.seed is None else options.seed
    if options.loop and not options.url:
        parser.error("--loop needs --url: a file would never end")
    return options


def live_start(games: Round, speed: float | None, now: datetime) -> datetime:
    """The kick-off for which event times, which run `speed` times as fast as the clock, meet the clock at
    full time: charts show a whole match of minutes, and no event lies in the future. At speed 1 it is now."""
    takes = games.duration / speed if speed else timedelta()
    return now + min(takes - games.duration, timedelta())


def _sendings(options: argparse.Namespace, fixtures: list[Fixture], seed: str):
    return with_copies(merge(fixtures), options.duplicates, random.Random(f"{seed}/copies"))


def write_file(options: argparse.Namespace) -> int:
    fixtures = fix(play_round(options.seed, options.matches), options.start or _FILE_START)
    try:
        output = sys.stdout.buffer if options.output == "-" else open(options.output, "wb")
    except OSError as error:
        print(f"{options.output} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    try:
        for sending in _sendings(options, fixtures, options.seed):
            output.write(sending.line + b"\n")
        output.flush()
    except BrokenPipeError:
        # The reader (say, head) has seen enough; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{options.output} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    finally:
        if output is not sys.stdout.buffer:
            output.close()
    return 0


class Live:
    """Sends rounds of matches at their pace until they end, or `stop` is set."""

    def __init__(self, options: argparse.Namespace, stop: threading.Event):
        self._options = options
        self._stop = stop
        self._progress = Progress(options.quiet)
        self._sender = Sender(options.url, options.connections, options.api_key, self._say)

    def run(self) -> int:
        began = time.monotonic()
        failure = ""
        try:
            round_number = 0
            while True:
                self._play(round_number)
                round_number += 1
                if self._stop.is_set() or not self._options.loop:
                    break
            self._sender.drain(self._stop)
        except NoService as error:
            failure = str(error)
        self._sender.stop()
        return self._summarise(time.monotonic() - began, failure)

    def _play(self, round_number: int) -> None:
        options = self._options
        seed = f"{options.seed}/{round_number}" if round_number else options.seed
        games = play_round(seed, options.matches)
        # A start that was asked for is that of the first round; a later one would repeat its hours.
        asked = options.start if round_number == 0 else None
        fixtures = fix(games, asked or live_start(games, options.speed, present()))
        for fixture in fixtures:
            self._progress.note(f"kick-off  {fixture.title}  [{fixture.match_id}]")
        began = time.monotonic()
        for sending in _sendings(options, fixtures, seed):
            if not self._wait_until_due(began, sending):
                return
            self._sender.submit(sending, self._stop)
            self._progress.happened(sending)
            self._progress.show(sending, self._sender.counts(), len(fixtures))
        for fixture in fixtures:
            home, away = fixture.result.score
            self._progress.note(f"full time {fixture.result.home.name} {home}-{away} {fixture.result.away.name}")

    def _wait_until_due(self, began: float, sending: Sending) -> bool:
        if self._options.speed is None:
            return not self._stop.is_set()
        due = began + sending.at / 1000 / self._options.speed
        return not self._stop.wait(max(0.0, due - time.monotonic()))

    def _say(self, sentence: str) -> None:
        if self._options.quiet:
            print(sentence, file=sys.stderr, flush=True)
        else:
            self._progress.note(sentence)

    def _summarise(self, seconds: float, failure: str) -> int:
        counts = self._sender.counts()
        self._progress.note(f"{counts.accepted:,} events accepted in {seconds:.1f} s, {counts.copies:,} copies, "
                            f"{counts.rejected:,} rejected, {counts.retries:,} retries")
        if failure:
            self._say(failure)
        return 1 if failure or counts.rejected else 0


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    if not options.url:
        try:
            return write_file(options)
        except KeyboardInterrupt:
            return 130
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stop))
    return Live(options, stop).run()


def _interrupt(stop: threading.Event) -> None:
    if stop.is_set():
        os._exit(130)
    stop.set()
