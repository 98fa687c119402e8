"""Forms about what others change too: a form sends along what it was opened with, and is compared with what is now.

What its user left alone stays as it is now, to the letter, whatever others made of it since; what they changed is
read and kept; and where both changed the same field, nothing is kept before they have seen both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms

LONGEST_QUOTE = 300
_LINE_BREAKS = re.compile(r"[\r\n]+")


class OpenedForm(forms.Form):
    """`changed` names the fields that whoever sent it changed; only these are to be kept. `opened` is what a page
    carries as hidden fields. A form that does not say what it was opened with was opened just now."""

    changed: frozenset[str] = frozenset()

    @property
    def opened(self) -> list[tuple[str, str]]:
        """Names and values of the hidden fields: what is in each field now, as it is shown."""
        return [(self.add_initial_prefix(name), self._present(name)) for name in self._shown()]

    def full_clean(self) -> None:
        """Puts what is now into the fields that were left alone, then checks as any form does."""
        self._clashes: dict[str, str] = {}
        if self.is_bound:
            self._compare()
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """What was left alone is not for this user to mend; what two changed must be seen first."""
        given = super().clean() or {}
        for name in [each for each in self.errors if each in self.fields and each not in self.changed]:
            del self.errors[name]
        for name, sentence in self._clashes.items():
            self.add_error(name, sentence)
        return given

    def _compare(self) -> None:
        sent, changed = self.data.copy(), set[str]()  # type: ignore[attr-defined]
        for name in self._shown():
            present, key = self._present(name), self.add_prefix(name)
            wanted = sent.get(key, present)
            opened = sent.get(self.add_initial_prefix(name), present)
            if self._same(name, wanted, opened) or self._same(name, wanted, present):
                sent[key] = present
                continue
            changed.add(name)
            if not self._same(name, opened, present):
                self._clashes[name] = self._say_clash(name, present, wanted)
        self.data, self.changed = sent, frozenset(changed)

    def _say_clash(self, name: str, present: str, wanted: str) -> str:
        now, yours = self._quote(name, present), self._quote(name, wanted)
        return (
            f"Somebody changed this since you opened the form: it is {now} now, you wrote {yours}. "
            "Save again to have yours."
        )

    def _quote(self, name: str, text: str) -> str:
        labels: Mapping[str, str] = {
            str(value): str(label) for value, label in getattr(self.fields[name], "choices", ())
        }
        said = ", ".join(line.strip() for line in labels.get(text, text).splitlines() if line.strip())
        cut = said if len(said) <= LONGEST_QUOTE else f"{said[:LONGEST_QUOTE]}…"
        return f"“{cut}”" if text.strip() else "empty"

    def _shown(self) -> list[str]:
        return [name for name, field in self.fields.items() if not field.widget.is_hidden]

    def _present(self, name: str) -> str:
        value = self.fields[name].prepare_value(self[name].initial)
        return "" if value is None else str(value)

    def _same(self, name: str, one: str, other: str) -> bool:
        """Whether a browser shows both alike: it ends lines in its own way, and has none in a field of one line."""
        if isinstance(self.fields[name].widget, forms.Textarea):
            return _lines(one) == _lines(other)
        return _LINE_BREAKS.sub("", one).strip() == _LINE_BREAKS.sub("", other).strip()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
