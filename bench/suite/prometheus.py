"""Figures between two readings of /metrics."""

from harness import prometheus_samples, prometheus_sum


class Reading:
    """/metrics of one service at one moment."""

    def __init__(self, service):
        self._text = service.get("/metrics").body.decode()

    def sum(self, name):
        return prometheus_sum(self._text, name) or 0.0

    def buckets(self, name):
        """Upper bound to observations at or below it, ascending."""
        found = {}
        for sample, labels, value in prometheus_samples(self._text):
            if sample == f"{name}_bucket":
                bound = float(labels.split('le="')[1].split('"')[0])
                found[bound] = found.get(bound, 0) + value
        return dict(sorted(found.items()))


def mean_between(before, after, name):
    """Of what a histogram observed between two Readings; None when nothing was."""
    count = after.sum(f"{name}_count") - before.sum(f"{name}_count")
    return (after.sum(f"{name}_sum") - before.sum(f"{name}_sum")) / count if count else None


def quantile_between(before, after, name, share):
    """The upper bound of the bucket that holds it; None when nothing was observed."""
    earlier = before.buckets(name)
    grown = {bound: value - earlier.get(bound, 0) for bound, value in after.buckets(name).items()}
    total = max(grown.values(), default=0)
    return next((bound for bound, below in grown.items() if total and below >= share * total), None)
