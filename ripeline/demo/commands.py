"""`ripeline demo`: the demo company, loaded once, and served."""

from __future__ import annotations

import threading

import click
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ripeline.capture.collector.models import WriteKey
from ripeline.demo.emails import load_emails
from ripeline.demo.forms import load_forms
from ripeline.demo.library import load_library
from ripeline.demo.load import (
    PASSWORD,
    WEBSITE,
    load_browsers,
    load_colleagues,
    load_people,
    load_touches,
    load_website,
    open_the_door,
    read_old_news,
)
from ripeline.demo.simulate import simulate
from ripeline.demo.strolling import stroll
from ripeline.demo.world import COLLEAGUES, COMPANY_NAME
from ripeline.installing import migrate
from ripeline.people.models import Contact, User, Visitor
from ripeline.serving import LOOPBACK, refuse_taken_port, serve
from ripeline.timeline.models import Reassessment, Touch
from ripeline.worker import attend_people

SEED = 1


@click.command("demo")
@click.option("--serve/--no-serve", "then_serve", default=True, help="Serve the pages when all is loaded.")
def demo_command(then_serve: bool) -> None:
    """Load a demo company with a year of life, and serve it on this machine."""
    if settings.CONFIG.host not in LOOPBACK:
        raise click.ClickException(
            f"The demo's passwords are public, and RIPELINE_HOST={settings.CONFIG.host} lets others reach it."
            " Leave RIPELINE_HOST at 127.0.0.1."
        )
    if then_serve:
        refuse_taken_port(settings.CONFIG)
    console = Console(stderr=True)
    migrate()
    if _has_other_people():
        raise click.ClickException(
            f"The database in {settings.CONFIG.data_dir} holds contacts that are not the demo's."
            " Set RIPELINE_DATA_DIR to an empty folder."
        )
    load(console)
    _greet(console)
    if then_serve:
        _serve_with_passers_by()


def _serve_with_passers_by() -> None:
    key = WriteKey.objects.filter(name=WEBSITE, is_active=True).values_list("key", flat=True).first()
    known = list(Visitor.objects.filter(contact__isnull=False).order_by("pk").values_list("key", flat=True))
    over = threading.Event()
    if key:
        address = f"http://{settings.CONFIG.host}:{settings.CONFIG.port}"
        threading.Thread(target=stroll, args=(address, key, known, over), daemon=True).start()
    try:
        serve()
    finally:
        over.set()


def load(console: Console) -> None:
    """Loads what is missing of the demo company and works until every standing is known.

    The simulation ends at the moment it was first loaded; a loading that was killed is gone on with.
    """
    users = load_colleagues()
    began = min(user.date_joined for user in users.values())
    with _progress(console) as progress:
        if not _is_loaded():
            world = simulate(SEED, began)
            if not Contact.objects.exists():
                bar = progress.add_task("Contacts", total=len(world.contacts))
                load_people(world, users, now=began, tick=lambda n: progress.advance(bar, n))
            bar = progress.add_task("A year of touches", total=len(world.touches))
            load_touches(world, now=began, tick=lambda n: progress.advance(bar, n))
            load_browsers(world, now=began)
            bar = progress.add_task("The website", total=None)
            load_website(SEED, now=began, tick=lambda n: progress.advance(bar, n))
            load_forms(SEED, users, now=began)
            load_library(SEED, users, now=began)
            load_emails(users, now=began)
            open_the_door(users)
        due = Reassessment.objects.filter(due_at__lte=timezone.now()).count()
        if due:
            bar = progress.add_task("Who stands where", total=due)
            while taken := attend_people(timezone.now()):
                progress.advance(bar, taken)
            read_old_news(timezone.now())


def _is_loaded() -> bool:
    """Colleagues may sign in from the last step of loading on, so a loading that was killed is known as such."""
    return User.objects.filter(email=COLLEAGUES[0].email, is_active=True).exists()


def _has_other_people() -> bool:
    return not User.objects.filter(email=COLLEAGUES[0].email).exists() and (
        Contact.objects.exists() or Touch.objects.exists()
    )


def _greet(console: Console) -> None:
    console.print(f"\n[bold]{COMPANY_NAME}[/bold] is ready on [bold]{settings.CONFIG.base_url}[/bold]")
    for person in COLLEAGUES:
        console.print(f"  {person.role:<10} {person.email:<40} password {PASSWORD}")
    console.print("Ctrl-C stops it.\n")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
