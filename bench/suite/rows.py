"""The rows of the result, and the table of them as text."""

from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """One comparison. What does not apply is None."""

    case: str
    measured: float
    unit: str
    ceiling: float | None = None  # in the same unit
    against: str = ""  # what the ceiling is
    ratio: float | None = None
    bar: str = ""
    reached: bool | None = None
    cpu_us: float | None = None  # of the service, an event or request
    ceiling_cpu_us: float | None = None
    cpu_parts_us: dict = field(default_factory=dict)  # process to its part of cpu_us
    p50_ms: float | None = None
    p99_ms: float | None = None
    memory_mib: dict = field(default_factory=dict)  # process to its most
    note: str = ""
    key: str = ""  # a name for pictures and the breakdown; "" when nothing else asks for the row

    def as_json(self):
        return asdict(self)


HEADER = (
    "case",
    "measured",
    "against, in the same minute",
    "ratio",
    "bar",
    "reached",
    "CPU us/event",
    "p50 / p99 ms",
    "memory MiB",
)


def cells(row):
    """A row as the texts of its columns."""
    return (
        row.case,
        quantity(row.measured, row.unit),
        f"{quantity(row.ceiling, row.unit)} {row.against}" if row.ceiling is not None else row.against,
        number(row.ratio),
        row.bar,
        {None: "", True: "yes", False: "no"}[row.reached],
        " / ".join(number(value) for value in (row.cpu_us, row.ceiling_cpu_us) if value is not None),
        " / ".join(number(value) for value in (row.p50_ms, row.p99_ms) if value is not None),
        ", ".join(f"{name} {value:.0f}" for name, value in row.memory_mib.items()),
    )


def number(value):
    """With as many digits as are of use."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def quantity(value, unit):
    return f"{number(value)} {unit}".strip()


def text(rows):
    """The table for a terminal."""
    lines = [HEADER, *map(cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    out = []
    for position, line in enumerate(lines):
        out.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if position == 0:
            out.append("  ".join("-" * width for width in widths))
    return "\n".join(out)
