"""Bodies of requests, read before a thread is given to them: small ones into memory, large ones into a file.

Whole, or not at all: one that breaks off is an error, never a shorter file.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from granian.rsgi import HTTPProtocol, ProtocolClosed  # type: ignore[attr-defined]

from ripeline.slow_senders import Pace, SlowSenders, Stopping, TooSlow

log = logging.getLogger(__name__)

SMALL = 64 * 1024
"""Bytes of a body that is kept in memory."""
PIECE = 256 * 1024
"""Bytes that are written to a large one's file at once."""
UPLOADS = 64
"""Large ones at once in one process, from their first byte until they are answered; a sender who keeps to the slowest
pace holds a place for minutes. One address has half of the places at most."""
ROOM = 4 * 1024**3
"""Bytes of all of them together, on the disk; half of it for one address. A single file may be larger. Of one that a
page takes in, there is a copy of the page's own meanwhile: as many as there are threads."""


SLOW = (408, "Your request came too slowly and was given up; nothing of it was kept. Please send it again.")
STOPPED = (503, "Ripeline is being stopped; nothing was kept. Please send it again in a minute.")
CROWDED = (503, "Many files are on their way just now; this one was not taken. Please send it again soon.")
NO_ROOM = (503, "The file could not be kept on this server's disk; its log says why. Nothing was taken in.")


class Refusal(Exception):
    """A body that is not read: the status and a sentence for whoever sent it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Bodies:
    """Reads bodies; on the event loop alone. Large ones lie in `folder` while they are needed, without a name."""

    def __init__(self, senders: SlowSenders, *, folder: Path | None = None, uploads: int = UPLOADS) -> None:
        self._senders, self._folder, self._uploads = senders, folder, uploads
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="uploads")
        self._coming: dict[str, list[int]] = {}

    @contextmanager
    def place(self, length: int, address: str) -> Iterator[None]:
        """A place among the large ones for a body of so many bytes from `address`, with room for what it brings: until
        it is done with. Small ones need none. Raises Refusal."""
        if length <= SMALL:
            yield
            return
        theirs = self._coming.get(address, [])
        everybodys = [size for sizes in self._coming.values() for size in sizes]
        if not _has_room(everybodys, length, 1, self._uploads) or not _has_room(
            theirs, length, 2, self._uploads
        ):
            raise Refusal(*CROWDED)
        self._coming.setdefault(address, []).append(length)
        try:
            yield
        finally:
            theirs = self._coming[address]
            theirs.remove(length)
            if not theirs:
                del self._coming[address]

    async def read(self, protocol: HTTPProtocol, length: int) -> BinaryIO:
        """A body of so many bytes, for whoever closes it; a large one has its `place`. Raises Refusal; ProtocolClosed
        where it breaks off."""
        try:
            if length > SMALL:
                return await self._into_file(protocol, length)
            with self._senders.waited_for():
                # Without a length there is no body: Django reads none.
                return io.BytesIO(await protocol() if length else b"")
        except TooSlow:
            raise Refusal(*SLOW) from None
        except Stopping:
            raise Refusal(*STOPPED) from None

    async def _into_file(self, protocol: HTTPProtocol, length: int) -> BinaryIO:
        loop = asyncio.get_running_loop()
        file: BinaryIO | None = None
        try:
            file = TemporaryFile(dir=self._folder)  # noqa: SIM115  (closed by whoever reads it)
            async for pieces in self._pieces(protocol, length):
                await loop.run_in_executor(self._disk, file.write, pieces)
            await loop.run_in_executor(self._disk, file.seek, 0)
        except BaseException as trouble:
            if file:
                _give_up(file)
            if not isinstance(trouble, OSError):
                raise
            log.error("A body of %s bytes could not be kept: %s", length, trouble)
            raise Refusal(*NO_ROOM) from None
        return file

    async def _pieces(self, protocol: HTTPProtocol, length: int) -> AsyncIterator[bytearray]:
        """What comes, put together to larger pieces. Raises ProtocolClosed, TooSlow and Stopping."""
        loop = asyncio.get_running_loop()
        pace, coming = Pace(loop.time()), protocol.__aiter__()
        held, came = bytearray(), 0
        while came < length:
            with self._senders.waited_for():
                piece = await anext(coming, b"")
            if not piece:
                raise ProtocolClosed
            held += piece
            came += len(piece)
            pace.keep(came, loop.time())
            if len(held) >= PIECE or came == length:
                yield held
                held = bytearray()


def _has_room(sizes: Sequence[int], length: int, share: int, uploads: int) -> bool:
    """Whether one more of this length goes into one `share`-th of all places and room beside those that are there."""
    return len(sizes) < uploads // share and (not sizes or sum(sizes) + length <= ROOM // share)


def _give_up(file: BinaryIO) -> None:
    # Closing writes what is left, and may find the disk full again.
    with suppress(OSError):
        file.close()


class Unread(io.RawIOBase):
    """The body of a request that is answered without it: reading it is an error, and it is not taken for empty."""

    def readable(self) -> bool:
        """It may be asked for what it has."""
        return True

    def readinto(self, _: Any) -> int:
        """Raises OSError."""
        raise OSError("The body was not read.")
