"""What was found, kept in a file, so that tables and pictures can be made again without measuring again."""

import json
import time

from rows import Row


class Results:
    def __init__(self, path):
        self._path = path
        self._found = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, case, rows, seconds, quick, elsewhere):
        """What a case found, in place of what it had found before. `elsewhere`: the share of the machine that something
        else took meanwhile."""
        self._found[case] = {
            "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            "seconds": round(seconds, 1),
            "quick": quick,
            "elsewhere": round(elsewhere, 3),
            "rows": [row.as_json() for row in rows],
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._found, indent=1))

    def rows(self, cases=None):
        """Of these cases, or of all, in the order of the names given."""
        names = self._found if cases is None else [name for name in cases if name in self._found]
        return [Row(**row) for name in names for row in self._found[name]["rows"]]

    def row(self, key):
        """The row of that key, or None."""
        return next((row for row in self.rows() if row.key == key), None)

    def matching(self, prefix):
        """[(what follows the prefix, row)] of all keys that begin with it and go on with a number, ascending."""
        found = [(row.key.removeprefix(prefix), row) for row in self.rows() if row.key.startswith(prefix)]
        return sorted(((int(rest), row) for rest, row in found if rest.isdigit()), key=lambda pair: pair[0])

    @property
    def dates(self):
        return sorted(case["date"] for case in self._found.values())

    @property
    def minutes(self):
        return sum(case["seconds"] for case in self._found.values()) / 60

    @property
    def elsewhere(self):
        """Of each case."""
        return [case["elsewhere"] for case in self._found.values()]

    @property
    def quick(self):
        return any(case["quick"] for case in self._found.values())
