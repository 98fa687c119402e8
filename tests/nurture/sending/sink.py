"""A mail server for tests: it writes down every mail it takes, and misbehaves towards whom it is told to.

Run as a program it is a process of its own, prints its port, and then a line for each mail it took.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Verb = Literal["greet", "ehlo", "starttls", "mail", "rcpt", "data", "dot"]
_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at a verb: something else is `said`, nothing (`hangs`), the line `drops`, or the answer is late by
    `after` seconds or comes letter by letter (`crawls`). For the dot, `takes` says that the mail is taken all the same.
    """

    verb: Verb
    said: str = ""
    hangs: bool = False
    drops: bool = False
    after: float = 0.0
    crawls: bool = False
    takes: bool = False
    times: int = 10**9


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that was taken: said with 250, or meant to be."""

    message_id: str
    sender: str
    to: str
    raw: bytes


@dataclass
class Sink:
    """The server, in a thread of its own; `faults` are by the domain of whom a mail is to ("": towards everybody)."""

    delay: float = 0.0
    faults: Mapping[str, Fault] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    keeps: bool = True
    tell: Callable[[Taken], None] | None = None

    def __post_init__(self) -> None:
        self.taken: list[Taken] = []
        self.lines = self.most_lines = 0
        self.met: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.loop = asyncio.new_event_loop()
        self.stopping = asyncio.Event()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]

    def __enter__(self) -> Sink:
        self.thread = threading.Thread(
            target=self.loop.run_until_complete, args=(self._serve(),), daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(10)

    def counts(self) -> Counter[str]:
        """How often each mail was taken, by its Message-ID."""
        return Counter(each.message_id for each in self.taken)

    async def _serve(self) -> None:
        self.calls: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._call, sock=self.socket)
        await self.stopping.wait()
        server.close()
        for each in self.calls:
            each.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.calls.add(task)
        self.lines += 1
        self.most_lines = max(self.most_lines, self.lines)
        try:
            await _Call(self, reader, writer).talk()
        except (OSError, EOFError, asyncio.CancelledError):
            return
        finally:
            self.lines -= 1
            self.calls.discard(task)
            with suppress(OSError, RuntimeError):
                writer.close()


class _Drop(OSError):
    """The line is to be dropped."""


@dataclass
class _Call:
    sink: Sink
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    to: str = ""

    async def talk(self) -> None:
        await self._answer("greet", "220 sink.example ESMTP")
        while line := await self.reader.readline():
            word = line[:4].upper()
            if word in (b"EHLO", b"HELO"):
                rest = [*self.sink.extensions, "8BITMIME"]
                await self._answer(
                    "ehlo", "\r\n".join(["250-sink.example", *(f"250-{each}" for each in rest), "250 SIZE"])
                )
            elif word == b"MAIL":
                self.sender, self.to = line.partition(b"<")[2].partition(b">")[0].decode(), ""
                await self._answer("mail", "250 2.1.0 ok")
            elif word == b"RCPT":
                self.to = line.partition(b"<")[2].partition(b">")[0].decode()
                self.sink.tries[self.to] += 1
                await self._answer("rcpt", "250 2.1.5 ok")
            elif word == b"DATA":
                if await self._answer("data", "354 go ahead"):
                    await self._take()
            elif word == b"STAR":
                self.sink.met["starttls"] += 1
                await self._answer("starttls", "454 4.7.0 TLS not available")
            elif word == b"QUIT":
                self._write("221 bye")
                return
            else:
                self._write("250 2.0.0 ok")

    async def _take(self) -> None:
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        if self.sink.delay:
            await asyncio.sleep(self.sink.delay)
        fault = self._fault("dot")
        found = _ID.search(raw)
        taken = Taken(
            found[1].decode() if found else "", self.sender, self.to, raw if self.sink.keeps else b""
        )
        if fault is None or fault.takes or not (fault.said or fault.hangs or fault.drops):
            self.sink.taken.append(taken)
            if self.sink.tell:
                self.sink.tell(taken)
        await self._answer("dot", f"250 2.0.0 queued as {len(self.sink.taken)}", fault=fault)

    def _fault(self, verb: Verb) -> Fault | None:
        domain = self.to.rpartition("@")[2]
        for name in (domain, "") if self.to or verb != "mail" else ("",):
            fault = self.sink.faults.get(name)
            if fault and fault.verb == verb and self.sink.met[f"{self.to}{name}{verb}"] < fault.times:
                self.sink.met[f"{self.to}{name}{verb}"] += 1
                return fault
        return None

    async def _answer(self, verb: Verb, words: str, *, fault: Fault | None = None) -> bool:
        """Says it, or what the fault makes of it; whether what was said is that things go on."""
        fault = fault or (self._fault(verb) if verb != "dot" else None)
        if fault is None:
            self._write(words)
            return True
        if fault.hangs:
            await self.sink.stopping.wait()
        if fault.drops:
            raise _Drop
        if fault.after:
            await asyncio.sleep(fault.after)
        said = fault.said or words
        if fault.crawls:
            for letter in f"{said}\r\n".encode():
                self.writer.write(bytes([letter]))
                await asyncio.sleep(0.01)
            return said[0] in "23"
        self._write(said)
        return said[0] in "23"

    def _write(self, words: str) -> None:
        self.writer.write(f"{words}\r\n".encode())


def main() -> None:
    """A sink that answers after 2 ms (or as many as are named), until its input ends."""

    def tell(taken: Taken) -> None:
        sys.stdout.write(f"{taken.message_id}\n")

    delay = float(sys.argv[1]) if len(sys.argv) > 1 else 0.002
    with Sink(delay=delay, keeps=False, tell=tell) as sink:
        print(sink.port, flush=True)
        sys.stdin.read()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
