"""What docs/FEEDS.md shows is what works."""

import json
import re
import urllib.error
from pathlib import Path

import pytest

from simulation.convert.cli import parse_arguments as convert_arguments
from simulation.crowd.cli import parse_arguments as crowd_arguments

from fake_service import FakeService, is_valid

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "FEEDS.md").read_text()


def example(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def send():
    names = {}
    exec(example("python"), names)
    return names["send"]


def events(count, **members):
    return [{"eventId": f"00000000-0000-4000-8000-{number:012d}", "matchId": "m", "eventType": "pass",
             "timestamp": "2024-01-15T14:30:00Z", "teamId": 1} | members for number in range(count)]


def test_the_python_example_delivers_everything_to_a_server_that_fails(send):
    service = FakeService(faults=0.4)
    batches = [events(200)[first:first + 20] for first in range(0, 200, 20)]
    assert [send(service.url, batch) for batch in batches] == [[]] * 10
    assert len(service.events) == 200
    assert service.answers["none"] + service.answers[503] + service.answers[429] > 0
    service.shutdown()


def test_the_python_example_tells_what_was_rejected(send):
    service = FakeService()
    batch = events(3)
    batch[1]["teamId"] = 3
    assert send(service.url, batch) == [(batch[1], [])]
    with pytest.raises(urllib.error.HTTPError):
        send(service.url, events(2, teamId=3))
    service.shutdown()


def test_the_event_shown_for_curl_is_valid():
    assert is_valid(json.loads(re.search(r"-d '(\{.*?\})'", example("bash"), re.DOTALL)[1]))


def test_the_commands_shown_are_commands():
    crowds = re.findall(r"\./dev crowd (.*)", PAGE)
    conversions = re.findall(r"-m simulation convert (.*?) > ", PAGE)
    assert len(crowds) == 1 and len(conversions) == 2
    crowd_arguments(crowds[0].split())
    for conversion in conversions:
        convert_arguments(conversion.split())
