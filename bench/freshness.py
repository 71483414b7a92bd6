#!/usr/bin/env python3
"""How long after its 202 an event is visible in the metrics, at a steady rate.

Starts a `fanfinity up` of its own on free ports and a temporary data directory, and posts single events
to one match on a fixed schedule (an open loop: event n is due at start + n / rate, whether or not the
answers before it have come; connections share the schedule, so a slow answer delays one of them only).
Meanwhile one reader asks for the match's metrics over and over, and notes `totalEvents` and `asOf` of every
answer. Two figures come out of that, both seen from outside and both including the cost of asking:

  counted   the k-th acknowledgement paired with the first answer whose totalEvents is at least k
  proved    every acknowledgement paired with the first answer whose asOf lies past it: from then on the
            service *says* that the event is counted. Per event and exact, so it is the stricter figure.

The service's own histogram, from accepted to stored, is printed beside them.
Exits 1 when the proved p99 is not below --limit seconds, or when an event is missing at the end.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
import uuid
from bisect import bisect_left
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "system"))

from events import milliseconds  # noqa: E402
from harness import Up, prometheus_samples  # noqa: E402
from http_client import EVENTS, RawConnection, head_of, match_path  # noqa: E402

MATCH = "freshness"


class Sender(threading.Thread):
    """Every `stride`-th event of the schedule, on one connection. Notes when each 202 was read."""

    def __init__(self, port, first, stride, count, rate, start):
        super().__init__(daemon=True)
        self.acknowledged = []
        self.behind = 0.0  # seconds that the schedule was missed by, at most
        self.failure = None
        self._port, self._numbers, self._rate, self._start = port, range(first, count, stride), rate, start
        self._pause = threading.Event()

    def run(self):
        try:
            with RawConnection(self._port) as connection:
                for number in self._numbers:
                    due = self._start + number / self._rate
                    self._pause.wait(max(0.0, due - time.time()))
                    self.behind = max(self.behind, time.time() - due)
                    answer = connection.send(request()).read()
                    self.acknowledged.append(time.time())
                    if answer is None or answer.status != 202:
                        raise RuntimeError(f"not accepted: {answer}")
        except Exception as error:  # told by the main thread
            self.failure = error


def request():
    body = (
        b'{"eventId":"%s","matchId":"%s","eventType":"pass","timestamp":"2024-01-15T14:30:00Z","teamId":1,'
        b'"playerId":"player-456","metadata":{"minute":45,"x":0.52,"y":0.31}}'
        % (str(uuid.uuid4()).encode(), MATCH.encode())
    )
    return head_of("POST", EVENTS, "Content-Type: application/json", f"Content-Length: {len(body)}") + body


class Reader(threading.Thread):
    """Asks for a match's metrics without a pause longer than `period` seconds; (time, totalEvents, asOf) of each
    answer."""

    def __init__(self, up, period, match=MATCH):
        super().__init__(daemon=True)
        self.seen = []
        self._client, self._period, self._path = up.client(), period, match_path(match)
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(self._period):
            answer = self._client.get(self._path)
            if answer.status == 200:
                told = answer.json()
                self.seen.append((time.time(), told["totalEvents"], milliseconds(told["asOf"]) / 1000))

    def finish(self, count, after, deadline):
        """Reads on until everything is counted and proved, or the deadline is over."""
        while time.time() < deadline and not (self.seen and self.seen[-1][1] >= count and self.seen[-1][2] > after):
            self._over.wait(self._period)
        self._over.set()
        self.join()


def percentile(values, share):
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def ages(acknowledged, seen, column):
    """Seconds from each acknowledgement (ascending) to the first answer that shows it."""
    shown = [row[column] for row in seen]
    wanted = range(1, len(acknowledged) + 1) if column == 1 else [moment + 1e-3 for moment in acknowledged]
    found = [bisect_left(shown, value) for value in wanted]
    # An answer can be read before the 202 of the same event is: that is no age below zero.
    return [max(0.0, seen[at][0] - moment) for at, moment in zip(found, acknowledged) if at < len(seen)]


def own_histogram(text):
    """p50 and p99 of fanfinity_accept_to_visible_seconds, as upper bounds of their buckets."""
    buckets = sorted(
        (float(labels.split('le="')[1].split('"')[0]), value)
        for name, labels, value in prometheus_samples(text)
        if name == "fanfinity_accept_to_visible_seconds_bucket"
    )
    total = buckets[-1][1]
    return [next(bound for bound, below in buckets if below >= share * total) for share in (0.5, 0.99)]


def measure(up, options):
    count = int(options.rate * options.seconds)
    reader = Reader(up, options.period)
    reader.start()
    senders = [
        Sender(up.port, first, options.connections, count, options.rate, time.time() + 0.2)
        for first in range(options.connections)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
        if sender.failure:
            raise sender.failure
    acknowledged = sorted(moment for sender in senders for moment in sender.acknowledged)
    reader.finish(count, acknowledged[-1], time.time() + 30)
    return acknowledged, reader.seen, max(sender.behind for sender in senders)


def main():
    parser = argparse.ArgumentParser(description="Accept-to-visible time at a steady rate.")
    parser.add_argument("--rate", type=float, default=1000, help="events a second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="how long to send (default %(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="senders that share the schedule")
    parser.add_argument("--period", type=float, default=0.01, help="seconds between two looks at the metrics")
    parser.add_argument("--limit", type=float, default=1.0, help="seconds that the proved p99 must stay below")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder))
        try:
            up.start()
            acknowledged, seen, behind = measure(up, options)
            own = own_histogram(up.get("/metrics").body.decode())
            up.stop()
        finally:
            up.discard()
    return report(options, acknowledged, seen, behind, own)


def report(options, acknowledged, seen, behind, own):
    figures = {
        "events": len(acknowledged),
        "seconds": round(acknowledged[-1] - acknowledged[0], 2),
        "answers": len(seen),
        "schedule_missed_by_s": round(behind, 3),
        "stored_p50_s_at_most": own[0],
        "stored_p99_s_at_most": own[1],
    }
    proved = ages(acknowledged, seen, 2)
    for name, values in (("counted", ages(acknowledged, seen, 1)), ("proved", proved)):
        figures |= {
            f"{name}_{label}_s": round(percentile(values, share), 3)
            for label, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        }
    complete = bool(seen) and seen[-1][1] == len(acknowledged) and len(proved) == len(acknowledged)
    within = figures["proved_p99_s"] < options.limit
    print(json.dumps(figures) if options.json else "\n".join(f"{name:>22} {value}" for name, value in figures.items()))
    if not complete:
        print(f"not every event became visible: {seen[-1] if seen else None}", file=sys.stderr)
    if not within:
        print(f"the proved p99 is not below {options.limit} s", file=sys.stderr)
    return 0 if complete and within else 1


if __name__ == "__main__":
    sys.exit(main())
