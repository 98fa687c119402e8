"""Making forms, writing them, and putting what was written into use: each time a version that never changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from ripeline.capture.forms.definition import Definition, digest_of, mistakes_of
from ripeline.capture.forms.models import Form, FormVersion
from ripeline.capture.forms.returning import may_lead_to
from ripeline.kit.folding import fold_words
from ripeline.kit.ids import new_key
from ripeline.people.models import User

LONGEST_KEY = 60
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
TAKEN = frozenset({"confirm", "new"})
"""What stands at the place of a key in addresses of ours."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something was not done, each a sentence."""

    why: Sequence[str]


def make_form(title: str, definition: Definition, *, by: User | None, now: datetime, key: str = "") -> Form:
    """A new form, which nobody sees before it is put into use; its key is made of its title."""
    wanted = key or _NO_LETTERS.sub("-", fold_words(title)).strip("-")[: LONGEST_KEY - 6].strip("-") or "form"
    for turn in range(1, 1000):
        free = wanted if turn == 1 else f"{wanted}-{turn}"
        if free in TAKEN or Form.objects.filter(key=free).exists():
            continue
        try:
            with transaction.atomic():
                return Form.objects.create(
                    key=free,
                    title=title.strip()[:160],
                    draft=definition.to_json(),
                    created_at=now,
                    created_by=by,
                )
        except IntegrityError:
            continue
    return Form.objects.create(
        key=new_key(), title=title.strip()[:160], draft=definition.to_json(), created_at=now, created_by=by
    )


def save_draft(form: Form, definition: Definition, *, seen: int) -> bool:
    """Keeps what is being written; False where a colleague saved since `seen`, the revision that was looked at."""
    return bool(
        Form.objects.filter(pk=form.pk, revision=seen).update(draft=definition.to_json(), revision=seen + 1)
    )


def publish(form: Form, *, by: User | None, now: datetime) -> FormVersion | Refused:
    """Puts the draft into use and opens the form. The same as before makes no new version."""
    with transaction.atomic():
        held = Form.objects.select_for_update(no_key=True).get(pk=form.pk)
        definition = draft_of(held)
        why = hindrances(held, definition)
        if why:
            return Refused(why)
        digest = digest_of(definition)
        latest = FormVersion.objects.filter(form=held).order_by("-number").first()
        if latest is None or latest.digest != digest:
            latest = FormVersion.objects.create(
                form=held,
                number=latest.number + 1 if latest else 1,
                digest=digest,
                definition=definition.to_json(),
                author=by,
                created_at=now,
            )
        held.version, held.is_open = latest, True
        held.save(update_fields=["version", "is_open"])
    form.version, form.is_open = latest, True
    return latest


def hindrances(form: Form, definition: Definition) -> list[str]:
    """Why a form cannot be put into use, each a sentence."""
    found = mistakes_of(definition)
    if definition.redirect and not may_lead_to(definition.redirect, form.origins):
        found.append(
            "The form leads to a site that is not on its list of allowed sites: add it there, or take it out here."
        )
    return found


def draft_of(form: Form) -> Definition:
    """What is being written."""
    return Definition.model_validate(form.draft)


def is_changed(form: Form) -> bool:
    """Whether what is written differs from what is in use."""
    return form.version is None or digest_of(draft_of(form)) != form.version.digest
