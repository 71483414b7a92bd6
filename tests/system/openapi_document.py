"""The OpenAPI document of a running service, and whether answers are what it says. Nothing here knows the API."""

import datetime
import gzip
import json
import uuid
from dataclasses import dataclass
from urllib.parse import quote

from jsonschema import Draft202012Validator, FormatChecker

METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
HEADERS_OF_HTTP = {"date", "connection", "content-length", "content-type", "transfer-encoding"}

formats = FormatChecker(formats=())


@formats.checks("date-time", ValueError)
def is_time(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None


@formats.checks("uuid", ValueError)
def is_uuid(value):
    return not isinstance(value, str) or str(uuid.UUID(value)) == value.lower()


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
        return {int(status): self._follow(said) for status, said in self._members[operation]["responses"].items()}

    def documented(self):
        """Every (operation, status)."""
        return {(operation, status) for operation in self.operations for status in self.responses(operation)}

    def request_bodies(self, operation):
        """Media type to what is said of it."""
        return self._members[operation].get("requestBody", {}).get("content", {})

    def parameters(self, operation):
        """What may be in the path, the query and the headers of a request."""
        shared = self.root["paths"][operation.path].get("parameters", [])
        return [self._follow(said) for said in shared + self._members[operation].get("parameters", [])]

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
        validator = Draft202012Validator(whole, format_checker=formats)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def faults(self, operation, answer):
        """What is not as documented about an answer, as sentences."""
        said = self.responses(operation).get(answer.status)
        if said is None:
            return [f"{operation}: {answer.status} is not documented: {answer}"]
        found = self._header_faults(said, answer) + self._body_faults(said, answer)
        return [f"{operation} {answer.status}: {fault}" for fault in found]

    def _header_faults(self, said, answer):
        documented = {name.lower(): self._follow(header) for name, header in said.get("headers", {}).items()}
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
        if not media_type.endswith("json"):
            return self.flaws(body.decode(), content[media_type]["schema"])
        body = json.loads(body)
        found = self.flaws(body, content[media_type]["schema"])
        if media_type == "application/problem+json" and body.get("status") != answer.status:
            found.append(f"the problem says {body.get('status')}")
        return found

    def _follow(self, said):
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
