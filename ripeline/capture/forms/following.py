"""What follows from a submission that counts: somebody is found or made, their browser joined, touches recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ripeline.capture.digest.sources import UTM, Source, campaign_of, source_of
from ripeline.capture.forms.becoming import NAMES, email_of, scalar, with_answers
from ripeline.capture.forms.confirming import ask_consents
from ripeline.capture.forms.definition import QUESTIONS, Definition, Question
from ripeline.capture.forms.models import Submission
from ripeline.capture.forms.reading import Answer
from ripeline.capture.forms.telling import hold, is_several, tell
from ripeline.capture.verdicts.force import rules_in_force
from ripeline.capture.verdicts.judging import Facts, Verdict
from ripeline.capture.verdicts.keeping import keep_verdicts
from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS, Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact, Identity
from ripeline.timeline.changes import rule_traits
from ripeline.timeline.identities.claims import is_weak, take_away
from ripeline.timeline.identities.living import keys_by_identity
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.models import Touch

LONGEST_WORDS = 2_000
LONGEST_ATTR = 500
OF_OURS = frozenset(
    {
        *UTM,
        "click_id",
        "source",
        "source_name",
        "url",
        "title",
        "referrer",
        "text",
        "value",
        "visit",
        "language",
    }
    | {"by", "by_id", "reason", "engaged_seconds", "event", "name", "form"}
)
"""What attrs of touches mean something by: an answer to a field that is called so is none of it."""


@dataclass(frozen=True, slots=True)
class _Who:
    """Whom a submission is of: the contact named by the address (who may have been merged), and if they are new."""

    contact: Contact
    is_new: bool


def follow(
    row: Submission,
    definition: Definition,
    verdict: Verdict | None,
    *,
    now: datetime,
    facts: Facts | None = None,
    visitor: str = "",
    referrer: str = "",
) -> None:
    """Does what follows, in the caller's transaction, and notes in `row` of whom it is; the caller saves it.

    Places are taken in the order everybody takes them: the contact, the browser, then the queue. Raises
    MergedMeanwhile.
    """
    visitor = visitor or str(row.facts.get("visitor") or "")
    referrer = referrer or str(row.facts.get("referrer") or "")
    address = email_of(definition, row.answers)
    who = _by_address(address, definition, row.answers, now) if address else None
    browser = visitor_for(visitor, now=now) if visitor else None
    if not address and browser and browser.user:
        who = _Who(hold(browser.user.pk), is_new=False)
    if who and browser:
        join(browser, who.contact, how=Identification.How.FORM, at=row.received_at, now=now)
    if who and not who.is_new:
        tell(who.contact, definition, row.answers, now=now)
    source = _source(row.page, referrer)
    record_web(_touches(row, definition, who, visitor=visitor, source=source), now=now)
    if verdict is not None and facts is not None:
        # A person who released it knows better than the rules, now and when the past is judged again.
        keep_verdicts({uid_of_touch(row): (facts, verdict)}, rules_in_force(), now=now)
    row.visitor = browser
    if who:
        row.contact = who.contact
        _fill_source(who.contact, source)
        ask_consents(row, definition, who.contact, now=now)


def uid_of_touch(row: Submission) -> str:
    """The id of the touch that a submission is."""
    return f"form:{row.uid}"


def _by_address(address: str, definition: Definition, answers: Mapping[str, Answer], now: datetime) -> _Who:
    """Whom the address leads to, held; or somebody new, whose it is said to be: until a mail to it was answered,
    anybody may have written it."""
    key = keys_by_identity(Identity.Kind.EMAIL, [address]).get(address)
    if key:
        held = hold(Contact.objects.values_list("pk", flat=True).get(key=key))
        if not is_weak(Identity.Kind.EMAIL, address):
            return _Who(held, is_new=False)
        # A website said it of somebody who is known otherwise: whoever writes it here may be another.
        take_away(Identity.Kind.EMAIL, address, now=now)
    empty = ContactDraft(key=new_key(), emails=(address,), claims=frozenset({address}))
    draft = with_answers(empty, definition, answers, now=now)
    return _Who(add_contacts([draft], now=now)[0], is_new=True)


def _touches(
    row: Submission, definition: Definition, who: _Who | None, *, visitor: str, source: Source | None
) -> list[WebTouch]:
    """The submission as touches; none where neither a person nor a browser is known."""
    if who is None and not visitor:
        return []
    person = who.contact.key if who else ""
    uid = uid_of_touch(row)
    sent = _fact(row, person, uid, "form_submitted", row.form.key, _attrs(row, definition, source))
    found = [WebTouch(sent, visitor)]
    if who is None:
        return found
    if who.is_new:
        found.append(WebTouch(_fact(row, person, f"{uid}:identified", "identified", row.form.key)))
        if traits := rule_traits(who.contact):
            found.append(WebTouch(_fact(row, person, f"{uid}:traits", "traits_changed", None, traits)))
    for each in definition.fields:
        if each.becomes in QUESTIONS and each.name in row.answers:
            found.append(WebTouch(_answer(row, definition, each, person)))
    return found


def _answer(row: Submission, definition: Definition, asked: Question, person: str) -> Fact:
    value = row.answers[asked.name]
    words = next(
        (definition.say(each.label, row.language) for each in asked.choices if each.value == value), ""
    )
    attrs: dict[str, Scalar] = {"value": _plain(value), "form": row.form.key}
    if words and words != value:
        attrs["text"] = words[:LONGEST_WORDS]
    return _fact(
        row, person, f"{uid_of_touch(row)}:answered:{asked.becomes}", "answered", asked.becomes, attrs
    )


def _plain(value: Answer) -> str:
    """An answer as rules compare it: text; yes for a tick, a whole number without decimals."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(scalar(value))


