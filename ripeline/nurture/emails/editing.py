"""What the editor of an email sends: the whole of it each time, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from ripeline.nurture.emails.blocks import from_editor
from ripeline.nurture.emails.conditions import ABOUT, condition
from ripeline.nurture.emails.content import Content
from ripeline.people.consent import BY_MAIL
from ripeline.people.values import read_language


@dataclass(frozen=True, slots=True)
class Edited:
    """An email as it was sent by the editor; `wrong` is what could not be taken, as sentences."""

    content: Content
    title: str
    purpose: str
    wrong: Sequence[str] = ()


def read_edited(sent: QueryDict, before: Content) -> Edited:
    """Reads the editor's form. What it does not hold stays as it was `before`: of blocks only the body is sent."""
    wrong: list[str] = []
    said: dict[str, Any] = before.model_dump()
    for name in ("subject", "preheader"):
        if name in sent:
            said[name] = " ".join(sent.get(name, "").split())
    for name in ("body", "signature", "text"):
        if name in sent:
            # Browsers send line ends as two characters.
            said[name] = sent.get(name, "").replace("\r\n", "\n")
    if "blocks" in sent:
        joined = from_editor(before.body, sent.get("blocks", "").replace("\r\n", "\n"))
        wrong += [] if joined else ["The editor of blocks sent nothing: what was kept stays as it was."]
        said["body"] = joined or before.body
    if "language" in sent:
        named = sent.get("language", "").strip()
        language = read_language(named) if named else "en"
        if language is None:
            wrong.append(f"No language is called {named[:60]}.")
        said["language"] = language or before.language
    if sent.get("do") == "insert" and before.mode == "plain":
        said["body"], why = _with_part(said["body"], sent)
        wrong += [why] if why else []
    title = " ".join(sent.get("title", "").split())[:200]
    if "title" in sent and not title:
        wrong.append("Give the email a title; people who get it do not see it.")
    purpose = sent.get("purpose", "")
    if "purpose" in sent and purpose not in BY_MAIL:
        wrong.append("Choose what people must have agreed to.")
    try:
        return Edited(Content.model_validate(said), title, purpose, wrong)
    except ValidationError as odd:
        first = odd.errors()[0]
        return Edited(
            before, title, purpose, [*wrong, f"{str(first['loc'][0]).capitalize()}: {first['msg']}."]
        )


def _with_part(body: str, sent: QueryDict) -> tuple[str, str]:
    """The body with a part for some people at its end, and what could not be understood."""
    about = sent.get("part-about", "")
    values = [each.strip() for each in sent.get("part-is", "").split(",") if each.strip()]
    text = sent.get("part-text", "").strip().replace("\r\n", "\n")
    if about not in ABOUT or not values or not text:
        return body, "A part for some people needs whom it is for, and words."
    part = f"{{% if {condition(about, values)} %}}\n{text}\n{{% endif %}}\n"
    return f"{body.rstrip()}\n\n{part}", ""
