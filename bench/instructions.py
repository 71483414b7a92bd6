#!/usr/bin/env python3
"""Instructions of each step of an event's way, counted by callgrind: the same on a busy machine as on a quiet one.

Runs `event_cost STEP N` for N and 2N events under valgrind and takes the difference, so that starting and preparing
cancel out. Prints instructions an event for each step. With --check, compares with committed figures and fails when
a step has grown by more than a tenth; with --update, writes them.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Of `event_cost`, those that only compute. The batches have 1,000 events, so counts are multiples of that.
STEPS = (
    "head",
    "parse",
    "parse_batch",
    "parse_array",
    "encode",
    "known",
    "append",
    "decode",
    "filter",
    "decide",
    "row",
    "simdjson",
    "simdjson_batch",
    "simdjson_array",
)
TOLERANCE = 0.10


def count_instructions(tool, step, events, folder):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/{step}-{events}", tool, step, str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"instructions.py: `{' '.join(map(str, command))}` failed:\n{done.stderr[-2000:]}")
    return int(found.group(1))


def measure(tool, events, jobs):
    """{step: instructions an event}"""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        runs = {
            step: [pool.submit(count_instructions, tool, step, times * events, folder) for times in (1, 2)]
            for step in STEPS
        }
        return {step: round((twice.result() - once.result()) / events, 1) for step, (once, twice) in runs.items()}


def grown(figures, committed):
    """One sentence for each step that takes more than it should, or cannot be compared."""
    sentences = []
    for step, now in figures.items():
        before = committed.get(step)
        if before is None:
            sentences.append(f"{step} has no committed figure: run bench/instructions.py --update and commit it")
        elif now > before * (1 + TOLERANCE):
            sentences.append(f"{step} takes {now} instructions an event, {now / before - 1:+.0%} of {before}")
    return sentences


def table(figures, committed):
    lines = [f"{'step':<16} {'instructions an event':>22} {'committed':>12} {'change':>8}"]
    for step, now in figures.items():
        before = committed.get(step)
        compared = f" {before:>12.1f} {now / before - 1:>+8.1%}" if before else ""
        lines.append(f"{step:<16} {now:>22.1f}{compared}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Instructions of each step of an event's way.")
    parser.add_argument("--tool", type=Path, default=ROOT / "build/release/bench/event_cost", help="the tool to count")
    parser.add_argument("--events", type=int, default=10_000, help="N, a multiple of 1000 (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--check", type=Path, metavar="FILE", help="fail when a figure is a tenth above that of FILE")
    parser.add_argument("--update", type=Path, metavar="FILE", help="write the figures to FILE")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("instructions.py: valgrind is missing: install third_party/debian-packages.txt, as ./dev does")
    if not options.tool.exists():
        sys.exit(f"instructions.py: {options.tool} is missing: cmake --build build/release --target bench_tools")

    figures = measure(options.tool, options.events, options.jobs)
    committed = json.loads(options.check.read_text()) if options.check else {}
    print(json.dumps(figures) if options.json else table(figures, committed))
    if options.update:
        options.update.write_text(json.dumps(figures, indent=2) + "\n")
    sentences = grown(figures, committed) if options.check else []
    for sentence in sentences:
        print(f"instructions.py: {sentence}", file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
