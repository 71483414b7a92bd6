"""Nobody but the service gets anything from the embedded ClickHouse, and nobody ends it."""

import ctypes
import json
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import urllib.parse
from base64 import b64encode
from pathlib import Path

import pytest

import harness
from events import event
from harness import free_port, run
from http_client import Client, match_path
from waiting import BINARY, wait_until

NOBODY = 65534


class Door:
    """The port of the ClickHouse of an `up`, as a stranger and as the service itself find it."""

    def __init__(self, up):
        self.up = up
        self.endpoint = json.loads((up.data_dir / "clickhouse" / "endpoint.json").read_text())
        self.port = urllib.parse.urlsplit(self.endpoint["url"]).port
        self.keys = {"X-ClickHouse-User": self.endpoint["user"], "X-ClickHouse-Key": self.endpoint["password"]}

    def ask(self, method="GET", path="/", query=None, body=None, headers=None):
        client = Client(self.port)
        try:
            target = path if query is None else f"{path}?{urllib.parse.urlencode({'query': query})}"
            return client.request(method, target, body, headers or {})
        finally:
            client.close()

    def sql(self, query):
        """The service's own user."""
        return self.ask("POST", query=query, body=b"", headers=self.keys)

    def raw(self, sent, reset=False):
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(sent)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def pid(self):
        (pid,) = self.up.clickhouse_pids()
        return pid


@pytest.fixture(scope="module")
def door(module_up):
    up = module_up(SOME_TOKEN="of-another-service")
    assert up.post(event("door")).status == 202
    wait_until(lambda: up.get(match_path("door")).status == 200, "the event is counted")
    return Door(up)


# -- strangers ------------------------------------------------------------------------------------------
def basic(user, password=""):
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


