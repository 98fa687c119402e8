"""The demo company's forms, with a year of what was sent to them: the touches say what, this how it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from django.db import transaction

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.making import Refused, make_form, publish
from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.demo.website import BROWSERS, ROBOTS, SITE
from ripeline.lifecycle.written import read_yaml
from ripeline.people.consent import keep_wording
from ripeline.people.models import Consent, ConsentWording, Suppression, User
from ripeline.timeline.models import Touch

TABLE = Path(__file__).with_name("forms.yaml")
BEGUN, VIEWED = 1.4, {"contact": 5.5, "newsletter": 9.0, "library": 2.6}
"""Of each that was sent: how many began it, and how many viewed it."""
PAGES = {"contact": f"{SITE}/contact", "newsletter": f"{SITE}/", "library": f"{SITE}/library"}
SPAM = (
    "Dear owner, we bring your site to page one of search. http://seo.example http://rank.example http://top.example",
    "Cheap covers, 500 in a day: http://covers.example www.covers.example https://covers.example/order",
    "I was told you would lend me your list. Answer soon http://list.example http://a.example http://b.example",
)


def load_forms(seed: int, users: Mapping[str, User], *, now: datetime) -> None:
    """Makes the forms and what was sent to them, in one transaction; nothing where they are there already."""
    with transaction.atomic():
        if Form.objects.exists():
            return
        for key, row in read_yaml(TABLE.read_text(encoding="utf-8")).plain.items():
            _load_form(Random(f"{seed} {key}"), key, row, users["jonas"], now)
        _load_consents()


def _load_form(rng: Random, key: str, row: Mapping[str, Any], by: User, now: datetime) -> None:
    sent = list(
        Touch.objects.filter(kind="form_submitted", subject=key, contact__isnull=False)
        .select_related("contact__company")
        .order_by("at", "pk")
    )
    since = min((each.at for each in sent), default=now) - timedelta(days=7)
    definition = Definition.model_validate(row["definition"])
    form = make_form(row["title"], definition, by=by, now=since, key=key)
    form.origins = [SITE]
    form.save(update_fields=["origins"])
    if isinstance(done := publish(form, by=by, now=since), Refused):
        raise ValueError(" ".join(done.why))
    spam = list(_spam(rng, form, now)) if key == "contact" else []
    load_sent(rng, form, sent, spam)


def load_sent(rng: Random, form: Form, touches: Sequence[Touch], spam: Sequence[Submission] = ()) -> None:
    """What was sent to a form by the touches that came of it, of known people, and how often it was seen."""
    definition = Definition.model_validate(form.version.definition if form.version else {})
    rows = [*(_submission(rng, form, definition, each) for each in touches), *spam]
    Submission.objects.bulk_create(sorted(rows, key=lambda each: each.received_at))
    FormCount.objects.bulk_create(_counts(rng, form, rows))


def _submission(rng: Random, form: Form, definition: Definition, touch: Touch) -> Submission:
    """As it was filled in: what the touch says, and of the contact what they had told by then or never changed."""
    contact = touch.contact
    assert contact is not None
    told = {
        "email": contact.email,
        "full_name": contact.name,
        "message": touch.attrs.get("text"),
        "role": contact.traits.get("role") if rng.random() < 0.6 else None,
        "letters": True,
    }
    fields = {each.name: each for each in definition.fields}
    answers = {name: value for name, value in told.items() if name in fields and value not in (None, "")}
    if fields.get("role") and answers.get("role") not in {each.value for each in fields["role"].choices}:
        answers.pop("role", None)
    language = contact.language if contact.language in definition.languages else definition.languages[0]
    return _row(form, touch.uid, touch.at, answers, "human", rng.choice(BROWSERS), language, contact=contact)


def _spam(rng: Random, form: Form, now: datetime) -> Iterator[Submission]:
    for number in range(14):
        at = now - timedelta(minutes=rng.randint(60, 60 * 24 * 40))
        answers = {"email": f"offer{number}@bulk.example", "message": rng.choice(SPAM)}
        row = _row(form, f"spam {number}", at, answers, "machine", rng.choice((*ROBOTS, *BROWSERS)), "en")
        row.outcome = Submission.Outcome.SUSPECTED
        row.reasons = ["honeypot", "links"] if rng.random() < 0.6 else ["too-fast", "links"]
        yield row


def _row(
    form: Form,
    of: str,
    at: datetime,
    answers: dict[str, Any],
    actor: str,
    agent: str,
    language: str,
    **more: Any,
) -> Submission:
    uid = blake2b(f"{form.key} {of}".encode(), digest_size=16).hexdigest()
    return Submission(
        uid=uid,
        nonce=uid,
        form=form,
        version=form.version,
        received_at=at,
        outcome=Submission.Outcome.ACCEPTED,
        actor=actor,
        answers=answers,
        raw=[[name, "yes" if value is True else str(value)] for name, value in answers.items()],
        language=language,
        page=PAGES[form.key],
        facts={"agent": agent, "marks": [], "network": ""},
        **more,
    )


def _counts(rng: Random, form: Form, rows: list[Submission]) -> Iterator[FormCount]:
    days: Counter[tuple[date, str]] = Counter(
        (each.received_at.astimezone(UTC).date(), each.actor) for each in rows
    )
    for (day, actor), sent in sorted(days.items()):
        started = sent + sum(rng.random() < BEGUN - 1 for _ in range(sent))
        viewed = started + round(sent * (VIEWED[form.key] - BEGUN) * rng.uniform(0.6, 1.4))
        counts = (
            (FormCount.What.SENT, sent),
            (FormCount.What.STARTED, started),
            (FormCount.What.VIEWED, viewed),
        )
        for what, count in counts if actor == "human" else counts[:1]:
            yield FormCount(form=form, day=day, what=what, actor=actor, count=count)


def _load_consents() -> None:
    """Who subscribed was asked, and pressed the button behind the link; who unsubscribed took it back."""
    form = Form.objects.select_related("version").get(key="newsletter")
    definition = Definition.model_validate(form.version.definition if form.version else {})
    text = next(each for each in definition.fields if each.type == "consent").label
    words = {
        code: keep_wording("newsletter", text[code], code, now=form.created_at)
        for code in definition.languages
    }
    rows = list(
        Touch.objects.filter(kind__in=("subscribed", "unsubscribed", "complained"), contact__isnull=False)
        .select_related("contact")
        .order_by("at", "pk")
    )
    Consent.objects.bulk_create(each for touch in rows for each in _consents(touch, words))
    closed = [
        _closed(touch)
        for touch in rows
        if touch.kind != "subscribed" and touch.contact and touch.contact.email
    ]
    Suppression.objects.bulk_create(closed, ignore_conflicts=True)


def _consents(touch: Touch, words: Mapping[str, ConsentWording]) -> Iterator[Consent]:
    contact = touch.contact
    assert contact is not None
    known = {"contact": contact, "purpose": "newsletter", "source": touch.uid[:64]}
    if touch.kind != "subscribed":
        yield Consent(**known, state=Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=touch.at)
        return
    place = {"form": "newsletter", "version": 1, "page": PAGES["newsletter"], "to": contact.email}
    known |= {"wording": words.get(contact.language) or words["en"], "place": place}
    asked = touch.at - timedelta(minutes=3)
    yield Consent(**known, state=Consent.State.ASKED, how=Consent.How.FORM, at=asked)
    yield Consent(**known, state=Consent.State.GIVEN, how=Consent.How.MAIL, at=touch.at)


def _closed(touch: Touch) -> Suppression:
    contact = touch.contact
    assert contact is not None
    complained = touch.kind == "complained"
    return Suppression(
        address=contact.email,
        purpose="" if complained else "newsletter",
        why=Suppression.Why.COMPLAINED if complained else Suppression.Why.WITHDRAWN,
        at=touch.at,
    )
