"""One connection of the crowd, against servers that answer in every way that HTTP allows."""

import asyncio

import pytest

from simulation.crowd.link import Link, NoAnswer


def exchange(*answers):
    """What a link says to servers that answer so, one after the other on connections as they come."""
    async def run():
        left, heard = list(answers), []

        async def serve(reader, writer):
            while left:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                heard.append((head, await reader.readexactly(length)))
                answer = left.pop(0)
                writer.write(answer)
                if b"close" in answer or not answer:
                    break
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = Link(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base", "secret")
        told = []
        for _ in answers:
            try:
                told.append(await link.post("/api/events", "application/json", b"{}"))
            except NoAnswer:
                told.append(None)
        link.close()
        server.close()
        return told, heard

    return asyncio.run(run())


def test_requests_have_what_the_server_needs():
    _, ((head, body),) = exchange(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")
    assert head.startswith(b"POST /base/api/events HTTP/1.1\r\nHost: 127.0.0.1:") and body == b"{}"
    assert b"Authorization: Bearer secret\r\n" in head and b"Content-Type: application/json\r\n" in head


def test_answers_are_read_whole_and_the_connection_is_used_again():
    first = b"HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 3\r\n\r\nabc"
    chunked = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
    told, _ = exchange(first, chunked, b"HTTP/1.1 204 None\r\nConnection: close\r\n\r\n", first)
    assert [(answer.status, answer.retry_after, answer.body) for answer in told] == [
        (503, 2.0, b"abc"), (202, 0.0, b"abcde"), (204, 0.0, b""), (503, 2.0, b"abc")]


@pytest.mark.parametrize("answer", [
    b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 202 Accepted\r\nContent-Length: 99999999999\r\n\r\n",
    b"HTTP/1.1 202 Accepted\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\nX: close\r\n\r\nabc",
    b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", b"HTTP/1.1 two\r\n\r\n",
])
def test_what_is_no_whole_answer_is_none(answer):
    good = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    told, _ = exchange(answer, good)
    assert told[0] is None and told[1].status == 202
