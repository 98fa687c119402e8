"""How often a form was viewed, begun and sent, by whom: a line for each day. No page is changed by being looked at:
what counts views is a word of the browser's script, once for each page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache
from django.db.models import Sum

from ripeline.capture.forms.models import Form, FormCount
from ripeline.capture.forms.tokens import HOLDS_FOR
from ripeline.kit.bulk import insert_rows

_AGAIN = """
ON CONFLICT (form_id, day, what, actor) DO UPDATE SET count = ripeline_formcount.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one form and actor: pages viewed, begun and sent."""

    viewed: int = 0
    started: int = 0
    sent: int = 0

    @property
    def conversion(self) -> float | None:
        """Sent of viewed; None where nobody viewed it."""
        return min(1.0, self.sent / self.viewed) if self.viewed else None


def count(form: Form, what: FormCount.What, actor: str, *, now: datetime, times: int = 1) -> None:
    """Counts once more."""
    row = (form.pk, now.astimezone(UTC).date(), str(what), actor, times)
    insert_rows(FormCount, ("form_id", "day", "what", "actor", "count"), [row], on_conflict=_AGAIN)


def count_page(form: Form, nonce: str, what: FormCount.What, actor: str, *, now: datetime) -> None:
    """Counts that a page was viewed or begun, once for each page; who begins one has viewed it, who sends it began."""
    for each in _UP_TO[what]:
        if cache.add(f"form-page:{nonce}:{each}", 1, HOLDS_FOR.total_seconds()):
            count(form, each, actor, now=now)


def figures_of(form_ids: list[int]) -> dict[int, dict[str, Figures]]:
    """By form and actor."""
    rows = (
        FormCount.objects.filter(form__in=form_ids)
        .values_list("form_id", "actor", "what")
        .annotate(Sum("count"))
        .order_by()
    )
    found: dict[int, dict[str, dict[str, int]]] = {pk: {} for pk in form_ids}
    for pk, actor, what, total in rows:
        found[pk].setdefault(actor, {})[what] = total
    return {pk: {actor: Figures(**each) for actor, each in actors.items()} for pk, actors in found.items()}


_VIEWED, _STARTED, _SENT = FormCount.What.VIEWED, FormCount.What.STARTED, FormCount.What.SENT
_UP_TO = {_VIEWED: (_VIEWED,), _STARTED: (_VIEWED, _STARTED), _SENT: (_VIEWED, _STARTED, _SENT)}
