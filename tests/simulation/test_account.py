"""A run of the crowd against a server that fails: everything is acknowledged in the end, and the account says the truth."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.crowd.account import Account
from simulation.crowd.cli import parse_arguments
from simulation.crowd.delivery import Delivery
from simulation.crowd.requests import pack
from simulation.crowd.run import Outcome
from simulation.crowd.traffic import Event

from fake_service import FakeService
from test_live import wait_for

ROOT = Path(__file__).resolve().parents[2]
SHORT = ["--rate", "300", "--duration", "2s", "--matches", "4", "--seed", "7"]


@pytest.fixture
def serve():
    services = []

    def start(**options):
        services.append(FakeService(**options))
        return services[-1]

    yield start
    for service in services:
        service.shutdown()
        service.server_close()


def command(*arguments):
    return [sys.executable, "-m", "simulation", *map(str, arguments)]


def crowd(service, *flags):
    return subprocess.run(command("crowd", "--url", service.url, *SHORT, *flags), cwd=ROOT, capture_output=True, text=True,
                          timeout=120)


def account_of(path):
    return json.loads(path.read_text())


def test_everything_arrives_at_a_server_that_fails_and_the_account_is_exact(serve, tmp_path):
    service, file = serve(faults=0.2), tmp_path / "account.json"
    done = crowd(service, "--late", "0.2", "--duplicates", "0.2", "--bad", "0.2", "--batch", "10", "--account", file, "--verify")
    assert done.returncode == 0, done.stderr
    account = account_of(file)
    assert account["exact"] and account["acknowledged"] == len(service.events) > 400
    assert account["copiesAcknowledged"] > 50 and account["late"] > 50 and account["retries"] > 5
    assert account["badRequests"] == account["badRequestsRefused"] > 5
    assert service.answers[400] > 0
    for match_id, told in account["matches"].items():
        assert told == {name: value for name, value in service.metrics(match_id).items() if name != "asOf"}
    assert "member for member" in done.stderr


@pytest.mark.parametrize("flags", [["--batch", "1"], ["--processes", "3", "--connections", "6"]])
def test_single_events_and_several_processes_are_counted_as_well(serve, tmp_path, flags):
    service, file = serve(faults=0.05), tmp_path / "account.json"
    done = crowd(service, *flags, "--account", file, "--verify", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert account_of(file)["acknowledged"] == len(service.events) > 400


@pytest.mark.parametrize("fault", [{"forget": True}, {"double": True}])
def test_a_server_that_counts_wrongly_is_found_out(serve, fault):
    done = crowd(serve(**fault), "--duplicates", "0.3", "--verify")
    assert done.returncode == 1
    assert "totalEvents is" in done.stderr and "differences" in done.stderr


def test_a_server_that_refuses_valid_events_is_told_of(serve):
    service = serve()
    service.refuse_all = 422
    done = crowd(service)
    assert done.returncode == 1
    assert "valid events were refused with 422: not now" in done.stderr


def test_a_server_that_takes_what_is_bad_is_told_of(serve, monkeypatch):
    service = serve()
    monkeypatch.setattr("fake_service.is_valid", lambda event: True)
    done = crowd(service, "--bad", "0.5")
    assert done.returncode == 1
    assert "was answered 202, not 400" in done.stderr


def test_a_server_that_wants_a_key_ends_the_run_with_advice(serve):
    service = serve()
    service.refuse_all = 401
    done = crowd(service)
    assert done.returncode == 1 and "--api-key" in done.stderr


def test_what_is_never_answered_makes_the_account_inexact(serve, tmp_path):
    service, file = serve(), tmp_path / "account.json"
    service.refuse_all = 503
    done = crowd(service, "--account", file, "--verify", "--drain", "1s")
    assert done.returncode == 1
    account = account_of(file)
    assert not account["exact"] and account["unanswered"] > 400 and account["acknowledged"] == 0
    assert "never answered" in done.stderr


def test_an_interrupt_ends_the_schedule_and_keeps_the_account_exact(serve, tmp_path):
    service, file = serve(faults=0.1), tmp_path / "account.json"
    process = subprocess.Popen(command("crowd", "--url", service.url, "--rate", "300", "--duration", "forever", "--account", file),
                               cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(service.events) > 100)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    account = account_of(file)
    assert account["exact"] and account["acknowledged"] == len(service.events)


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_it_ends_soon_when_told_so_though_nothing_is_answered(serve, signals):
    service = serve()
    service.refuse_all = 503
    process = subprocess.Popen(command("crowd", "--url", service.url, "--rate", "100", "--duration", "forever", "--quiet"),
                               cwd=ROOT, stderr=subprocess.PIPE, text=True)
    for number in signals:
        seen = service.answers[503]
        wait_for(lambda seen=seen: service.answers[503] > seen + 3)
        process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "never answered" in stderr and "Traceback" not in stderr


def test_an_account_can_be_verified_later(serve, tmp_path):
    service, file = serve(), tmp_path / "account.json"
    assert crowd(service, "--account", file).returncode == 0

    def verify():
        return subprocess.run(command("verify", "--account", file), cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert verify().returncode == 0
    one = next(iter(service.events.values()))
    service.store(one | {"eventId": "00000000-0000-4000-8000-000000000001"})
    done = verify()
    assert done.returncode == 1 and f"{one['matchId']}: totalEvents is" in done.stderr
    file.write_text("{}")
    assert verify().returncode == 2


def test_what_waits_for_a_server_is_bounded_and_the_rest_is_told(monkeypatch):
    monkeypatch.setattr("simulation.crowd.delivery._MOST_WAITING", 100)
    delivery = Delivery("http://127.0.0.1:1", "", 1, lambda: 0.0, random.Random(1))
    requests = [pack([Event(b"{}", "m", "pass", 0)] * 30, 0.0, random.Random(1)) for _ in range(5)]
    assert [delivery.offer(request) for request in requests] == [True, True, True, False, False]
    assert (delivery.counts["waiting"], delivery.counts["left_out"]) == (90, 60)
    assert not Outcome(counts=delivery.counts).good


def test_a_copy_counts_when_its_original_does_not():
    account = Account()
    event, copy = (Event(b"{}", "m", "goal", 60_000) for _ in range(2))
    event.once = copy.once = [False]
    assert account.acknowledge(copy) and not account.acknowledge(event)
    account.acknowledge(Event(b"{}", "m", "pass", 121_500))
    assert account.total == 2
    assert account.metrics()["m"] == {
        "matchId": "m", "totalEvents": 2, "eventsByType": {"goal": 1, "pass": 1}, "goals": 1, "yellowCards": 0, "redCards": 0,
        "firstEventAt": "1970-01-01T00:01:00Z", "lastEventAt": "1970-01-01T00:02:01.500Z",
        "peakMinute": {"minute": "1970-01-01T00:01:00Z", "eventCount": 1}}


@pytest.mark.parametrize("flags", [
    ["--rate", "0"], ["--rate", "many"], ["--spike", "40"], ["--spike", "1x@3s"], ["--spike", "40x@90s"], ["--duration", "soon"],
    ["--matches", "0"], ["--speed", "max"], ["--late", "2"], ["--url", "ftp://x"],
    ["--matches", "100", "--rate", "50", "--speed", "60"],
])
def test_wrong_use_is_refused_with_a_sentence(flags, capsys):
    with pytest.raises(SystemExit) as refused:
        parse_arguments(flags)
    assert refused.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_flags_become_a_plan():
    options = parse_arguments(["--spike", "40x@30s/2s", "--duration", "2m", "--rate", "5000/s"])
    assert (options.spike.times, options.spike.at, options.spike.half_life) == (40, 30, 2)
    assert (options.duration, options.rate, options.processes) == (120, 5000, 3)
    assert parse_arguments(["--matches", "200", "--rate", "100"]).speed < 2