def _attrs(row: Submission, definition: Definition, source: Source | None) -> dict[str, Scalar]:
    """What the journey tells of it: what was answered, but not who they are."""
    attrs: dict[str, Scalar] = {}
    for each in definition.fields:
        if each.name not in row.answers or _is_untold(each):
            continue
        value = scalar(row.answers[each.name])
        own = f"answer_{each.name}" if each.name in OF_OURS else each.name
        name = "text" if each.type == "long" and "text" not in attrs else own
        attrs.setdefault(
            name,
            value[: LONGEST_WORDS if name == "text" else LONGEST_ATTR] if isinstance(value, str) else value,
        )
    if row.page:
        attrs.setdefault("url", row.page[:LONGEST_WORDS])
        campaign = campaign_of(row.page, {})
        for name in (*UTM, "click_id"):
            if name in campaign:
                attrs.setdefault(name, campaign[name])
    if source:
        attrs.setdefault("source", source.kind)
        if source.name:
            attrs.setdefault("source_name", source.name)
    return attrs


def _is_untold(asked: Question) -> bool:
    """Who they are, what they allow, and how they came, which the touch says by itself."""
    is_source = asked.type == "hidden" and bool(asked.source)
    return is_source or asked.type in ("email", "phone", "consent") or asked.becomes in NAMES


def _source(page: str, referrer: str) -> Source | None:
    return source_of(page, referrer, campaign_of(page, {})) if page else None


def _fill_source(contact: Contact, source: Source | None) -> None:
    """How somebody first came, of whom nobody said it: their earliest touch that says any."""
    if contact.source or is_several(contact):
        return
    theirs = Touch.objects.filter(contact=contact, attrs__has_key="source").order_by("at", "pk")
    earliest = theirs.values_list("attrs", flat=True).first()
    word = str((earliest or {}).get("source") or (source.kind if source else ""))
    if word:
        Contact.objects.filter(pk=contact.pk, source="").update(source=word[:80])


def _fact(
    row: Submission,
    person: str,
    uid: str,
    kind: str,
    subject: str | None,
    attrs: Mapping[str, Scalar] | None = None,
) -> Fact:
    return Fact(
        id=uid,
        person=person,
        at=to_instant(row.received_at),
        kind=kind,
        direction=KINDS[kind],
        actor=row.actor,
        subject=subject,
        value=None,
        attrs=dict(attrs or {}),
    )
