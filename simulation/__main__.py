import sys


def main() -> int:
    command, rest = sys.argv[1:2], sys.argv[2:]
    if command == ["crowd"]:
        from simulation.crowd.cli import main as crowd

        return crowd(rest)
    if command == ["verify"]:
        from simulation.crowd.cli import main_verify

        return main_verify(rest)
    if command == ["convert"]:
        from simulation.convert.cli import main as convert

        return convert(rest)
    from simulation.cli import main as matches

    return matches(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
