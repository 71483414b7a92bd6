"""The curves as SVG pictures, by matplotlib (Debian: python3-matplotlib), which nothing else here needs."""

import sys

import blocks

OURS, OTHER, MUTED = "#1f5fa8", "#d1731c", "#777777"


def draw(results, folder):
    """Each picture that there are figures for. Without matplotlib it says so and leaves the pictures as they are."""
    try:
        import matplotlib
    except ImportError:
        print("python3-matplotlib is not installed: the pictures are left as they were", file=sys.stderr)
        return
    matplotlib.use("svg")
    # The same figures are to give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "fanfinity", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})
    from matplotlib import pyplot

    folder.mkdir(exist_ok=True)
    for name, paint in PICTURES.items():
        figure, axes = pyplot.subplots(figsize=(6.4, 3.4), layout="constrained")
        if paint(results, axes):
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


def _curves(axes, pairs, labelled, xlabel, ylabel):
    """`pairs`: [(x, row)]; `labelled`: [(label, colour, row to y)]."""
    for label, colour, figure in labelled:
        axes.plot([x for x, _ in pairs], [figure(row) for _, row in pairs], "o-", color=colour, label=label)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return bool(pairs)


def _reads(results, axes, prefix, xlabel):
    axes.set_xscale("log")
    return _curves(
        axes,
        results.matching(prefix),
        [
            ("GET metrics, p99", OURS, lambda row: row.p99_ms),
            ("GET metrics, p50", MUTED, lambda row: row.p50_ms),
            ("one bare query, p99", OTHER, lambda row: row.ceiling),
        ],
        xlabel,
        "ms",
    )


def table_size(results, axes):
    return _reads(results, axes, "stored-read-", "rows stored")


def match_size(results, axes):
    return _reads(results, axes, "match-size-", "events of the match")


def inserts(results, axes):
    axes.set_xscale("log")
    pairs = results.matching("stored-insert-")
    return _curves(axes, pairs, [("bare client", OTHER, lambda row: row.measured)], "rows stored", "rows/s")


def latency(results, axes):
    axes.set_xscale("log")
    axes.set_yscale("log")
    drawn = False
    for log, name, colour in (("embedded", "embedded log", OURS), ("kafka", "Kafka", OTHER)):
        pairs = results.matching(f"latency-{log}-")
        for what, style in (("p50_ms", "o--"), ("p99_ms", "o-")):
            label = f"{name}, {what.removesuffix('_ms')}"
            axes.plot([x for x, _ in pairs], [getattr(row, what) for _, row in pairs], style, color=colour, label=label)
        drawn = drawn or bool(pairs)
    axes.set_xlabel("single events a second, open loop")
    axes.set_ylabel("ms to the 202")
    axes.legend(frameon=False)
    return drawn


def processes(results, axes):
    drawn = False
    for prefix, label, colour in (
        ("threads-", "threads (embedded log): requests/s", OURS),
        ("servers-", "servers (Kafka): requests/s", OTHER),
        ("consumers-", "consumers (Kafka): rows/s", MUTED),
    ):
        pairs = results.matching(prefix)
        axes.plot([x for x, _ in pairs], [row.measured for _, row in pairs], "o-", color=colour, label=label)
        drawn = drawn or bool(pairs)
    axes.set_xticks([1, 2, 4])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("how many")
    axes.legend(frameon=False)
    return drawn


def breakdown(results, axes):
    """A bar for each step of an event, where the one before it ends."""
    names, place = [], 0
    for colour, (_, whole, pieces) in zip((OURS, OTHER), blocks.ways(results)):
        left = 0.0
        for name, cpu in pieces:
            axes.barh(place, cpu, left=left, color=colour)
            names.append(name)
            left += cpu
            place += 1
        axes.barh(place, whole, color=colour, alpha=0.35)
        names.append("the whole")
        place += 1
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("CPU us: to the 202 (blue), into ClickHouse (orange)")
    return bool(names)


PICTURES = {
    "table-size": table_size,
    "match-size": match_size,
    "inserts": inserts,
    "latency": latency,
    "processes": processes,
    "breakdown": breakdown,
}
