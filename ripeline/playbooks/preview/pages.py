"""What the page of a finished preview shows, made of its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ripeline.people.models import Contact
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.preview import charts
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.playbooks.preview.words import (
    say_change,
    say_found,
    say_outcome,
    say_then,
    say_unused,
    say_when,
)
from ripeline.timeline.models import PlaybookVersion


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, as its chip wants it."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of one definition of a result, as their chips want them."""

    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A row of a funnel."""

    key: str
    reached: int
    conversion: float | None
    days: float | None
    stands: int
    said: str


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the two definitions: its funnel, and its stages for their chips."""

    name: str
    role: str
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    chart: charts.Spec
    told: tuple[dict[str, Any], ...]
    outcomes: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sort of touches that could not be used, with the first of them."""

    count: int
    said: str
    examples: tuple[tuple[str, Contact | None, str], ...]
    """When, whose (None: not there any more), what."""


def show_result(run: PreviewRun) -> dict[str, Any]:
    """The context of the page."""
    result = run.result
    one, other = result["one"], result["other"]
    moves = moves_of(run)
    drawn = [(move.from_stage, move.to_stage, move.count) for move in moves]
    then = say_then(run.as_of, run.created_at)
    names = (then, "Proposed")
    return {
        "summary": say_change(one, other, result["differ"], result["people"]),
        "differ": result["differ"],
        "people": result["people"],
        "then": then,
        "sides": (_beside(run.one_name, then, one, run), _beside(run.other_name, "Proposed", other, run)),
        "moves": moves,
        "flow": charts.flow(one, other, drawn) if drawn else None,
        "measures": [(f"found-{what}", spec) for what, spec in charts.found(one, other, names)],
        "measured": list(charts.measured(one, other, names)),
        "heads": [head for _, head in charts.COLUMNS],
        "did": say_outcome(run.outcome),
        "unused": list(_unused(run)),
        "history": result["history"],
        "since": list(_since(run)),
    }


def moves_of(run: PreviewRun) -> list[PreviewMove]:
    """From where to where, most people first; without the people themselves."""
    return list(PreviewMove.objects.filter(run=run).defer("people").order_by("-count", "pk"))


def stages_of(definition: Mapping[str, Any]) -> Stages:
    """The stages of one definition of a result."""
    return Stages(tuple(Stage(stage["key"], stage["title"]) for stage in definition["stages"]))


def _beside(name: str, role: str, definition: Mapping[str, Any], run: PreviewRun) -> Beside:
    stages = definition["stages"]
    return Beside(
        name=name,
        role=role,
        stages=stages_of(definition).stages,
        steps=tuple(
            Step(
                key=stage["key"],
                reached=stage["reached"],
                conversion=stage["conversion"],
                days=stage["stayed_before"]["days"],
                stands=stage["stands"],
                said=say_found(stage, run.outcome),
            )
            for stage in stages
        ),
        chart=charts.funnel(definition, f"{role}: people who ever reached each stage"),
        told=tuple(stages[1:]),
        outcomes=definition["outcomes"],
    )


def _unused(run: PreviewRun) -> Iterator[Skipped]:
    told = run.result["unused"]
    ids = {int(each["person"]) for sort in told for each in sort["examples"] if each["person"].isdigit()}
    contacts = Contact.objects.in_bulk(ids) if ids else {}
    for sort in told:
        yield Skipped(
            count=sort["count"],
            said=say_unused(sort["sort"], run.one_name, run.other_name, is_one=sort["count"] == 1),
            examples=tuple(
                (say_when(each["at"]), contacts.get(int(each["person"])), each["what"])
                for each in sort["examples"]
            ),
        )


def _since(run: PreviewRun) -> Iterator[str]:
    """What is not any more as it was when this was asked."""
    active = PlaybookVersion.objects.filter(is_active=True).values_list("version", flat=True).first()
    asked = {run.one_ref: run.one_version, run.other_ref: run.other_version}
    if active is not None and f"version {active}" not in asked:
        yield "Neither of the two is the definition in force."
    for ref in asked:
        kind, _, pk = ref.partition(" ")
        if kind == "draft":
            text = run.one_text if ref == run.one_ref else run.other_text
            draft = Draft.objects.filter(pk=int(pk)).only("title", "text").first()
            if draft is None or draft.text != text:
                yield f"“{draft.title if draft else 'The draft'}” was changed after this preview was asked for."
