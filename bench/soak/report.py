"""What the soak found, as Markdown."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

INTRODUCTION = """# Soak

Clients post events for a long time, and send many of them twice on purpose, while faults of every kind happen at
random moments. Then everything is counted again from what the clients wrote down, by a script that shares no code
with the service, and compared row by row with what ClickHouse holds and number by number with what is told over HTTP.
Made by the command below; the seed decides the order of the faults and the events, not the moments at which they meet.
"""

EXPLANATION = """Sent counts an event once for each request it was in, so those that were sent again after an error or a refusal
count again. An acknowledged duplicate is a copy of an event that was acknowledged before. A process counts with the most
that any of its kind had; those never ended live from the start to the end, so that what grows would show.
"""


@dataclass
class Run:
    """What the report tells beside verdict, faults and memory."""

    command: str
    version: str
    processes: str
    load: str
    minutes: float
    clients: object
    problems: list


def markdown(run, verdict, faults, memory):
    parts = [INTRODUCTION, *_setting(run)]
    if verdict:
        parts += _events(run.clients, verdict)
    parts += _faults(faults) + _memory(memory) + [EXPLANATION] + _outcome(run.problems)
    return "\n".join(parts)


def _table(header, rows):
    """Lines of a table, numbers to the right."""
    names, *rest = header
    numbers = "---:|" * len(rest)
    lines = [f"| {' | '.join((names, *rest))} |", f"|---|{numbers}"]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows] + [""]


def _cell(value):
    return f"{value:,}" if isinstance(value, int) else str(value)


def _setting(run):
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return [
        "| | |",
        "|---|---|",
        f"| command | `{run.command}` |",
        f"| date | {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC |",
        f"| version | {run.version} |",
        f"| machine | {os.cpu_count()} cores ({_processor()}), {memory_gib:.0f} GiB of memory |",
        f"| processes | {run.processes} |",
        f"| load | {run.load} |",
        f"| time under load and faults | {run.minutes:.1f} minutes |",
        "",
    ]


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _events(clients, verdict):
    answers = clients.answers
    refused = sum(count for outcome, count in answers.items() if outcome not in (202,) and isinstance(outcome, int))
    broken = sum(count for outcome, count in answers.items() if isinstance(outcome, str))
    stored = verdict.places["events"].events
    rows = [
        ("sent", clients.sent),
        ("acknowledged (202)", verdict.acknowledged),
        ("stored", stored),
        ("duplicates dropped", verdict.duplicates),
        ("dead: refused by ClickHouse", verdict.refused),
        ("dead: records that are no events", verdict.no_events),
        ("**lost**", verdict.lost),
        ("**counted twice**", verdict.twice),
    ]
    places = [(f"`{name}`", at.events, at.lost, at.twice) for name, at in verdict.places.items()]
    requests = [
        ("answered 202", answers[202]),
        ("refused with advice to retry (503 and the like), sent again", refused),
        ("without an answer (connection refused or cut), sent again", broken),
        ("slowest 202, seconds", round(clients.slowest[202])),
    ]
    return (
        _table(("events", "count"), rows)
        + _table(("table", "events", "lost", "counted twice"), places)
        + _table(("requests", "count"), requests)
    )


def _faults(faults):
    return _table(("faults", "count"), [*sorted(faults.survived.items()), ("all", faults.survived.total())])


def _memory(memory):
    rows = [(name, told.start, told.most, told.end) for name, told in memory.resident.items()]
    return _table(("memory, MiB resident", "start", "most", "end"), rows)


def _outcome(problems):
    if not problems:
        return ["All is well: nothing is lost, nothing is counted twice, and nothing waits.", ""]
    return ["**Not well:**", "", *(f"- {problem}" for problem in problems), ""]
