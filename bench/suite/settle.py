"""Waiting until ClickHouse has nothing left to do, so that one case does not pay for another."""

from waiting import wait_until


def merges_done(clickhouse, seconds=120):
    """Until no merge is under way. One that does not end in time is not waited for."""
    try:
        wait_until(
            lambda: clickhouse.value("SELECT count() AS merges FROM system.merges") == 0,
            "no merge under way",
            seconds,
            interval=0.2,
        )
    except AssertionError:
        pass
