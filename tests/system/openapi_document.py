"""The OpenAPI document of a running service, and whether answers are what it says. Nothing here knows the API."""

import datetime
import gzip
import json
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
HEADERS_OF_HTTP = {"date", "connection", "content-length", "content-type", "transfer-encoding"}

formats = FormatChecker(formats=())
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d:\d\d))", re.ASCII | re.IGNORECASE)


@formats.checks("date-time", ValueError)
def is_time(value):
    """RFC 3339, 5.6; a leap second (5.7) where UTC can have one, at the end of a month."""
    if not isinstance(value, str):
        return True
    if not (found := _TIME.fullmatch(value)):
        return False
    day, minute, second, sign, offset = found.groups()
    at = datetime.datetime.fromisoformat(f"{day}T{minute}:{'59' if second == '60' else second}")
    hours, minutes = map(int, (offset or "00:00").split(":"))
    if hours > 23 or minutes > 59:
        return False
    if second != "60":
        return True
    shift = datetime.timedelta(hours=hours, minutes=minutes)
    after = at + datetime.timedelta(seconds=1) + (shift if sign == "-" else -shift)
    return (after.day, after.time()) == (1, datetime.time())


@formats.checks("uuid", ValueError)
def is_uuid(value):
    return not isinstance(value, str) or str(uuid.UUID(value)) == value.lower()


def check_pattern(_, pattern, instance, __):
    """Patterns are those of ECMA-262: there `$` is the end, in Python also what stands before a last line feed."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def is_integer(_, value):
    """By value: 1.0 is one (JSON Schema, core 4.2.3). Documents may be read with decimals, which round nothing."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    return value == int(value) if isinstance(value, float) else value == Decimal(value).to_integral_value()


Validator = validators.extend(
    Draft202012Validator,
    {"pattern": check_pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
)


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str  # in capitals
    path: str  # the template
    id: str

    def __str__(self):
        return f"{self.method} {self.path}"


class Document:
    """`values`: for the parameters of paths, each with those that exist."""

    def __init__(self, text, values):
        self.root = json.loads(text)
        self._values = values
        self._members = {}
        self.operations = []
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(method.upper(), path, item[method]["operationId"])
                    self.operations.append(operation)
                    self._members[operation] = item[method]

    def responses(self, operation):
        """Status to what is said of it."""
        return {int(status): self.follow(said) for status, said in self._members[operation]["responses"].items()}

    def documented(self):
        """Every (operation, status)."""
        return {(operation, status) for operation in self.operations for status in self.responses(operation)}

    def request_bodies(self, operation):
        """Media type to what is said of it."""
        return self._members[operation].get("requestBody", {}).get("content", {})

    def parameters(self, operation):
        """What may be in the path, the query and the headers of a request."""
        shared = self.root["paths"][operation.path].get("parameters", [])
        return [self.follow(said) for said in shared + self._members[operation].get("parameters", [])]

    def operation(self, operation_id):
        return next(one for one in self.operations if one.id == operation_id)

    def paths(self, operation, value=None):
        """The path with every value of its parameter, or with `value`, filled in."""
        path, brace, rest = operation.path.partition("{")
        if not brace:
            return [path]
        name, _, rest = rest.partition("}")
        return [path + quote(one, safe="") + rest for one in ([value] if value else self._values[name])]

    def flaws(self, value, schema):
        """What is wrong with a value, as sentences."""
        whole = schema | {"components": self.root["components"]}
        validator = Validator(whole, format_checker=formats)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def faults(self, operation, answer):
        """What is not as documented about an answer, as sentences."""
        said = self.responses(operation).get(answer.status)
        if said is None:
            return [f"{operation}: {answer.status} is not documented: {answer}"]
        found = self._header_faults(said, answer) + self._body_faults(said, answer)
        return [f"{operation} {answer.status}: {fault}" for fault in found]

    def _header_faults(self, said, answer):
        documented = {name.lower(): self.follow(header) for name, header in said.get("headers", {}).items()}
        unknown = answer.headers.keys() - documented.keys() - HEADERS_OF_HTTP
        found = [f"header {name} is not documented" for name in unknown]
        for name, header in documented.items():
            value = answer.headers.get(name)
            if value is None:
                found += [f"header {name} is missing"] if header.get("required") else []
                continue
            if header["schema"].get("type") == "integer":
                value = int(value)
            found += [f"header {name}: {flaw}" for flaw in self.flaws(value, header["schema"])]
        return found

    def _body_faults(self, said, answer):
        content = said.get("content", {})
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if not content:
            return [f"a body that is not documented: {answer}"] if answer.body or media_type else []
        if media_type not in content:
            return [f"{media_type!r} is not among the documented {list(content)}"]
        body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
        if media_type == "text/event-stream":
            schema = content[media_type]["schema"]
            return [flaw for message in messages_of(body.decode()) for flaw in self.flaws(message, schema)]
        if not media_type.endswith("json"):
            return self.flaws(body.decode(), content[media_type]["schema"])
        body = json.loads(body)
        found = self.flaws(body, content[media_type]["schema"])
        if media_type == "application/problem+json" and body.get("status") != answer.status:
            found.append(f"the problem says {body.get('status')}")
        return found

    def follow(self, said):
        """What a reference leads to, or what was given."""
        while "$ref" in said:
            said = self.resolve(said["$ref"])
        return said

    def resolve(self, reference):
        """What `#/a/b` points to."""
        at = self.root
        for part in reference.removeprefix("#/").split("/"):
            at = at[part.replace("~1", "/").replace("~0", "~")]
        return at

    def walk(self, at=None, path=""):
        """Every (path, object) of the document."""
        at = self.root if at is None else at
        if isinstance(at, dict):
            yield path, at
        for name, child in at.items() if isinstance(at, dict) else enumerate(at):
            if isinstance(child, (dict, list)):
                yield from self.walk(child, f"{path}/{name}")


def messages_of(text):
    """The messages of a stream as objects: the fields of each block that has data, and the data read as JSON."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [block | {"data": json.loads(block["data"])} for block in blocks if "data" in block]
