"""The measured parts of docs/PERFORMANCE.md, each as Markdown."""

import json
import os
import platform
from pathlib import Path

import places
import rows
from accounting import median
from harness import run as run_binary
from rows import number

# Cases that are shown as curves or in parts, rather than in the table of bars; and rows of the others that are.
ELSEWHERE = ("threads", "breakdown", "servers", "consumers", "match-size", "memory", "kafka-memory")
CURVES = ("stored-list-", "stored-insert-", "stored-read-")


def table_of(header, lines, left=1):
    """`left`: how many columns hold words."""
    marks = "|".join("---" if column < left else "---:" for column in range(len(header)))
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (header, *lines)).replace(
        "\n", f"\n|{marks}|\n", 1
    )


def machine(results, _):
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    dates = results.dates
    lines = [
        ("command", "`./dev bench`" + (" (in miniature: these figures say nothing)" if results.quick else "")),
        ("date", f"{dates[0]} UTC, {results.minutes:.0f} minutes" if dates else "never"),
        ("version", run_binary("--version").stdout.strip()),
        ("machine", f"{os.cpu_count()} cores ({processor()}), {gib:.0f} GiB of memory, Linux {platform.release()}"),
    ]
    if results.elsewhere:
        taken = f"{median(results.elsewhere):.0%} of the machine, at most {max(results.elsewhere):.0%} during a case"
        lines.append(("taken by something else meanwhile", taken))
    sync = results.row("latency-embedded-1000")
    if sync:
        lines.append(("disk", f"write and fdatasync of 4 KiB: p99 {number(sync.ceiling)} ms"))
    return table_of(("", ""), lines, left=2)


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def bars(results, order):
    chosen = results.rows([name for name in order if name not in ELSEWHERE])
    return table_of(rows.HEADER, [rows.cells(row) for row in chosen if row.bar or not row.key.startswith(CURVES)])


def missed(results, order):
    """The bars that were not reached, and by how much."""
    lines = [
        (row.case, rows.quantity(row.measured, row.unit), number(row.ratio), row.bar, row.against)
        for row in results.rows(order)
        if row.reached is False
    ]
    if not lines:
        return "Every bar is reached."
    return table_of(("case", "measured", "ratio", "bar", "against"), lines)


def notes(results, order):
    return "\n".join(f"- {row.case}: {row.note}." for row in results.rows(order) if row.note)


def breakdown(results, _):
    """The steps of one event, what is left over, and the whole."""
    parts = []
    for title, whole, pieces in ways(results):
        lines = [(name, number(cpu), f"{cpu / whole:.0%}") for name, cpu in pieces]
        lines.append(("**the whole, as measured**", f"**{number(whole)}**", "100%"))
        parts.append(f"{title}\n\n{table_of(('step', 'CPU us/event', 'share'), lines)}")
    return "\n\n".join(parts)


def ways(results):
    """[(title, whole, [(step, CPU us)])]: the steps of each way, and the rest so that they add up."""
    found = []
    accept = results.row("single-embedded-64")
    if accept:
        known = [("kernel: request read, answer written (as the raw server)", accept.ceiling_cpu_us)]
        known += steps(results, "step-accept-")
        found.append(("From the socket to the 202, embedded log, 64 connections:", accept.cpu_us, known))
    consumer = results.row("consumer")
    if consumer:
        known = [("ClickHouse: insert, rollups, merges meanwhile", consumer.cpu_parts_us["ClickHouse"])]
        known += steps(results, "step-consume-")
        found.append(("From the log into ClickHouse, from a backlog:", consumer.cpu_us, known))
    rest = "the rest: threads, queues, responses, metrics, reading the log"
    return [
        (title, whole, [*known, (rest, whole - sum(cpu for _, cpu in known))]) for title, whole, known in found
    ]


def steps(results, prefix):
    return [(row.case, row.cpu_us) for row in results.rows() if row.key.startswith(prefix)]


def scaling(results, _):
    """A small table beside each picture."""
    parts = []
    for title, prefix, unit in (
        ("threads that serve (embedded log)", "threads-", "requests/s"),
        ("servers (Kafka)", "servers-", "requests/s"),
        ("consumers (Kafka)", "consumers-", "rows/s"),
    ):
        lines = [(count, number(row.measured), number(row.cpu_us)) for count, row in results.matching(prefix)]
        if lines:
            parts.append(table_of((title, unit, "CPU us/event"), lines, left=0))
    lines = []
    for size, read in results.matching("stored-read-"):
        listing, insert = results.row(f"stored-list-{size}"), results.row(f"stored-insert-{size}")
        figures = (read.p50_ms, read.p99_ms, read.ceiling, listing.p50_ms, insert.measured)
        lines.append((f"{size:,}", *map(number, figures)))
    if lines:
        header = ("rows stored", "metrics p50 ms", "p99 ms", "bare query p99 ms", "list p50 ms", "inserts rows/s")
        parts.append(table_of(header, lines, left=0))
    lines = [
        (f"{events:,}", number(row.p50_ms), number(row.p99_ms), number(row.ceiling))
        for events, row in results.matching("match-size-")
    ]
    if lines:
        parts.append(table_of(("events of the match", "metrics p50 ms", "p99 ms", "bare query p99 ms"), lines, left=0))
    return "\n\n".join(parts)


def memory(results, order):
    """The most of each process, by case."""
    lines = []
    for row in results.rows(order):
        if row.memory_mib:
            lines.append((row.case, ", ".join(f"{name} {value:,.0f}" for name, value in row.memory_mib.items())))
    return table_of(("case", "MiB resident, at most"), lines, left=2)


def instructions(_results, _order):
    """As committed: bench/instructions.py compares what it counts with them."""
    counted = json.loads((places.ROOT / "bench" / "instructions.json").read_text())
    lines = [(name, number(count)) for name, count in counted.items()]
    return table_of(("step of `event_cost`", "instructions an event"), lines)


BLOCKS = {
    "machine": machine,
    "table": bars,
    "missed": missed,
    "notes": notes,
    "breakdown": breakdown,
    "instructions": instructions,
    "scaling": scaling,
    "memory": memory,
}
