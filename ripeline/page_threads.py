"""Django's pages under our server: WSGI in a small pool of threads, each with its own database connection, kept.

The server is asynchronous, for the sake of the collector beside the pages; the pages are not. A request is read whole
before a thread is given to it (`bodies.py`), so that a slow sender holds up nobody.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]

from ripeline.bodies import SMALL, Bodies, Refusal, Unread
from ripeline.kit.senders import sender_of

THREADS = 4
"""In each web process. More would only wait for one another; fewer would let one long export stop everybody."""
UNASKED = SMALL
"""Bytes that everybody may send; before more of a body is read, and has a place, it is asked whether its page may have
it from whoever sends it."""
SHORT = 256 * 1024
"""Bytes of a file that is sent in one piece."""
PIECE = 64 * 1024
PLAIN = [
    ("content-type", "text/plain; charset=utf-8"),
    ("cache-control", "no-store"),
    ("connection", "close"),
]

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
T = TypeVar("T")


class PageThreads:
    """Answers requests by a WSGI application that, as Django does, says its status before it returns."""

    def __init__(
        self,
        application: Application,
        bodies: Bodies,
        *,
        may_have: Callable[[Environ], int],
        address_of: Callable[[Scope], str],
        threads: int = THREADS,
    ) -> None:
        self._application, self._bodies = application, bodies
        self._may_have, self._address_of = may_have, address_of
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def answer(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answers one request; returns when that is done. `may_have` said how many bytes its page takes."""
        loop = asyncio.get_running_loop()
        environ, length = _environ(scope, self._address_of(scope)), _length_of(scope)
        try:
            if length > UNASKED and length > await loop.run_in_executor(self._pool, self._may_have, environ):
                # The page says so itself.
                environ["wsgi.input"] = Unread()
                await loop.run_in_executor(self._pool, self._serve, environ, protocol, loop)
                return
            with self._bodies.place(length, sender_of(environ["REMOTE_ADDR"])):
                environ["wsgi.input"] = await self._bodies.read(protocol, length)
                await loop.run_in_executor(self._pool, self._serve, environ, protocol, loop)
        except ProtocolClosed:
            return
        except Refusal as refused:
            protocol.response_str(refused.status, PLAIN, refused.why)

    def stop(self) -> None:
        """Waits for the answers that are being made."""
        self._pool.shutdown()

    def _serve(self, environ: Environ, protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        started = _Started()
        with environ["wsgi.input"]:
            answer = self._application(environ, started)
            try:
                if file := getattr(answer, "sent_file", None):
                    # The server reads it by itself, and no thread waits for whoever reads slowly.
                    protocol.response_file_range(started.status, started.headers, *file)
                elif started.is_short(answer):
                    protocol.response_bytes(started.status, started.headers, b"".join(answer))
                else:
                    _stream(started, answer, protocol, loop)
            finally:
                if hasattr(answer, "close"):
                    answer.close()


class _Started:
    """What the application says before its answer."""

    status = 500

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower(), value) for name, value in headers]

    @property
    def length(self) -> int | None:
        """Bytes of the answer, where it says how many."""
        return next((int(value) for name, value in self.headers if name == "content-length"), None)

    def is_short(self, answer: Iterable[bytes]) -> bool:
        """Whether the answer is all there, or soon will be: then it is sent in one piece."""
        if isinstance(answer, list) or not getattr(answer, "streaming", True):
            return True
        return self.length is not None and self.length <= SHORT


def _stream(
    started: _Started, answer: Iterable[bytes], protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop
) -> None:
    sender = _wait(_open(started, protocol), loop)
    pieces = answer if started.length is None else _in_pieces(answer)
    try:
        for piece in pieces:
            # One after the other: what the reader does not take yet is not made yet.
            if not _wait(sender.send(piece), loop):
                return
    finally:
        loop.call_soon_threadsafe(sender.gone.cancel)


class _Sender:
    """Sends the pieces of one answer. Used on the event loop alone.

    Whoever went before the answer began is not noticed by granian's sending, which then never ends: we listen for
    their going ourselves.
    """

    def __init__(self, started: _Started, protocol: HTTPProtocol) -> None:
        self.gone = asyncio.ensure_future(_until_gone(protocol))
        self._transport = protocol.response_stream(started.status, started.headers)

    async def send(self, piece: bytes) -> bool:
        """Returns when the piece is on its way; False: nobody is there any more."""
        sending = asyncio.ensure_future(self._send(piece))
        await asyncio.wait({sending, self.gone}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            return sending.result()
        sending.cancel()
        return False

    async def _send(self, piece: bytes) -> bool:
        try:
            await self._transport.send_bytes(piece)
        except ProtocolClosed:
            return False
        return True


async def _open(started: _Started, protocol: HTTPProtocol) -> _Sender:
    return _Sender(started, protocol)


async def _until_gone(protocol: HTTPProtocol) -> None:
    await protocol.client_disconnect()


def _in_pieces(answer: Iterable[bytes]) -> Iterator[bytes]:
    """A file's small blocks put together: each piece costs a way to the event loop and back."""
    held: list[bytes] = []
    size = 0
    for block in answer:
        held.append(block)
        size += len(block)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _wait(asked: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """What the event loop says, waited for in a thread."""
    return asyncio.run_coroutine_threadsafe(asked, loop).result()


def _length_of(scope: Scope) -> int:
    written = scope.headers.get("content-length") or "0"
    return int(written) if written.isdecimal() else 0


def _environ(scope: Scope, address: str) -> Environ:
    """The request as WSGI has it, but for its body; `address` is whom it came from."""
    server, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        _put_header(environ, name, value)
    return environ


def _put_header(environ: Environ, name: str, value: str) -> None:
    # In WSGI an underscore is a hyphen: X_Forwarded_Proto would pass for what the proxy says.
    if "_" in name:
        return
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    between = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ and key != "HTTP_HOST" else value
