"""The query that the service asks ClickHouse for a match's metrics, asked without the service."""

import re
import urllib.parse

import places
from http_client import Client

SOURCE = places.ROOT / "src" / "store" / "clickhouse_metrics.cc"


class BareQuery:
    """One keep-alive connection to ClickHouse."""

    def __init__(self, endpoint):
        found = re.search(r'kMetricsSql = R"sql\((.*?)\)sql"', SOURCE.read_text(), re.DOTALL)
        assert found, f"{SOURCE} holds no kMetricsSql any more: say in bench/suite/bare_query.py where the query is"
        settings = {
            "query": found[1],
            "database": endpoint["database"],
            "use_query_condition_cache": 0,
            "use_skip_indexes_on_data_read": 0,
            "wait_end_of_query": 1,
        }
        self._path = "/?" + urllib.parse.urlencode(settings, quote_via=urllib.parse.quote)
        self._headers = {"X-ClickHouse-User": endpoint["user"], "X-ClickHouse-Key": endpoint["password"]}
        self._client = Client(int(endpoint["url"].rpartition(":")[2]))

    def ask(self, match):
        path = f"{self._path}&param_match={urllib.parse.quote(match)}"
        answer = self._client.request("GET", path, None, self._headers)
        assert answer.status == 200 and answer.body, f"ClickHouse answered the bare query so: {answer}"

    def close(self):
        self._client.close()
