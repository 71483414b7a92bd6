"""What each process takes when nothing happens. The other cases tell what it takes at most under their load."""

import threading

import services
from accounting import cpu_seconds, resident_mib
from rows import Row


def up(stage):
    with stage.up() as service:
        yield rest_row(stage, "`fanfinity up` at rest", service.pids, "rest-up")


def kafka(stage):
    with stage.deployment(servers=1, consumers=1) as deployment:
        words = "server, consumer and ClickHouse on Kafka at rest"
        yield rest_row(stage, words, lambda: services.pids_of(deployment), "rest-kafka")


def rest_row(stage, case, groups, key):
    seconds = stage.pick(10, 1)
    before = {name: sum(map(cpu_seconds, pids)) for name, pids in groups().items()}
    threading.Event().wait(seconds)
    used = {name: sum(map(cpu_seconds, pids)) - before[name] for name, pids in groups().items()}
    memory = resident_mib(groups())
    return Row(
        case,
        sum(memory.values()),
        "MiB resident",
        memory_mib=memory,
        note="CPU: " + ", ".join(f"{name} {spent / seconds:.1%} of a core" for name, spent in used.items()),
        key=key,
    )
