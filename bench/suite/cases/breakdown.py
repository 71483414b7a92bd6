"""Where the time of one event goes: its steps, each alone and many times."""

import tools
from accounting import SERVICE_CORE
from rows import Row

# Step of bench/event_cost, what it is, and which way it is on.
STEPS = (
    ("head", "request head parsed", "accept"),
    ("parse", "event parsed and validated", "accept"),
    ("encode", "event encoded for the log", "accept"),
    ("decode", "record of the log decoded", "consume"),
    ("filter", "id looked up in and added to the filter", "consume"),
    ("decide", "duplicates decided", "consume"),
    ("row", "row encoded for the insert", "consume"),
)
WAITING = 64  # records that share a sync, as with 64 connections


def run(stage):
    for name, what, way in STEPS:
        told = tools.run("event_cost", name, stage.pick(1_000_000, 50_000), core=SERVICE_CORE)
        yield Row(what, told["ns_each"] / 1000, "us", cpu_us=told["ns_each"] / 1000, key=f"step-{way}-{name}")
    yield log_row(stage)


def log_row(stage):
    """The embedded log alone: its CPU time, without the time that the disk takes."""
    told = tools.run(
        "event_cost",
        *("log", stage.pick(1_000_000, 20_000), "--dir", stage.new_folder("log")),
        *("--waiting", 1, "--appends", WAITING),
        core=SERVICE_CORE,
    )
    return Row(
        f"record written to the log and synced, {WAITING} at once",
        told["ns_each"] / 1000,
        "us",
        cpu_us=told["cpu_seconds"] / told["count"] * 1e6,
        key="step-accept-log",
    )
