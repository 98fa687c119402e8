"""What stands in a draft's way, each with the way to where it is mended: the field of a form, or the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from ripeline.lifecycle.playbook import Mistake
from ripeline.playbooks.drafts.checking import Checked
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.forms.telling import MOST_TOLD, find_place, say_mistake


@dataclass(frozen=True, slots=True)
class Told:
    """A mistake or a doubt (`kind`). `words` say where in the forms, and `address` leads there; both are empty for
    what only the text can mend. `line` is the line as written."""

    mistake: Mistake
    line: str
    kind: str
    message: str
    words: str = ""
    address: str = ""


def tell_mistakes(draft: Draft, checked: Checked) -> Iterator[Told]:
    """Every mistake and doubt, in the order of lines."""
    for number, (mistake, line, kind) in enumerate(checked.told):
        place = find_place(checked.plain, mistake) if number < MOST_TOLD else None
        if place is None:
            yield Told(mistake, line, kind, mistake.message)
            continue
        page = [draft.pk, place.part] if place.item is None else [draft.pk, place.part, place.item]
        name = "playbook_draft_part" if place.item is None else "playbook_draft_item"
        address = reverse(name, args=page) + (f"#{place.control}" if place.control else "")
        yield Told(mistake, line, kind, say_mistake(mistake), place.words, address)
