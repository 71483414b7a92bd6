"""What a person reads at the end, and what is written for programs."""

import json
import os
from typing import Any

from simulation.crowd.account import Account
from simulation.crowd.latency import Latencies, in_words
from simulation.crowd.run import Outcome
from simulation.crowd.worker import Plan
from simulation.events import format_time

_MATCHES_SHOWN = 12
_SLACK = 0.5  # seconds behind its schedule from which a generator's figures are its own


def sentences(plan: Plan, outcome: Outcome) -> list[str]:
    counts, account, seconds = outcome.counts, outcome.account, outcome.sent_for
    times = "   ".join(f"{name} {in_words(outcome.latencies.percentile(share))}"
                       for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("slowest", 1.0)))
    lines = [
        "",
        f"acknowledged    {account.total:,} distinct events of {len(account.matches):,} matches, and "
        f"{counts['copies_acknowledged']:,} copies; {counts['offered'] / max(seconds, 0.001):,.0f} events/s for {seconds:.0f} s",
        f"                {', '.join(f'{number:,} {kind}' for kind, number in account.by_type().most_common())}",
        f"answered in     {times}   from the moment each was due",
        f"disorder        {counts['late']:,} late, {counts['copies']:,} copied, {counts['retries']:,} requests sent again",
        f"bad feed        {counts['bad_requests']:,} bad requests, {counts['bad_refused']:,} of them refused as they must be "
        f"({counts['bad_events']:,} events)",
    ]
    lines += _table(account) if account.matches else []
    if outcome.most_lag:
        lines.append(f"server          at most {outcome.most_lag:,} events waited to be counted")
    return lines + [f"! {line}" for line in warnings(outcome)]


def warnings(outcome: Outcome) -> list[str]:
    counts, lines = outcome.counts, []
    if outcome.most_behind > _SLACK:
        lines.append(f"this generator was up to {outcome.most_behind:.1f} s behind its own schedule, so the traffic was less "
                     "sharp than asked for: give more --processes, a larger --batch or another machine")
    if counts["left_out"]:
        lines.append(f"{counts['left_out']:,} events were never sent, because too many waited for the server already")
    if outcome.unanswered:
        lines.append(f"{outcome.unanswered:,} events were sent and never answered: they may be stored or not, and the "
                     "account is short of those that are")
    if outcome.failure:
        lines.append(outcome.failure)
    lines += outcome.surprises
    if counts["surprises"] > len(outcome.surprises):
        lines.append(f"and {counts['surprises'] - len(outcome.surprises):,} more answers that should not be")
    return lines


def _table(account: Account) -> list[str]:
    largest = sorted(account.matches.items(), key=lambda item: -item[1].by_type.total())
    width = max((len(match_id) for match_id, _ in largest[:_MATCHES_SHOWN]), default=0)
    lines = ["", f"  {'':{width}}     events  goals  yellow  red  fullest minute"]
    for match_id, match in largest[:_MATCHES_SHOWN]:
        told = match.metrics(match_id)
        lines.append(f"  {match_id:{width}}  {told['totalEvents']:9,}  {told['goals']:5}  {told['yellowCards']:6}  "
                     f"{told['redCards']:3}  {told['peakMinute']['eventCount']:14,}")
    if len(largest) > _MATCHES_SHOWN:
        lines.append(f"  and {len(largest) - _MATCHES_SHOWN:,} more matches")
    return lines + [""]


def document(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """The account as JSON: `matches` holds for each match what its metrics must say."""
    return {
        "url": plan.url,
        "seed": plan.seed,
        "start": format_time(plan.began),
        "seconds": round(outcome.sent_for, 3),
        "exact": not outcome.unanswered,
        "unanswered": outcome.unanswered,
        "acknowledged": outcome.account.total,
        "eventsByType": dict(sorted(outcome.account.by_type().items())),
        "copiesAcknowledged": outcome.counts["copies_acknowledged"],
        "late": outcome.counts["late"],
        "retries": outcome.counts["retries"],
        "leftOut": outcome.counts["left_out"],
        "badRequests": outcome.counts["bad_requests"],
        "badRequestsRefused": outcome.counts["bad_refused"],
        "milliseconds": _milliseconds(outcome.latencies),
        "warnings": warnings(outcome),
        "matches": outcome.account.metrics(),
    }


def _milliseconds(latencies: Latencies) -> dict[str, float]:
    found = {f"p{share * 100:g}": latencies.percentile(share) for share in (0.5, 0.95, 0.99)}
    return {name: round(seconds * 1000, 2) for name, seconds in found.items() if seconds is not None}


def write(path: str, told: dict[str, Any]) -> None:
    """Whole or not at all. OSError when it cannot be written."""
    unfinished = f"{path}.{os.getpid()}"
    with open(unfinished, "w", encoding="utf-8") as out:
        json.dump(told, out, indent=1, ensure_ascii=False)
        out.write("\n")
    os.replace(unfinished, path)
