"""SQL over ClickHouse's HTTP interface."""

import json
import urllib.error
import urllib.parse
import urllib.request


class ClickHouse:
    def __init__(self, endpoint):
        """`endpoint`: {"url", "user", "password", "database"} as `up` writes it."""
        self.url = endpoint["url"]
        self._headers = {"X-ClickHouse-User": endpoint["user"], "X-ClickHouse-Key": endpoint["password"]}
        self._database = endpoint["database"]

    def execute(self, query, data=None, seconds=60):
        """The answer as text; an error of ClickHouse fails the test with its text. `data`: what the query inserts."""
        settings = {"database": self._database, "output_format_json_quote_64bit_integers": 0}
        if data is not None:
            settings["query"] = query
        url = f"{self.url}/?{urllib.parse.urlencode(settings)}"
        request = urllib.request.Request(url, query.encode() if data is None else data, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{query}: {error.read().decode(errors='replace')}") from error

    def rows(self, query):
        """The rows as dictionaries."""
        return [json.loads(line) for line in self.execute(f"{query} FORMAT JSONEachRow").splitlines()]

    def value(self, query):
        (row,) = self.rows(query)
        (value,) = row.values()
        return value
