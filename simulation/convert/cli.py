"""The command line of the converters."""

import argparse
import os
import re
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from simulation.arguments import to_start
from simulation.convert import metrica, statsbomb
from simulation.convert.feed import Conversion, FeedError, shortened
from simulation.convert.metrica_file import read_metadata, read_rows

_START = datetime(2024, 1, 15, 14, 0, tzinfo=timezone.utc)

_DESCRIPTION = """\
Turns files of public feeds into Fanfinity events, a line each.

  python3 -m simulation convert statsbomb open-data/data/events/3869685.json > match.ndjson
  python3 -m simulation convert metrica Sample_Game_1_RawEventsData.csv --start 2024-01-15T14:00:00Z > match.ndjson
  build/release/fanfinity replay match.ndjson --speed 60

Converted or sent again, nothing counts twice: ids follow from the match id and the ids in the file. To see a match once
more, give it another --match-id. What has no counterpart among the event types is counted on standard error.
"""
_EPILOG = "Exit code 0: all is written. 2: wrong use, or a file that is not what it should be; then nothing is written."


def _match_id(text: str) -> str:
    if not 1 <= len(text.encode()) <= 256 or not text.isprintable():
        raise argparse.ArgumentTypeError("a match id is 1 to 256 bytes of text without control characters")
    return text


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m simulation convert", description=_DESCRIPTION, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    formats = parser.add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, what in (("statsbomb", "events/{match_id}.json of StatsBomb's open data"),
                       ("metrica", "events of Metrica Sports' sample data, .csv or .json")):
        one = formats.add_parser(name, help=what)
        one.add_argument("file", metavar="FILE", help=what)
        one.add_argument("--start", type=to_start, metavar="TIME",
                         help="kick-off, RFC 3339, or now (what --matches or --metadata says, else 2024-01-15T14:00:00Z)")
        one.add_argument("--match-id", type=_match_id, metavar="TEXT", help="the match's id (from the file's name)")
        one.add_argument("--output", default="-", metavar="FILE", help="where to write; - is standard output (-)")
        if name == "statsbomb":
            one.add_argument("--lineups", metavar="FILE", help="lineups/{match_id}.json: short names and numbers")
            one.add_argument("--matches", metavar="FILE",
                             help="matches/{competition}/{season}.json: home team and date (else the line-up that is first)")
        else:
            one.add_argument("--metadata", metavar="FILE", help="the XML beside a .json file: home team and date")
    return parser.parse_args(arguments)


def _convert(options: argparse.Namespace) -> Conversion:
    stem = Path(options.file).stem
    if options.format == "statsbomb":
        home, date = statsbomb.look_up(options.matches, stem) if options.matches else (None, None)
        conversion = Conversion("statsbomb", options.match_id or shortened(f"statsbomb-{stem}"), options.start or date or _START)
        statsbomb.convert(conversion, options.file, options.lineups, home)
        return conversion
    metadata = read_metadata(options.metadata) if options.metadata else None
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"_(RawEventsData|events)$", "", stem).lower()).strip("-")
    start = options.start or (metadata and metadata.start) or _START
    conversion = Conversion("metrica", options.match_id or f"metrica-{name}", start)
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


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    try:
        conversion = _convert(options)
    except FeedError as error:
        print(f"convert: {error}.", file=sys.stderr)
        return 2
    try:
        _write(conversion.lines(), options.output)
    except BrokenPipeError:
        # The reader (say, head) has seen enough; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"convert: {options.output} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    made = conversion.by_type
    print(f"convert: match {conversion.match_id}: {made.total():,} events ({_told(made)})", file=sys.stderr)
    if conversion.skipped:
        print(f"convert: {conversion.skipped.total():,} of {conversion.read:,} in the file have no counterpart "
              f"({_told(conversion.skipped)})", file=sys.stderr)
    return 0
