"""The command line of the crowd."""

import argparse
import json
import os
import re
import secrets
import sys

from simulation.arguments import present, to_duration, to_share, to_speed, to_start, to_url, up_to
from simulation.crowd import summary
from simulation.crowd.run import Crowd
from simulation.crowd.traffic import Spike, feed_rate
from simulation.crowd.verify import NotCounted, verify
from simulation.crowd.worker import Plan

_DESCRIPTION = """\
Sends a Fanfinity server what a crowd on match day does, and keeps an exact account of what was acknowledged.

  python3 -m simulation crowd --url http://127.0.0.1:8080 --verify
  python3 -m simulation crowd --url http://127.0.0.1:8080 --matches 50 --rate 5000 --spike 40x@30s --verify
  python3 -m simulation crowd --url http://127.0.0.1:8080 --duration forever --rate 200
  python3 -m simulation verify --account account.json
"""
_EPILOG = """\
The schedule does not wait for the server: a slow one shows as events under way and as times of answers, which are
measured from when each event was due. Every request is repeated until it is answered 202. The first Ctrl-C ends the
schedule and waits for the answers that are missing, the second gives them up.

Exit code 0: all was answered as the contract says, and with --verify every match is equal, member for member.
1: something was not; it is told. 2: wrong use.
"""
_MOST_PROCESSES = 8
_A_PROCESS = {True: 8_000, False: 1_500}  # events/s one can send, in batches and singly


def _spike(text: str) -> Spike:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)x?@(\d+(?:\.\d+)?(?:s|m|h)?)(?:/(\d+(?:\.\d+)?(?:s|m)?))?", text)
    times = float(found[1]) if found else 0.0
    if not 1 < times <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a spike; give how high and when, like 40x@30s (or 40x@30s/10s: "
                                         "half of it is over after 10 seconds)")
    return Spike(times, to_duration(found[2]) or 0.0, to_duration(found[3]) or 5.0 if found[3] else 5.0)


def _rate(text: str) -> float:
    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a rate; give events a second, like 1000")
    return rate


def _speed(text: str) -> float:
    speed = to_speed(text)
    if speed is None:
        raise argparse.ArgumentTypeError("a crowd has no speed max; give a number, and --rate for more traffic")
    return speed


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m simulation crowd", description=_DESCRIPTION, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_argument_group("where to")
    where.add_argument("--url", type=to_url, default="http://127.0.0.1:8080", help="the server (http://127.0.0.1:8080)")
    where.add_argument("--api-key", default=os.environ.get("FANFINITY_API_KEY", ""), metavar="KEY",
                       help="sent as a bearer token ($FANFINITY_API_KEY)")
    traffic = parser.add_argument_group("the traffic")
    traffic.add_argument("--matches", type=up_to(500), default=10, metavar="N", help="at once (10)")
    traffic.add_argument("--rate", type=_rate, default=500.0, metavar="N", help="events a second, all together (500)")
    traffic.add_argument("--duration", type=to_duration, default=60.0, metavar="T", help="like 90s or 5m, or forever (60s)")
    traffic.add_argument("--spike", type=_spike, metavar="Nx@T",
                         help="a goal at second T of the run multiplies the traffic by N; 40x@30s, or 40x@30s/10s with the "
                              "time in which half of it is over (5s)")
    traffic.add_argument("--speed", type=_speed, metavar="X",
                         help="the matches are played X times as fast as in the stadium (30, or less if the feeds alone would "
                              "make half of the rate)")
    traffic.add_argument("--under-way", action="store_true",
                         help="matches are at different stages at the start, and their feeds catch up first")
    traffic.add_argument("--seed", metavar="TEXT", help="any text; with the same --start and flags it repeats a run (random)")
    traffic.add_argument("--start", type=to_start, metavar="TIME", help="what the run takes as its beginning (now)")
    disorder = parser.add_argument_group("disorder")
    disorder.add_argument("--late", type=to_share, default=0.02, metavar="P",
                          help="share of events that come seconds to two minutes late (0.02)")
    disorder.add_argument("--duplicates", type=to_share, default=0.02, metavar="P", help="share that comes twice (0.02)")
    disorder.add_argument("--bad", type=to_share, default=0.002, metavar="P",
                          help="requests of a broken feed, for each good one (0.002)")
    how = parser.add_argument_group("how")
    how.add_argument("--batch", type=up_to(5_000), default=50, metavar="N", help="events a request at most; 1: each alone (50)")
    how.add_argument("--connections", type=up_to(1_000), default=16, metavar="N", help="all together (16)")
    how.add_argument("--processes", type=up_to(64), metavar="N", help="of the generator (as the rate needs)")
    how.add_argument("--drain", type=to_duration, default=120.0, metavar="T",
                     help="how long to repeat what is not acknowledged after the end (120s)")
    what = parser.add_argument_group("what to tell")
    what.add_argument("--account", metavar="FILE", help="write what was acknowledged, by match and type, as JSON")
    what.add_argument("--verify", action="store_true", help="compare it with the server's metrics at the end")
    what.add_argument("--quiet", action="store_true", help="errors only")
    options = parser.parse_args(arguments)
    _complete(parser, options)
    return options


