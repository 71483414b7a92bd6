"""One keep-alive HTTP/1.1 connection of the event loop: a request, its answer, the next request."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from simulation.sender import parse_url

_TIMEOUT = 30.0
_LARGEST_ANSWER = 16 * 1024 * 1024


class NoAnswer(Exception):
    """The connection failed, or what came was no HTTP. The request may have been done or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: float  # seconds, 0 when the server does not say
    body: bytes


class Link:
    def __init__(self, url: str, api_key: str):
        scheme, self._host, self._port, path = parse_url(url)
        self._prefix = path.removesuffix("/api/events")
        self._tls = ssl.create_default_context() if scheme == "https" else None
        host = f"[{self._host}]" if ":" in self._host else self._host
        self._head = f"Host: {host}:{self._port}\r\n" + (f"Authorization: Bearer {api_key}\r\n" if api_key else "")
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, media_type: str, body: bytes) -> Answer:
        head = (f"POST {self._prefix}{path} HTTP/1.1\r\n{self._head}Content-Type: {media_type}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._exchange(head + body)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:  # a timeout is an OSError
            self.close()
            raise NoAnswer(str(error) or type(error).__name__) from None
        except BaseException:
            self.close()
            raise

    async def _exchange(self, data: bytes) -> Answer:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        self._writer.write(data)
        # Not drained first: a server may refuse a request before it has read it whole, and its answer counts.
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, status = head[0].split(" ", 2)[:2]
        if not version.startswith("HTTP/1."):
            raise ValueError(f"'{head[0][:40]}' is no HTTP answer")
        fields = dict(line.lower().split(":", 1) for line in head[1:] if ":" in line)
        if "chunked" in fields.get("transfer-encoding", ""):  # of a proxy
            body = b"".join([chunk async for chunk in self._chunks()])
        else:
            body = await self._read(int(fields.get("content-length", "0")))
        if "close" in fields.get("connection", ""):
            self.close()
        try:
            retry_after = float(fields.get("retry-after", "0"))
        except ValueError:
            retry_after = 0.0
        return Answer(int(status), retry_after, body)

    async def _chunks(self) -> AsyncIterator[bytes]:
        total = 0
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            total += size
            yield await self._read(size, total)
            await self._reader.readexactly(2)
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers

    async def _read(self, size: int, total: int = 0) -> bytes:
        if not 0 <= size <= max(size, total) <= _LARGEST_ANSWER:
            raise ValueError(f"an answer of {max(size, total)} bytes")
        return await self._reader.readexactly(size)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
