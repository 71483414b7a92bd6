"""The command line of the converters."""

import argparse
import os
import re
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from simulation import contract
from simulation.arguments import to_start, to_zone
from simulation.convert import metrica, statsbomb
from simulation.convert.feed import Conversion, FeedError, shortened
from simulation.convert.metrica_file import read_metadata, read_rows
from simulation.events import NoOffset, parse_time

_START = datetime(2024, 1, 15, 14, 0, tzinfo=timezone.utc)

_DESCRIPTION = """\
Turns files of public feeds into Fanfinity events, a line each.

  python3 -m simulation convert statsbomb open-data/data/events/3869685.json > match.ndjson
  python3 -m simulation convert metrica Sample_Game_1_RawEventsData.csv --start 2024-01-15T14:00:00Z > match.ndjson
  build/release/fanfinity replay match.ndjson --speed 60

Converted or sent again, nothing counts twice: ids follow from the match id and what the file says of each event. To see a
match once more, give it another --match-id. Standard error has the score, and counts what has no counterpart among the
event types. FILE may be packed by gzip.
"""
_EPILOG = """\
Exit code 0: all is written. 1: an event would be refused by the service, or the output cannot be written. 2: wrong use, or
a file that is not what it should be. On 1 and 2 nothing is written.
"""
_FAULTS_TOLD = 20


def _match_id(text: str) -> str:
    if fault := contract.fault_of_match_id(text):
        raise argparse.ArgumentTypeError(f"a match id {fault}")
    return text


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m simulation convert", description=_DESCRIPTION, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    formats = parser.add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, what in (("statsbomb", "events/{match_id}.json of StatsBomb's open data"),
                       ("metrica", "events of Metrica Sports' sample data, .csv or .json")):
        one = formats.add_parser(name, help=what)
        one.add_argument("file", metavar="FILE", help=what)
        one.add_argument("--start", metavar="TIME",
                         help="kick-off, RFC 3339, or now (what --matches or --metadata says, else 2024-01-15T14:00:00Z)")
        one.add_argument("--timezone", type=to_zone, metavar="ZONE",
                         help="of times that have no offset, like Europe/Madrid; without it they are not taken")
        one.add_argument("--match-id", type=_match_id, metavar="TEXT", help="the match's id (from the file's name)")
        one.add_argument("--output", default="-", metavar="FILE", help="where to write; - is standard output (-)")
        if name == "statsbomb":
            one.add_argument("--lineups", metavar="FILE", help="lineups/{match_id}.json: short names and numbers")
            one.add_argument("--matches", metavar="FILE",
                             help="matches/{competition}/{season}.json: home team and date (else the line-up that is first)")
        else:
            one.add_argument("--metadata", metavar="FILE", help="the XML beside a .json file: home team and date")
    options = parser.parse_args(arguments)
    try:
        options.start = options.start and to_start(options.start, options.timezone)
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --start: {error}. Or say --timezone, like --timezone Europe/Madrid")
    return options


def _kick_off(options: argparse.Namespace, source: str | None, told: str | None) -> datetime:
    """`told`: by the file `source`."""
    if options.start or not told:
        return options.start or _START
    try:
        return parse_time(told, options.timezone)
    except NoOffset:
        raise FeedError(f"{source}: the kick-off is {told}, and no offset says where: give --timezone, like --timezone "
                        "Europe/Madrid, or the kick-off with --start") from None
    except (ValueError, OverflowError):
        raise FeedError(f"{source}: the kick-off is '{told}', which is no time: give it with --start") from None


def _convert(options: argparse.Namespace) -> Conversion:
    stem = Path(re.sub(r"\.gz$", "", options.file, flags=re.IGNORECASE)).stem
    if options.format == "statsbomb":
        home, told = statsbomb.look_up(options.matches, stem) if options.matches else (None, None)
        match_id = options.match_id or shortened(f"statsbomb-{stem}")
        conversion = Conversion("statsbomb", match_id, _kick_off(options, options.matches, told))
        statsbomb.convert(conversion, options.file, options.lineups, home)
        return conversion
    metadata = read_metadata(options.metadata) if options.metadata else None
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"_(RawEventsData|events)$", "", stem).lower()).strip("-")
    kick_off = _kick_off(options, options.metadata, metadata and metadata.start)
    conversion = Conversion("metrica", options.match_id or f"metrica-{name}", kick_off)
    metrica.convert(conversion, read_rows(options.file, metadata))
    return conversion


def _write(lines: list[bytes], path: str) -> None:
    data = b"".join(line + b"\n" for line in lines)
    if path == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    unfinished = f"{path}.{os.getpid()}"
    try:
        with open(unfinished, "wb") as out:
            out.write(data)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def _told(counts: Counter) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.most_common())


def _say(sentence: str) -> None:
    print(f"convert: {sentence}", file=sys.stderr)


def _summarise(conversion: Conversion) -> None:
    made, names, goals = conversion.by_type, conversion.team_names, conversion.goals
    _say(f"match {conversion.match_id}: {made.total():,} events ({_told(made)})")
    _say(f"score {goals[1]}:{goals[2]} ({names.get(1) or 'team 1'} {goals[1]}, {names.get(2) or 'team 2'} {goals[2]}); "
         "compare it with the result you know")
    if conversion.skipped:
        _say(f"{conversion.skipped.total():,} of {conversion.read:,} in the file have no counterpart "
             f"({_told(conversion.skipped)})")
    if conversion.unread:
        _say(f"look at these: what they say led to no event ({_told(conversion.unread)})")


def _refuse(faults: list[str]) -> int:
    for fault in faults[:_FAULTS_TOLD]:
        _say(fault)
    more = f", {len(faults) - _FAULTS_TOLD:,} of them not shown" if len(faults) > _FAULTS_TOLD else ""
    _say(f"the service would refuse {len(faults):,} events{more}. Nothing is written: correct the file and convert it again.")
    return 1


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    try:
        conversion = _convert(options)
    except FeedError as error:
        _say(f"{error}.")
        return 2
    if conversion.faults:
        return _refuse(conversion.faults)
    if not conversion.by_type:
        _say(f"{options.file} has no event that the service counts. Nothing is written: is it the events file of a match?")
        return 2
    try:
        _write(conversion.lines(), options.output)
    except BrokenPipeError:
        # The reader (say, head) has seen enough; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _say(f"{options.output} cannot be written: {error.strerror}.")
        return 1
    _summarise(conversion)
    return 0