STRANGERS = {
    "nobody": {},
    "default": {"X-ClickHouse-User": "default"},
    "default-empty-key": {"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""},
    "default-basic": basic("default"),
    "default-certificate": {"X-ClickHouse-User": "default", "X-ClickHouse-SSL-Certificate-Auth": "on"},
    "ours-without-key": {"X-ClickHouse-User": "fanfinity"},
    "ours-wrong-key": {"X-ClickHouse-User": "fanfinity", "X-ClickHouse-Key": "guess"},
    "ours-in-capitals": {"X-ClickHouse-User": "FANFINITY"},
    "ours-basic": basic("fanfinity", "guess"),
    "ours-certificate": {"X-ClickHouse-User": "fanfinity", "X-ClickHouse-SSL-Certificate-Auth": "on"},
    "negotiate": {"Authorization": "Negotiate YQ=="},
    "bearer": {"Authorization": "Bearer a.b.c"},
    "forwarded": {"X-Forwarded-For": "127.0.0.1", "X-ClickHouse-User": "default"},
    "cookie": {"Cookie": "user=default; session_id=1"},
    "foreign-host": {"Host": "evil.example", "Origin": "http://evil.example"},
    "page": {"Origin": "http://evil.example", "Content-Type": "text/plain"},
}
PARAMETERS = ["", "&user=default", "&user=default&password=", "&user=fanfinity&password=guess", "&session_id=1"]


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_gets_no_query_in(door, who, tmp_path):
    target = tmp_path / "written"
    for parameters in PARAMETERS:
        for query in ("SELECT 1", f"INSERT INTO FUNCTION file('{target}', 'CSV', 'a Int8') VALUES (1)"):
            for method, body in (("GET", None), ("POST", query.encode()), ("PUT", b""), ("DELETE", None)):
                path = f"/?{urllib.parse.urlencode({'query': query})}{parameters}"
                answer = door.ask(method, path, body=body, headers=STRANGERS[who])
                assert answer.status == 404 and b"its own user only" in answer.body, (method, path, str(answer))
    assert not target.exists()


PATHS = ["/", "/ping", "/play", "/dashboard", "/binary", "/merges", "/jemalloc", "/webterminal", "/replicas_status"]
PATHS += ["/js/uplot.js", "/metrics", "/write", "/default/one", "//", "/?", "/%2e%2e/ping", "/ping/", "*"]


def test_a_stranger_finds_no_page(door):
    for path in PATHS:
        for method in ("GET", "POST", "OPTIONS"):
            answer = door.ask(method, path, body=b"" if method == "POST" else None)
            assert answer.status in (400, 404), (method, path, str(answer))
            assert not any(name.startswith("access-control") for name in answer.headers), (method, path)


def test_the_service_finds_two_paths_and_nothing_else(door):
    assert door.ask("GET", "/ping", headers=door.keys).body == b"Ok.\n"
    assert door.ask("GET", query="SELECT currentUser()", headers=door.keys).body == b"fanfinity\n"
    for path in PATHS[2:]:
        assert door.ask("GET", path, headers=door.keys).status in (400, 404), path


def test_the_service_cannot_name_another_user(door):
    for parameters, headers in (("&user=default", {}), ("&password=", {}), ("", basic("default"))):
        path = f"/?{urllib.parse.urlencode({'query': 'SELECT currentUser()'})}{parameters}"
        assert door.ask("GET", path, headers=door.keys | headers).status == 403, (parameters, headers)


def test_only_one_port_is_open(door):
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listening.add((fields[9], int(fields[1].rpartition(":")[2], 16)))
    links = {os.readlink(link) for link in Path(f"/proc/{door.pid()}/fd").iterdir()}
    assert {port for inode, port in listening if f"socket:[{inode}]" in links} == {door.port}


# -- what the service itself may do ------------------------------------------------------------------------
S3 = "'http://127.0.0.1:1/bucket/key', 'a', 'b'"
OUTWARD = {  # a source: how it is called as a table function, and as an engine
    "file": ("file('/etc/passwd', 'CSV', 'a String')", "File(CSV, '/tmp/x')"),
    "filesystem": ("filesystem('/etc')", None),
    "url": ("url('http://127.0.0.1:1/', 'CSV', 'a String')", "URL('http://127.0.0.1:1/', CSV)"),
    "remote": ("remote('127.0.0.1:1', 'system', 'one')", "Remote('127.0.0.1:1', 'system', 'one')"),
    "remoteSecure": ("remoteSecure('127.0.0.1:1', 'system', 'one')", "RemoteSecure('127.0.0.1:1', 'system', 'one')"),
    "s3": (f"s3({S3}, 'CSV', 'a String')", f"S3({S3}, 'CSV')"),
    "gcs": (f"gcs({S3}, 'CSV', 'a String')", f"GCS({S3}, 'CSV')"),
    "cosn": (f"cosn({S3}, 'CSV', 'a String')", f"COSN({S3}, 'CSV')"),
    "oss": (f"oss({S3}, 'CSV', 'a String')", f"OSS({S3}, 'CSV')"),
    "hdfs": ("hdfs('hdfs://127.0.0.1:1/x', 'CSV', 'a String')", "HDFS('hdfs://127.0.0.1:1/x', 'CSV')"),
    "azure": (
        "azureBlobStorage('http://127.0.0.1:1/', 'c', 'b', 'a', 'YQ==', 'CSV', 'auto', 'a String')",
        "AzureBlobStorage('http://127.0.0.1:1/', 'c', 'b', 'a', 'YQ==', 'CSV')",
    ),
    "iceberg": (f"iceberg({S3})", f"Iceberg({S3})"),
    "icebergLocal": ("icebergLocal('/tmp/x')", "IcebergLocal('/tmp/x')"),
    "icebergHDFS": ("icebergHDFS('hdfs://127.0.0.1:1/x')", "IcebergHDFS('hdfs://127.0.0.1:1/x')"),
    "deltaLake": (f"deltaLake({S3})", f"DeltaLake({S3})"),
    "deltaLakeLocal": ("deltaLakeLocal('/tmp/x')", "DeltaLakeLocal('/tmp/x')"),
    "hudi": (f"hudi({S3})", f"Hudi({S3})"),
    "paimon": (f"paimon({S3})", f"Paimon({S3})"),
    "paimonLocal": ("paimonLocal('/tmp/x')", "PaimonLocal('/tmp/x')"),
    "mysql": ("mysql('127.0.0.1:1', 'd', 't', 'u', 'p')", "MySQL('127.0.0.1:1', 'd', 't', 'u', 'p')"),
    "postgresql": ("postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')", "PostgreSQL('127.0.0.1:1', 'd', 't', 'u', 'p')"),
    "mongodb": (
        "mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a String')",
        "MongoDB('127.0.0.1:1', 'd', 't', 'u', 'p')",
    ),
    "redis": ("redis('127.0.0.1:1', 'a', 'a String')", "Redis('127.0.0.1:1')"),
    "sqlite": ("sqlite('/tmp/x', 't')", "SQLite('/tmp/x', 't')"),
    "jdbc": ("jdbc('DSN', 'd', 't')", "JDBC('DSN', 'd', 't')"),
    "odbc": ("odbc('DSN', 'd', 't')", "ODBC('DSN', 'd', 't')"),
    "ytsaurus": (
        "ytsaurus('http://127.0.0.1:1', '//t', 'token', 'a String')",
        "YTsaurus('http://127.0.0.1:1', '//t', 'token')",
    ),
    "kafka": (None, "Kafka('127.0.0.1:1', 't', 'g', 'CSV')"),
    "s3queue": (None, f"S3Queue({S3}, 'CSV')"),
    "filelog": (None, "FileLog('/tmp', 'CSV')"),
    "executable": (None, "Executable('id', 'CSV')"),
    "executable-pool": (None, "ExecutablePool('id', 'CSV')"),
    "rocksdb": (None, "EmbeddedRocksDB(0, '/tmp/x') PRIMARY KEY a"),
    "distributed": (None, "Distributed('c', 'system', 'one')"),
    "replicated": (None, "ReplicatedMergeTree('/x', 'r') ORDER BY a"),
    "dictionary": (None, "Dictionary('d')"),
    "memory": (None, "Memory"),
}
DATABASES = {
    "Filesystem('/etc')",
    "MySQL('127.0.0.1:1', 'd', 'u', 'p')",
    "PostgreSQL('127.0.0.1:1', 'd', 'u', 'p')",
    "SQLite('/tmp/x')",
    "S3('http://127.0.0.1:1/bucket', 'a', 'b')",
    "HDFS('hdfs://127.0.0.1:1')",
    "Backup('d', File('/tmp/x'))",
    "DataLakeCatalog('http://127.0.0.1:1')",
    "Memory",
}
DENIED = "ACCESS_DENIED"


@pytest.mark.parametrize("source", OUTWARD)
def test_no_source_outside_is_open_even_to_the_service(door, source):
    function, engine = OUTWARD[source]
    attempts = []
    if function is not None:
        attempts += [f"SELECT * FROM {function}", f"INSERT INTO FUNCTION {function} SELECT 'x'"]
        attempts += [f"CREATE TABLE fanfinity.x AS {function}", f"CREATE VIEW fanfinity.x AS SELECT * FROM {function}"]
    if engine is not None:
        attempts += [f"CREATE {kind}TABLE fanfinity.x (a String) ENGINE = {engine}" for kind in ("", "OR REPLACE ")]
        attempts += [f"CREATE TEMPORARY TABLE x (a String) ENGINE = {engine}"]
    for sql in attempts:
        answer = door.sql(sql)
        assert answer.status >= 400 and DENIED in answer.body.decode(), (sql, str(answer))


@pytest.mark.parametrize("engine", sorted(DATABASES))
def test_no_database_outside_can_be_made(door, engine):
    for name in ("elsewhere", "fanfinity_x"):
        answer = door.sql(f"CREATE DATABASE {name} ENGINE = {engine}")
        assert answer.status >= 400 and DENIED in answer.body.decode(), str(answer)


COMMANDS = [
    "SYSTEM STOP LISTEN HTTP",
    "SYSTEM START LISTEN TCP",
    "SYSTEM SHUTDOWN",
    "SYSTEM RELOAD USERS",
    "SYSTEM FLUSH LOGS",
    "CREATE USER u IDENTIFIED BY 'x'",
    "ALTER USER default IDENTIFIED BY 'x'",
    "DROP USER default",
    "CREATE ROLE r",
    "GRANT FILE ON *.* TO fanfinity",
    "GRANT ALL ON *.* TO fanfinity",
    "CREATE FUNCTION f AS x -> x",
    "CREATE NAMED COLLECTION c AS a = 1",
    "CREATE DATABASE elsewhere",
    "DROP DATABASE default",
    "CREATE TABLE default.x (a Int8) ENGINE = MergeTree ORDER BY a",
    "CREATE DICTIONARY fanfinity.x (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format 'CSV')) "
    "LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE VIEW fanfinity.x DEFINER = default SQL SECURITY DEFINER AS SELECT 1",
    "CREATE VIEW fanfinity.x SQL SECURITY NONE AS SELECT 1",
    "BACKUP TABLE fanfinity.events TO File('/tmp/x')",
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM system.users",
    "SELECT * FROM system.stack_trace",
    "SELECT * FROM system.named_collections",
    "SELECT addressToLine(1)",
]


FIXED = [
    "CREATE TABLE fanfinity.x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, "
    "endpoint = 'http://127.0.0.1:1/')",
    "CREATE TABLE fanfinity.x (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = s3, "
    "endpoint = 'http://127.0.0.1:1/bucket/', access_key_id = 'a', secret_access_key = 'b')",
    "ALTER TABLE fanfinity.events MODIFY SETTING disk = 'default'",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'",
    "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '/etc/passwd:M'",
    "SELECT 1 SETTINGS input_format_record_errors_file_path = '/tmp/x'",
]


@pytest.mark.parametrize("sql", FIXED)
def test_no_setting_names_a_file_or_a_disk(door, sql):
    answer = door.sql(sql)
    assert answer.status >= 400 and "SETTING_CONSTRAINT_VIOLATION" in answer.body.decode(), str(answer)


@pytest.mark.parametrize("sql", COMMANDS)
def test_the_service_has_no_right_that_it_does_not_use(door, sql):
    answer = door.sql(sql)
    assert answer.status >= 400 and DENIED in answer.body.decode(), str(answer)


def confines():
    """Whether this kernel has the Landlock that the service needs."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 2


@pytest.mark.skipif(not confines(), reason="the kernel has no Landlock")
def test_clickhouse_opens_no_file_but_its_own(door, tmp_path):
    secret, table = tmp_path / "secret", tmp_path / "table"
    secret.write_text("secret")
    table.mkdir()
    others = f"/proc/{door.up.process.pid}/environ"
    for path in ("/etc/passwd", str(secret), others, str(door.up.data_dir / "log" / "FORMAT")):
        answer = door.ask(query=f"SELECT file('{path}')", headers=door.keys)
        assert answer.status >= 400 and b"ermission denied" in answer.body, (path, str(answer))
    own = door.ask(query="SELECT file('/proc/thread-self/environ')", headers=door.keys)
    assert own.status == 200 and b"SOME_TOKEN" in own.body and b"of-another-service" not in own.body
    log = (door.up.data_dir / "clickhouse" / "log" / "clickhouse.log").read_text()
    assert "/proc/" not in log.replace(others, ""), "it may read what it needs"
    sql = f"ATTACH TABLE fanfinity.x FROM '{table}' (a Int8) ENGINE = MergeTree ORDER BY a"
    assert door.sql(sql).status >= 400
    assert table.is_dir()


def test_the_service_does_what_it_needs_in_its_database_and_those_beside_it(door):
    for sql in (
        "CREATE DATABASE fanfinity_scratch",
        "CREATE TABLE fanfinity_scratch.a (k UInt64, v UInt64) ENGINE = SummingMergeTree ORDER BY k",
        "CREATE TABLE fanfinity_scratch.b (k UInt64) ENGINE = AggregatingMergeTree ORDER BY k",
        "CREATE MATERIALIZED VIEW fanfinity_scratch.v TO fanfinity_scratch.b AS SELECT k FROM fanfinity_scratch.a",
        "INSERT INTO fanfinity_scratch.a VALUES (1, 2)",
        "ALTER TABLE fanfinity_scratch.a ADD COLUMN w String DEFAULT ''",
        "ALTER TABLE fanfinity_scratch.a DELETE WHERE k = 1 SETTINGS mutations_sync = 2",
        "OPTIMIZE TABLE fanfinity_scratch.a FINAL",
        "TRUNCATE TABLE fanfinity_scratch.a",
        "KILL QUERY WHERE query_id = 'none'",
        "SELECT count() FROM system.parts WHERE database = 'fanfinity_scratch'",
        "SELECT count() FROM system.merges",
        "DROP DATABASE fanfinity_scratch SYNC",
    ):
        answer = door.sql(sql)
        assert answer.status == 200, (sql, str(answer))


# -- nobody ends it --------------------------------------------------------------------------------------
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
BROKEN = {
    "half a request line": b"POST / HT",
    "half a head": HEAD + b"Content-Le",
    "half a body": HEAD + b"Content-Length: 100\r\n\r\nSELECT",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nSEL",
    "a bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a bad length": HEAD + b"Content-Length: -5\r\n\r\n",
    "a huge line": b"GET /" + b"a" * 2_000_000,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "random bytes": bytes(range(256)) * 8,
    "nothing": b"",
    "a line end": b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def test_no_broken_request_ends_it(door):
    pid = door.pid()
    for what, sent in BROKEN.items():
        for reset in (False, True):
            for _ in range(3):
                try:
                    door.raw(sent, reset)
                except OSError:  # It closed first.
                    pass
            assert door.ask("GET", "/ping", headers=door.keys).status == 200, (what, reset)
    for secret in ("", "x" * 100_000, "\xff"):
        door.ask("GET", query="SELECT 1", headers={"X-ClickHouse-User": "fanfinity", "X-ClickHouse-Key": secret})
    assert door.pid() == pid
    assert door.up.get("/ready").status == 200


# -- other users of the machine --------------------------------------------------------------------------
AS_NOBODY = """
import os, sys, urllib.request, urllib.error
readable = []
for root in sys.argv[2:]:
    for path in (root, os.path.join(root, "x")):
        try:
            os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
            readable.append(path)
        except OSError:
            pass
    try:
        open(os.path.join(root, "stranger"), "w")
        readable.append(root + " (written)")
    except OSError:
        pass
for query in ("SELECT%201", "SELECT%20*%20FROM%20fanfinity.events"):
    try:
        urllib.request.urlopen(sys.argv[1] + "/?query=" + query)
        readable.append(query)
    except urllib.error.HTTPError as error:
        assert error.code == 404, error.code
print("\\n".join(readable))
"""


def everything_in(directory):
    """ClickHouse makes and removes files meanwhile."""
    found = [directory]
    for root, directories, files in os.walk(directory):
        found += [Path(root) / name for name in directories + files]
    return found


def mode_of(path):
    """0 for what is gone, and for a symbolic link, which has none of its own."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(mode) else stat.S_IMODE(mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_gets_nothing_whatever_the_umask(monkeypatch):
    root = Path(tempfile.mkdtemp(prefix="fanfinity-door-"))
    root.chmod(0o755)
    before = os.umask(0)
    service = harness.Up(root)
    try:
        service.start()
        assert service.post(event("door")).status == 202
        wait_until(lambda: service.get(match_path("door")).status == 200, "the event is counted")
        paths = everything_in(service.data_dir)
        assert len(paths) > 50
        seen = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-c", AS_NOBODY]
            + [service.clickhouse().url, *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        assert (seen.returncode, seen.stdout.strip(), seen.stderr) == (0, "", "")
        assert [path for path in paths if mode_of(path) & 0o077] == []
        service.stop()
    finally:
        os.umask(before)
        service.discard()
        harness.STARTED.remove(service)
        shutil.rmtree(root)


def test_directories_that_were_open_are_closed(make_up):
    up = make_up()
    for path in (up.data_dir, up.data_dir / "log", up.data_dir / "clickhouse"):
        path.mkdir()
        path.chmod(0o777)
    up.start()
    assert up.data_dir.stat().st_mode & 0o022 == 0
    for name in ("log", "clickhouse"):
        assert (up.data_dir / name).stat().st_mode & 0o077 == 0


# -- `fanfinity clickhouse`, for other processes ---------------------------------------------------------
class Shared(harness.Service):
    """`fanfinity clickhouse`: known by a user and a password that are set."""

    def __init__(self, root):
        self.keys = {"X-ClickHouse-User": "feed", "X-ClickHouse-Key": "known & <secret>"}
        settings = {"FANFINITY_DATA_DIR": root / "data", "CLICKHOUSE_DATABASE": "goals"}
        settings |= {"CLICKHOUSE_USER": "feed", "CLICKHOUSE_PASSWORD": "known & <secret>"}
        super().__init__("clickhouse", root, "CLICKHOUSE_PORT", **settings)

    def ready_answer(self):
        try:
            return self.get("/ping", **self.keys)
        except OSError:
            return None

    def sql(self, query, **headers):
        client = self.client()
        try:
            return client.request("POST", f"/?{urllib.parse.urlencode({'query': query})}", b"", headers)
        finally:
            client.close()


def spoken(port, text):
    """Everything that is answered to it."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(text.encode())
        with connection.makefile("rb") as answer:
            return answer.read()


def test_the_server_for_others_takes_its_user_and_nobody_else(tmp_path):
    server = Shared(tmp_path)
    try:
        server.start()
        assert server.sql("SELECT currentUser()", **server.keys).body == b"feed\n"
        for headers in ({}, {"X-ClickHouse-User": "default"}, basic("feed", "known & <secret>"), basic("default")):
            assert server.sql("SELECT 1", **headers).status == 404, headers
        for twice in ("feed", "default"), ("default", "feed"):
            head = "".join(f"X-ClickHouse-User: {user}\r\n" for user in twice)
            answer = spoken(server.port, f"GET /?query=SELECT+1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n")
            assert re.match(rb"HTTP/1.1 (403|404) ", answer), answer
        wrong = server.sql("SELECT 1", **{"X-ClickHouse-User": "feed", "X-ClickHouse-Key": "guess"})
        assert wrong.status == 403 and b"516" in wrong.body
        for sql in ("SELECT * FROM file('/etc/passwd', 'CSV', 'a String')", "CREATE DATABASE fanfinity"):
            assert DENIED in server.sql(sql, **server.keys).body.decode(), sql
        assert server.sql("CREATE DATABASE goals", **server.keys).status == 200
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(BROKEN["half a head"])
        assert server.ready_answer().status == 200
        server.stop()
    finally:
        server.discard()
        harness.STARTED.remove(server)


def test_the_server_for_others_tells_a_wrong_user_what_to_set(tmp_path):
    server = Shared(tmp_path)
    try:
        server.start()
        refused = run(
            "migrate",
            env={"CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": str(server.port), "CLICKHOUSE_USER": "default"}
            | {"FANFINITY_DATA_DIR": str(tmp_path / "other")},
        )
        assert refused.returncode == 1 and "CLICKHOUSE_USER and CLICKHOUSE_PASSWORD" in refused.stderr
        server.stop()
    finally:
        server.discard()
        harness.STARTED.remove(server)


@pytest.mark.parametrize("settings", [{"CLICKHOUSE_USER": "feed"}, {"CLICKHOUSE_PASSWORD": "secret"}])
def test_the_server_for_others_asks_for_a_user_and_a_password(tmp_path, settings):
    result = run(
        "clickhouse",
        env={"CLICKHOUSE_PORT": str(free_port()), "FANFINITY_DATA_DIR": str(tmp_path / "data")} | settings,
    )
    assert result.returncode == 2
    assert re.fullmatch(r"fanfinity: [^\n]+CLICKHOUSE_PASSWORD[^\n]+\n", result.stderr)
    assert not (tmp_path / "data").exists()


# -- where the library comes from -----------------------------------------------------------------------
def test_no_library_is_taken_from_the_current_directory_or_one_above(tmp_path):
    here = tmp_path / "somewhere" / "below"
    for place in (here, tmp_path):
        (place / ".deps").mkdir(parents=True)
        (place / ".deps" / "libchdb.so").write_bytes(b"not a library")
    binary = tmp_path / "bin" / "fanfinity"
    binary.parent.mkdir()
    shutil.copy(BINARY, binary)
    (binary.parent / ".deps").mkdir()
    (binary.parent / ".deps" / "libchdb.so").write_bytes(b"not a library")
    environment = harness.base_environment() | {"FANFINITY_DATA_DIR": str(tmp_path / "data")}
    environment |= {"SERVER_PORT": str(free_port())}
    environment.pop("LIBCHDB_PATH", None)
    result = subprocess.run(
        [binary, "up"], env=environment, cwd=here, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 2 and "not beside the binary" in result.stderr, result.stderr