def _complete(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    options.seed = secrets.token_hex(4) if options.seed is None else options.seed
    options.start = options.start or present()
    at_real_speed = feed_rate(options.matches, 1.0)
    if options.speed is None:
        options.speed = min(30.0, options.rate / 2 / at_real_speed)
    elif at_real_speed * options.speed > options.rate:
        parser.error(f"the feeds of {options.matches} matches alone make {at_real_speed * options.speed:,.0f} events/s at "
                     f"--speed {options.speed:g}: raise --rate, or lower --speed or --matches")
    if options.spike and options.duration and options.spike.at >= options.duration:
        parser.error(f"the spike would come after the end: raise --duration above {options.spike.at:g}s")
    if options.processes is None:
        peak = options.rate * min(options.spike.times if options.spike else 1.0, 4.0)
        options.processes = min(_MOST_PROCESSES, options.connections, 1 + int(peak / _A_PROCESS[options.batch >= 10]))
    options.connections = max(options.connections, options.processes)


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        url=options.url, api_key=options.api_key, seed=options.seed, matches=options.matches, speed=options.speed,
        began=options.start, rate=options.rate, duration=options.duration, spike=options.spike,
        under_way=options.under_way, late=options.late, copies=options.duplicates, bad=options.bad, batch=options.batch,
        connections=-(-options.connections // options.processes), workers=options.processes,
        drain=options.drain or float("inf"),
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    plan = _plan(options)
    tell = (lambda sentence: None) if options.quiet else _say
    outcome = Crowd(plan, options.quiet).run()
    for line in summary.sentences(plan, outcome) if not options.quiet else summary.warnings(outcome):
        _say(line)
    if options.account:
        try:
            summary.write(options.account, summary.document(plan, outcome))
        except OSError as error:
            _say(f"{options.account} cannot be written: {error.strerror}.")
            return 1
    equal = True
    if options.verify and not outcome.failure:
        equal = _check(options.url, options.api_key, outcome.account.metrics(), not outcome.unanswered, tell)
    return 0 if outcome.good and equal else 1


def _check(url: str, api_key: str, expected: dict, exact: bool, tell) -> bool:
    if not exact:
        _say("verify: not possible, because some events were never answered")
        return False
    try:
        differences = verify(url, api_key, expected, tell)
    except NotCounted as error:
        _say(f"verify: {error}")
        return False
    for difference in differences[:50]:
        _say(f"verify: {difference}")
    if differences:
        _say(f"verify: {len(differences):,} differences. A server that had events of these matches before cannot agree.")
    else:
        events = sum(metrics["totalEvents"] for metrics in expected.values())
        tell(f"verify: all {len(expected):,} matches are equal, member for member: {events:,} events, each counted once")
    return not differences


def main_verify(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m simulation verify",
                                     description="Compares an account written with --account with the server's metrics.")
    parser.add_argument("--account", required=True, metavar="FILE", help="as `crowd --account` wrote it")
    parser.add_argument("--url", type=to_url, help="the server (the one of the account)")
    parser.add_argument("--api-key", default=os.environ.get("FANFINITY_API_KEY", ""), metavar="KEY",
                        help="sent as a bearer token ($FANFINITY_API_KEY)")
    options = parser.parse_args(arguments)
    try:
        with open(options.account, encoding="utf-8") as file:
            account = json.load(file)
        matches, exact, url = account["matches"], account["exact"], options.url or account["url"]
    except OSError as error:
        _say(f"{options.account} cannot be read: {error.strerror}.")
        return 2
    except (ValueError, KeyError, TypeError):
        _say(f"{options.account} is no account: give a file that `crowd --account` wrote.")
        return 2
    return 0 if _check(url, options.api_key, matches, exact, _say) else 1
