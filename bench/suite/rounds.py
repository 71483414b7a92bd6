"""Rounds: what is compared runs in the same minute, and who begins takes turns, so that neither the machine's mood nor
what the first leaves behind favours one of them."""

from accounting import median


def interleaved(rounds, **runs):
    """`runs`: a name to a function. Name to what it returned in each round."""
    found = {name: [] for name in runs}
    order = list(runs)
    for turn in range(rounds):
        for name in order if turn % 2 == 0 else reversed(order):
            found[name].append(runs[name]())
    return found


def median_of(results, figure):
    return median([figure(result) for result in results])


def median_ratio(ours, theirs, figure):
    """Of the ratios of each round: what both had in common in that minute cancels."""
    return median([figure(one) / figure(other) for one, other in zip(ours, theirs)])
