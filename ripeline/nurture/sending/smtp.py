"""A line to a mail server by SMTP.

What matters is where a conversation broke: before the final dot nobody took the mail, after it nobody can say.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.protocol import PERIOD_REGEX, SMTPProtocol

from ripeline.kit.outbound import NotAllowed, connect
from ripeline.nurture.sending.mail import Accepted, CannotReach, Fate, Mail, Refused, Unsure, Verb

Security = Literal["none", "starttls", "tls"]
_CLOSING = 421
_GO_AHEAD = 354
_ENOUGH = 1000


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: where it is, how the line is closed to others, and who we are there ("": nobody asks)."""

    host: str
    port: int
    security: Security = "none"
    user: str = ""
    password: str = ""
    name: str = "localhost"
    """What we call ourselves."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer may take, in seconds: RFC 5321, 4.5.3.2, whose ten minutes for the last answer are not to be
    shortened: who hangs up earlier makes of slow servers senders of doubles."""

    connect: float = 30.0
    verb: float = 120.0
    dot: float = 600.0
    quit: float = 2.0


Connect = Callable[[str, int, float], socket.socket]


def guarded(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to a host that somebody named on a page."""
    return connect(host, port, timeout=timeout)


def unguarded(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to a host that whoever installed this named."""
    return socket.create_connection((host, port), timeout)


class SmtpLine:
    """One line, on which mails go one after the other."""

    def __init__(self, server: Server, *, patience: Patience | None = None, dial: Connect = guarded) -> None:
        self.server, self.patience, self.dial = server, patience or Patience(), dial
        self.client: SMTP | None = None

    @property
    def is_open(self) -> bool:
        """Whether the line holds, as far as is known."""
        return self.client is not None and self.client.is_connected

    async def open(self) -> None:
        """Connects, makes the line safe and says who we are. Raises CannotReach."""
        await self.close()
        server, patience = self.server, self.patience
        try:
            sock = await asyncio.to_thread(self.dial, server.host, server.port, patience.connect)
        except NotAllowed as no:
            raise CannotReach(str(no), is_ours=True) from None
        except OSError as trouble:
            raise CannotReach(f"{server.host}:{server.port} does not answer: {trouble}") from None
        sock.setblocking(False)
        client = SMTP(
            hostname=server.host,
            local_hostname=server.name,
            username=server.user or None,
            password=server.password if server.user else None,
            timeout=patience.verb,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            sock=sock,
        )
        try:
            await client.connect()
            await client._ehlo_or_helo_if_needed()
        except SMTPAuthenticationError as no:
            raise CannotReach(
                f"{server.host} does not take our password: {no.code} {no.message}", is_ours=True
            ) from None
        except SMTPResponseException as no:
            raise CannotReach(f"{server.host} does not let us in: {no.code} {no.message}") from None
        except (SMTPException, OSError, ValueError) as trouble:
            raise CannotReach(f"{server.host}:{server.port} cannot be talked with: {trouble}") from None
        finally:
            if not client.is_connected:
                sock.close()
        self.client = client

    async def hand_over(self, mail: Mail) -> Fate:
        """Hands one mail over."""
        client = self.client
        protocol = client.protocol if client else None
        if client is None or protocol is None:
            return Refused(0, "The line had been closed.", Verb.CONNECT)
        fate = await self._talk(protocol, mail)
        if isinstance(fate, Unsure) or (isinstance(fate, Refused) and fate.code in (0, _CLOSING)):
            client.close()
        elif isinstance(fate, Refused):
            await self._begin_anew(protocol, client)
        return fate

    async def close(self) -> None:
        """Says goodbye, and hangs up whatever the answer is."""
        client, self.client = self.client, None
        if client is None:
            return
        if client.is_connected:
            with suppress(SMTPException, OSError, TimeoutError):
                await client.quit(timeout=self.patience.quit)
        client.close()

    async def _talk(self, protocol: SMTPProtocol, mail: Mail) -> Fate:
        verb = Verb.MAIL
        try:
            for verb, command in (
                (Verb.MAIL, (b"MAIL", b"FROM:<%s>" % mail.sender.encode())),
                (Verb.RCPT, (b"RCPT", b"TO:<%s>" % mail.to.encode())),
                (Verb.DATA, (b"DATA",)),
            ):
                with self._patiently(self.patience.verb):
                    answer = await protocol.execute_command(*command)
                if not (answer.code == _GO_AHEAD if verb is Verb.DATA else 200 <= answer.code < 300):
                    return _refusal(answer, verb)
            protocol.write(PERIOD_REGEX.sub(b"..", mail.raw) + b".\r\n")
        except (SMTPException, OSError, ValueError) as trouble:
            return Refused(0, f"The line broke: {_words(trouble)}", verb)
        try:
            with self._patiently(self.patience.dot):
                answer = await protocol.read_response()
        except (SMTPException, OSError) as trouble:
            return Unsure(f"The mail was handed over, and then: {_words(trouble)}")
        if 200 <= answer.code < 300:
            return Accepted(f"{answer.code} {answer.message}"[:_ENOUGH])
        if 400 <= answer.code < 600:
            return _refusal(answer, Verb.DOT)
        return Unsure(
            f"The mail was handed over, and the answer makes no sense: {answer.code} {answer.message}"[
                :_ENOUGH
            ]
        )

    @contextmanager
    def _patiently(self, seconds: float) -> Iterator[None]:
        """Hangs up where no answer comes in time: whoever waits for it hears that the line broke. A timer for each
        answer, where waiting with a time-out would make a task's worth of objects for each."""
        assert self.client
        timer = asyncio.get_running_loop().call_later(seconds, self.client.close)
        try:
            yield
        finally:
            timer.cancel()

    async def _begin_anew(self, protocol: SMTPProtocol, client: SMTP) -> None:
        """After a refusal: what was said of the last mail is forgotten, or the line is not used again."""
        try:
            answer = await protocol.execute_command(b"RSET", timeout=self.patience.verb)
        except (SMTPException, OSError):
            client.close()
            return
        if not 200 <= answer.code < 300:
            client.close()


def _refusal(answer: SMTPResponse, verb: Verb) -> Refused:
    if not 400 <= answer.code < 600:
        return Refused(0, f"An answer that makes no sense: {answer.code} {answer.message}"[:_ENOUGH], verb)
    return Refused(answer.code, answer.message.replace("\n", " ")[:_ENOUGH], verb)


def _words(trouble: Exception) -> str:
    return str(trouble) or type(trouble).__name__
