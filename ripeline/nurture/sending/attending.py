"""The engine at work in a worker, under the settings of sending as they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError

from ripeline.nurture.doors.links import links_for
from ripeline.nurture.rules.handing import judge_handing
from ripeline.nurture.sending.composing import LetterComposer, sender_of
from ripeline.nurture.sending.desk import Desk
from ripeline.nurture.sending.engine import Engine, Speed, log
from ripeline.nurture.sending.guard import pause
from ripeline.nurture.sending.mail import Transport
from ripeline.nurture.sending.mailbox import MailboxLine
from ripeline.nurture.sending.models import SendingSettings
from ripeline.nurture.sending.ours import our_settings
from ripeline.nurture.sending.smtp import Server, SmtpLine, guarded, unguarded
from ripeline.nurture.sending.vault import Lost, unseal
from ripeline.nurture.sending.writing import writer_of

AFTER_TROUBLE = 2.0
_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_SECURITY = {"smtp": "none", "smtp+tls": "starttls", "smtps": "tls"}


def send_deliveries(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    """Sends what is due until `stop` is set; with other settings, by another engine."""
    while not stop.is_set():
        try:
            engine = engine_of(our_settings(), clock=clock, stop=stop)
        except (DatabaseError, Lost) as trouble:
            log.warning("No mail can be sent just now: %s", trouble)
            stop.wait(AFTER_TROUBLE)
            continue
        asyncio.run(engine.run())


def engine_of(ours: SendingSettings, *, clock: Callable[[], datetime], stop: threading.Event) -> Engine:
    """An engine for these settings. Raises Lost where its passwords cannot be read."""
    secrets = unseal(ours.secrets)
    sender = sender_of(ours, secrets)
    if ours.transport != SendingSettings.Transport.LOCAL and not (ours.from_address and ours.postal_address):
        pause("The settings name no address that mails come from, or no postal address below them.", clock())
    desk = Desk(
        LetterComposer(sender, writer_of(sender, links_for)),
        judge_handing,
        transport=ours.transport,
        revision=ours.revision,
    )
    speed = Speed(
        lines=ours.lines,
        spare=max(1, ours.lines // 2),
        domain_lines=min(ours.domain_lines, ours.lines),
        per_minute=ours.per_minute,
    )
    return Engine(desk, lambda: line_of(ours, secrets, clock), speed=speed, clock=clock, stop=stop)


def line_of(ours: SendingSettings, secrets: dict[str, str], clock: Callable[[], datetime]) -> Transport:
    """A line of the kind that the settings name."""
    if ours.transport == SendingSettings.Transport.INSTALLED and settings.CONFIG.email_url:
        # Whoever installed this named it, and may name any host.
        return SmtpLine(installed_server(), dial=unguarded)
    if ours.transport == SendingSettings.Transport.SMTP:
        return SmtpLine(named_server(ours, secrets), dial=guarded)
    return MailboxLine(clock)


def installed_server() -> Server:
    """The mail server of the setting RIPELINE_EMAIL_URL."""
    parts = urlsplit(settings.CONFIG.email_url)
    return Server(
        parts.hostname or "localhost",
        parts.port or _PORTS[parts.scheme],
        _SECURITY[parts.scheme],  # type: ignore[arg-type]
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        settings.CONFIG.site_name,
    )


def named_server(ours: SendingSettings, secrets: dict[str, str]) -> Server:
    """The mail server that is named on the page of settings."""
    said = ours.server
    return Server(
        str(said.get("host", "")),
        int(said.get("port", 587)),
        said.get("security", "starttls"),
        str(said.get("user", "")),
        secrets.get("password", ""),
        settings.CONFIG.site_name,
    )
