#!/usr/bin/env python3
"""Every case of the benchmark beside its ceiling: `./dev bench`. README.md here says how it is made.

Prints one table. Exits 1 when something that was acknowledged is not stored and told once, when a request is answered
otherwise than it should be, or when a case cannot be run; never because something is slow."""

import argparse
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import places
import rows
from elsewhere import Elsewhere
from results import Results
from stage import Stage
from waiting import BINARY

from cases import (
    batches,
    breakdown,
    connections,
    consumer,
    ingest,
    latency,
    memory,
    reads,
    scaling,
    spike,
    start,
    streams,
    table_size,
    visible,
)

ALONE, KAFKA, TABLE = "alone", "kafka", "table"
BUSY = 0.1  # of the machine: what is worth a warning


@dataclass
class Case:
    name: str
    run: Callable
    shares: str = ALONE  # cases that share the same follow each other


CASES = (
    Case("memory", memory.up),
    Case("ingest", ingest.embedded),
    Case("batches", batches.run),
    Case("latency", latency.embedded),
    Case("visible", visible.slow),
    Case("visible-fast", visible.fast),
    Case("spike", spike.run),
    Case("hot", reads.hot),
    Case("streams", streams.run),
    Case("consumer", consumer.run),
    Case("threads", scaling.threads),
    Case("breakdown", breakdown.run),
    Case("kafka-memory", memory.kafka, KAFKA),
    Case("kafka-ingest", ingest.kafka, KAFKA),
    Case("kafka-latency", latency.kafka, KAFKA),
    Case("connections", connections.run, KAFKA),
    Case("servers", scaling.servers, KAFKA),
    Case("consumers", scaling.consumers, KAFKA),
    Case("table-size", table_size.by_table_size, TABLE),
    Case("match-size", table_size.by_match_size, TABLE),
    Case("start", start.run, TABLE),
)


def run_cases(chosen, stage, results):
    """Names of those that failed."""
    failed, shared = [], None
    for case in chosen:
        print(f"==> {case.name}", file=sys.stderr, flush=True)
        begin, elsewhere = time.monotonic(), Elsewhere()
        try:
            if case.shares != shared:
                shared = case.shares
                stage.end_shared()
            found = list(case.run(stage))
        except Exception:
            traceback.print_exc()
            failed.append(case.name)
            stage.drop_shared()
            continue
        taken = elsewhere.share()
        results.keep(case.name, found, time.monotonic() - begin, stage.quick, taken)
        if taken > BUSY and not stage.quick:
            print(f"    something else took {taken:.0%} of the machine meanwhile", file=sys.stderr, flush=True)
        for row in found:
            print("    " + " | ".join(cell for cell in rows.cells(row) if cell), file=sys.stderr, flush=True)
    return failed


def parser():
    names = [case.name for case in CASES]
    made = argparse.ArgumentParser(prog="./dev bench", description="Every case beside its ceiling, as one table.")
    made.add_argument("--quick", action="store_true", help="each in miniature: whether it is right, not how fast it is")
    made.add_argument("--case", nargs="+", choices=names, metavar="NAME", help=f"only these: {', '.join(names)}")
    made.add_argument("--results", type=Path, metavar="FILE", help="where what was found is kept, and added to")
    made.add_argument("--folder", type=Path, metavar="DIR", help="where data is written meanwhile (default build/)")
    made.add_argument("--markdown", type=Path, metavar="FILE", help="renew the tables in this file, and its pictures")
    made.add_argument("--no-run", action="store_true", help="measure nothing: only show what is in --results")
    return made


def main():
    options = parser().parse_args()
    os.environ.setdefault("KAFKA_HOME", str(places.ROOT / ".deps" / "kafka"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    assert BINARY.exists(), f"{BINARY} does not exist: `./dev bench` builds it"
    name = "quick.json" if options.quick else "results.json"
    results = Results(options.results or places.ROOT / "build" / "bench" / name)
    chosen = [case for case in CASES if options.case is None or case.name in options.case]
    failed = []
    if not options.no_run:
        stage = Stage(options.quick, options.folder)
        try:
            failed = run_cases(chosen, stage, results)
        finally:
            stage.close()
    names = [case.name for case in CASES if options.no_run or case in chosen]
    print(rows.text(results.rows([name for name in names if name not in failed])))
    if options.markdown:
        import markdown

        markdown.renew(options.markdown, results, [case.name for case in CASES])
    print(f"{len(chosen) - len(failed)} cases passed, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
