"""Prints what the model finds.

  python3 tests/model/check.py                   the full protocol in every world
  python3 tests/model/check.py --without RULE    the shortest counterexample without this rule
  python3 tests/model/check.py --without all     one for every rule
"""

import argparse
import sys
import time

from explore import explore, without
from rules import RULES, WORLDS


def check_everything() -> bool:
    sound, total, began = True, 0, time.monotonic()
    for world in WORLDS.values():
        outcome = explore(world)
        total += outcome.states
        print(f"{world.name:24} {outcome.states:>9,} states  {outcome.violation or 'no violation'}")
        for number, step in enumerate(outcome.trace, start=1):
            print(f"  {number:>2}. {step}")
        sound = sound and not outcome.violation
    print(f"{total:,} states in {time.monotonic() - began:.0f} s")
    return sound


def check_without(name: str) -> bool:
    rule, outcome = RULES[name], without(name)
    print(f"Without '{rule.name}' ({rule.section}): {rule.without}.")
    for number, step in enumerate(outcome.trace, start=1):
        print(f"  {number:>2}. {step}")
    print(f"  => {outcome.violation or 'no violation: the rule is not needed, or the model lacks what it is for'}\n")
    return bool(outcome.violation)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", metavar="RULE", choices=["all", *RULES],
                        help=f"one of: {', '.join(RULES)}; or all")
    name = parser.parse_args().without
    if name is None:
        return 0 if check_everything() else 1
    return 0 if all([check_without(one) for one in (RULES if name == "all" else [name])]) else 1


if __name__ == "__main__":
    sys.exit(main())
