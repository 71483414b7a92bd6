"""Percentiles of many durations within one percent, in little memory."""

import math
from collections import Counter

_GROWTH = math.log(1.02)  # each bucket is two percent wide; its middle is within one


class Latencies:
    def __init__(self, buckets: dict[int, int] | None = None):
        self.buckets = Counter(buckets or {})

    def add(self, seconds: float, times: int = 1) -> None:
        self.buckets[math.floor(math.log(max(seconds, 1e-6)) / _GROWTH)] += times

    def merge(self, buckets: dict[int, int]) -> None:
        self.buckets.update(buckets)

    def take(self) -> dict[int, int]:
        """What was added since the last call."""
        taken, self.buckets = self.buckets, Counter()
        return dict(taken)

    def percentile(self, share: float) -> float | None:
        """Seconds; None while there is nothing."""
        total = self.buckets.total()
        if not total:
            return None
        left = max(1, math.ceil(total * share))
        for bucket in sorted(self.buckets):
            left -= self.buckets[bucket]
            if left <= 0:
                break
        return math.exp((bucket + 0.5) * _GROWTH)


def in_words(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds >= 10:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"
