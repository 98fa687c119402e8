"""`ripeline key`: write keys from the command line."""

from __future__ import annotations

import click
from django.utils import timezone

from ripeline.capture.collector.keys import NoOrigin, end_key, make_key
from ripeline.capture.collector.models import WriteKey


@click.group("key")
def key_group() -> None:
    """Write keys: who may send events."""


@key_group.command("new")
@click.argument("name")
@click.option(
    "--for",
    "purpose",
    type=click.Choice([str(purpose) for purpose in WriteKey.Purpose]),
    default=str(WriteKey.Purpose.WEBSITE),
    show_default=True,
    help="A website's key stands in its pages for all to read; a server's is a secret.",
)
@click.option("--origin", "origins", multiple=True, help="A site whose pages may use it; again for another.")
def new_command(name: str, purpose: str, origins: tuple[str, ...]) -> None:
    """Make a key called NAME and print it."""
    try:
        key = make_key(name, purpose, origins, now=timezone.now())
    except NoOrigin as odd:
        raise click.BadParameter(f"'{odd}' is no site; write it as https://www.example.com.") from None
    click.echo(key.key)


@key_group.command("list")
def list_command() -> None:
    """Show every key."""
    keys = list(WriteKey.objects.order_by("pk"))
    if not keys:
        click.echo("There is no key yet. Make one with: ripeline key new NAME")
    for key in keys:
        where = f", from {', '.join(key.origins)}" if key.origins else ""
        ended = "" if key.is_active else ", ended"
        click.echo(f"{key.pk}  {key.key}  {key.name} ({key.purpose}{where}{ended})")


@key_group.command("end")
@click.argument("key")
def end_command(key: str) -> None:
    """Take nothing more with KEY, which is the key itself or its number. What came with it stays."""
    found = WriteKey.objects.filter(
        **({"pk": int(key)} if key.isdecimal() and len(key) < 19 else {"key": key})
    )
    if (one := found.first()) is None:
        raise click.ClickException(f"There is no key {key}. `ripeline key list` shows those there are.")
    end_key(one)
    click.echo(f"{one.name}: nothing more is taken with this key.")
