"""What is worth knowing of an email before it is published: what mailboxes cut, what some cannot read, what filters
dislike, and whom it will not reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from ripeline.nurture.emails.compiling import Compiled, compile_email
from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.seeing import Seen, see
from ripeline.people.models import Contact

Weight = Literal["stops", "warns", "fine"]
CLIPPED = 102 * 1024
"""Bytes of HTML after which Gmail cuts a mail off, with its unsubscribe link."""
FOLLOWED = 130
"""Bytes that a link grows by when it is followed through us."""
LONG_SUBJECT = 70
MOST_COUNTED = 1_000
SPAM = (
    *("100% free", "act now", "click here", "risk-free", "no obligation", "limited time", "winner", "guaranteed"),
    *("earn money", "extra cash", "cash bonus", "free money", "order now", "buy now", "urgent", "this is not spam"),
    *("dear friend", "double your", "lowest price", "miracle", "congratulations", "klicken sie hier", "gratis",
      "jetzt kaufen", "cliquez ici", "klik hier", "haga clic aquí", "clique aqui"),
)  # fmt: skip
_COLUMNS: Mapping[str, Q] = {
    "contact.name": Q(name=""),
    "contact.first_name": Q(first_name=""),
    "contact.last_name": Q(last_name=""),
    "contact.title": Q(title=""),
    "contact.seniority": Q(seniority=""),
    "contact.country": Q(country=""),
    "contact.language": Q(language=""),
    "contact.time_zone": Q(time_zone=""),
    "contact.company.name": Q(company=None),
    "contact.company.industry": Q(company=None) | Q(company__industry=""),
    "contact.company.employees": Q(company=None) | Q(company__employees=None),
    "contact.company.domain": Q(company=None) | Q(company__domain=None),
    "contact.company.country": Q(company=None) | Q(company__country=""),
    "contact.owner.name": Q(owner=None),
    "contact.owner.email": Q(owner=None),
    "contact.persona.key": Q(standing__persona=None),
    "contact.persona.title": Q(standing__persona=None),
    "contact.grade": Q(standing__grade=None),
    "contact.rating": Q(standing__rating=None),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `stops` keeps it from being published, `warns` does not, `fine` is as it should
    be."""

    weight: Weight
    what: str
    said: str


def check(content: Content) -> Sequence[Check]:
    """All that is known of an email as it is written, worst first."""
    made = compile_email(content)
    if isinstance(made, Mistakes):
        return [
            Check("stops", _place(each.where, each.line), f"{each.said} {each.instead}".strip())
            for each in made.found
        ]
    found = [*_size(made), *_subject(content), *_readable(see(made.html)), *_words(content, made)]
    found += [*_fields(made), *_leaving(content)]
    return sorted(found, key=lambda each: ("stops", "warns", "fine").index(each.weight))


def _place(where: str, line: int) -> str:
    return f"{where}, line {line}" if line else where


def _size(made: Compiled) -> Iterator[Check]:
    size = len(made.html.encode()) + FOLLOWED * made.html.count("{{ links[")
    said = f"{size / 1024:.0f} KB of HTML"
    if size > CLIPPED:
        yield Check(
            "warns", "Size", f"{said}: Gmail cuts off what is beyond 102 KB, the unsubscribe link too."
        )
    else:
        yield Check("fine", "Size", f"{said}; Gmail shows up to 102 KB.")


def _subject(content: Content) -> Iterator[Check]:
    bare = re.sub(r"\{[{%].*?[}%]\}", "", content.subject).strip()
    if len(bare) > LONG_SUBJECT:
        yield Check(
            "warns",
            "Subject",
            f"It has {len(bare)} letters; phones show about {LONG_SUBJECT // 2}, others {LONG_SUBJECT}.",
        )
    if len(bare) > 8 and bare.upper() == bare and bare.lower() != bare:
        yield Check("warns", "Subject", "It is all in capitals: filters and people take that for shouting.")
    if "!!" in bare or "??" in bare or "$$" in bare:
        yield Check("warns", "Subject", "Signs in a row (!!, ??, $$) are what filters look for.")
    if not content.preheader.strip():
        yield Check(
            "warns", "Preview line", "It is empty: mailboxes show the first words of the mail instead."
        )


def _readable(seen: Seen) -> Iterator[Check]:
    for address in seen.without_alt[:5]:
        yield Check(
            "warns",
            "Pictures",
            f"Nothing says what {address[:80]} shows (alt): for who does not see it, it is not there.",
        )
    for text, ratio in seen.faint[:5]:
        yield Check(
            "warns",
            "Contrast",
            f"“{text[:60]}” has a contrast of {ratio:.1f} to 1; 4.5 is what most people can read.",
        )
    for before, after in seen.jumps[:3]:
        yield Check(
            "warns",
            "Headings",
            f"A heading of level {after} follows one of level {before}: none is left out.",
        )
    for text in seen.vague[:3]:
        yield Check(
            "warns", "Links", f"“{text}” says nothing to who hears links read out: name where it leads."
        )
    if seen.pictures and len(seen.text) < 200:
        yield Check(
            "warns",
            "Pictures",
            "There is little text beside the pictures: many mailboxes show none, and filters count.",
        )
    if not seen.language:
        yield Check("warns", "Language", "The mail names no language: it is read out in the wrong voice.")
    if not (seen.without_alt or seen.faint or seen.jumps):
        yield Check(
            "fine",
            "Reading",
            f"Pictures, contrast and headings are in order; the language is {seen.language}.",
        )


def _words(content: Content, made: Compiled) -> Iterator[Check]:
    text = f"{content.subject}\n{made.text}".lower()
    found = [each for each in SPAM if each in text]
    if found:
        yield Check("warns", "Words", f"Filters look for {', '.join(found[:8])}.")
    if made.text.count("!") > 5:
        yield Check("warns", "Words", f"There are {made.text.count('!')} exclamation marks.")
    if len(made.links) > 20:
        yield Check("warns", "Links", f"There are {len(made.links)} links: people choose better from few.")


def _fields(made: Compiled) -> Iterator[Check]:
    """How many people lack a field that is written without a default, as far as that is quickly counted."""
    people = Contact.objects.filter(merged_into=None).exclude(email="")
    lacking = sorted({each.path for each in made.fields if each.written and not each.has_default})
    for path in lacking:
        if path.startswith("contact.traits.") or path in _COLUMNS:
            asked = _COLUMNS.get(path) or ~Q(traits__has_key=path.split(".")[2])
            count = people.filter(asked)[: MOST_COUNTED + 1].count()
            if count:
                many = f"more than {MOST_COUNTED:,}" if count > MOST_COUNTED else f"{count:,}"
                yield Check(
                    "warns",
                    "Fields",
                    f"{path} is not known of {many} people: without a default they get no mail.",
                )


def _leaving(content: Content) -> Iterator[Check]:
    own = "{{ unsubscribe }}" in content.body or "{{unsubscribe}}" in content.body
    said = "stands where you put it" if own else "stands in the footer, which is added"
    yield Check("fine", "Unsubscribing", f"The link {said}, as does what the law asks beside it.")
