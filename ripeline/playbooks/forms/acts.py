"""What was typed and which button was pressed, applied to the values of a document. Pure."""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from ripeline.kit.numbers import read_number
from ripeline.playbooks.forms.fields import ABSENT, Field, put_at, value_at
from ripeline.playbooks.lines import Path

Given = Mapping[str, list[str]]
"""What a form sent: every value of every name."""


def apply_fields(plain: Any, fields: Iterable[Field], given: Given) -> Any:
    """The values with what was typed in place of what was shown; what was not touched stays as it is."""
    changed = copy.deepcopy(plain)
    # What changes the paths of other fields comes last, the innermost first.
    for field in sorted(fields, key=lambda it: (it.shapes, -len(it.path) if it.shapes else 0)):
        typed = [_typed(given, control.name, control.kind) for control in field.inputs]
        if None in typed or typed == [_plain(control.value) for control in field.inputs]:
            continue
        old = value_at(changed, field.path)
        put_at(changed, field.path, field.read([it or "" for it in typed], old))
    return changed


def _typed(given: Given, name: str, kind: str) -> str | None:
    """What was typed into a control; None where the form did not have it. Unticked boxes send nothing at all, so a
    hidden one says that they were shown."""
    if kind == "checks":
        return "\n".join(given.get(name, [])) if f"{name}:shown" in given else None
    values = given.get(name)
    return _plain(values[-1]) if values else None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "")


def act_on(plain: Any, do: str, given: Given) -> str | None:
    """Does what a button says (`up`, `down`, `remove`, `wrap` or `add`, and a path). Returns where to look next: the
    place of a new stage or signal in its list; None where the page stays."""
    verb, _, name = do.partition(" ")
    path = path_in(plain, name)
    act = _ACTS.get(verb)
    if path is None or act is None:
        return None
    chosen = (given.get(f"new:{name}") or [""])[-1].strip()
    return act(plain, path, _plain(chosen))


def path_in(plain: Any, name: str) -> Path | None:
    """The path a name means in these values; its last step may be new. None where there is no such place."""
    steps = [unquote(step) for step in name.split("/")] if name else []
    path: list[str | int] = []
    node = plain
    for step in steps:
        if isinstance(node, list):
            if not (read_number(step, otherwise=len(node)) < len(node)):
                return None
            path.append(int(step))
        else:
            path.append(step)
        node = value_at(node, (path[-1],)) if node is not ABSENT else ABSENT
    return tuple(path) or None


def _remove(plain: Any, path: Path, _: str) -> None:
    """Takes a part out, and the groups that would be left empty: an empty group of all would always hold."""
    parent = value_at(plain, path[:-1])
    if isinstance(parent, list) and isinstance(path[-1], int):
        del parent[path[-1]]
    elif isinstance(parent, dict):
        parent.pop(path[-1], None)
    if not parent and len(path) > 1 and (path[-2] in ("all", "any") or (path[-1] == "not" and len(path) > 2)):
        _remove(plain, path[:-1] if isinstance(parent, dict) else path[:-2], "")
    elif isinstance(parent, list) and not parent and path[-2] == "exit":
        _remove(plain, path[:-1], "")


def _move(by: int) -> Callable[[Any, Path, str], None]:
    def move(plain: Any, path: Path, _: str) -> None:
        parts, at = value_at(plain, path[:-1]), path[-1]
        if isinstance(parts, list) and isinstance(at, int) and 0 <= at + by < len(parts):
            parts[at], parts[at + by] = parts[at + by], parts[at]

    return move


def _wrap(plain: Any, path: Path, _: str) -> None:
    """Makes a group of one condition, to which others can be added."""
    value = value_at(plain, path)
    if value is not ABSENT:
        put_at(plain, path, {"any": [value]})


def _add(plain: Any, path: Path, chosen: str) -> str | None:
    """Adds a part: to a list of the playbook's, by its name; to a rule, by the kind of condition."""
    new_part = _NEW_PARTS.get(path) or (_NEW_PARTS.get(("exit",)) if path[-1] == "exit" else None)
    if new_part is not None:
        return _add_part(plain, path, new_part(plain, chosen))
    if len(path) == 3 and path[0] == "signals" and path[2] == "attrs":
        if chosen:
            put_at(plain, (*path, chosen), {"exists": True})
        return None
    condition = _new_condition(plain, chosen)
    value = value_at(plain, path)
    if isinstance(value, list):
        value.append(condition)
    elif value is ABSENT or value is None:
        put_at(plain, path, condition)
    else:
        put_at(plain, path, {"all": [value, condition]})
    return None


def _add_part(plain: Any, path: Path, part: tuple[str, Any] | None) -> str | None:
    if part is None:
        return None
    key, value = part
    if path in (("signals",), ("answers",)):
        known = value_at(plain, path)
        if not isinstance(known, dict) or key not in known:
            put_at(plain, (*path, key), value)
        found = list(value_at(plain, path))
        return str(found.index(key)) if path == ("signals",) else None
    parts = value_at(plain, path)
    if not isinstance(parts, list):
        put_at(plain, path, parts := [])
    parts.append(value)
    return str(len(parts) - 1) if path == ("stages",) else None


def _titled(plain: Any, section: str, title: str) -> tuple[str, Any] | None:
    """A new stage, persona or rating; its key is made of its title."""
    if not title:
        return None
    parts = value_at(plain, (section,))
    taken = {it.get("key") for it in (parts if isinstance(parts, list) else []) if isinstance(it, dict)}
    key = _key_of(title) or section
    return key, {"key": next(it for it in _numbered(key) if it not in taken), "title": title}


def _numbered(key: str) -> Iterable[str]:
    yield key
    yield from (f"{key}_{number}" for number in range(2, 10_000))


def _key_of(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def _new_condition(plain: Any, kind: str) -> dict[str, Any]:
    signals = value_at(plain, ("signals",))
    signal = (
        {"signal": str(next(iter(signals)))}
        if isinstance(signals, dict) and signals
        else {"signal": "inbound"}
    )
    personas = value_at(plain, ("personas",))
    first = personas[0] if isinstance(personas, list) and personas else {}
    found: dict[str, dict[str, Any]] = {
        "score": {"score": {"gte": 30}},
        "fit": {"fit": "B"},
        "answer": {"answer": {"intent": "yes"}},
        "trait": {"trait": {"industry": {"exists": True}}},
        "persona": {"persona": first.get("key", "") if isinstance(first, dict) else ""},
        "idle": {"idle": "60d"},
        "in_stage": {"in_stage": "30d"},
        "group": {"any": [signal]},
    }
    return found.get(kind, signal)


_NEW_PARTS: dict[Path, Callable[[Any, str], tuple[str, Any] | None]] = {
    ("stages",): lambda plain, title: _titled(plain, "stages", title),
    ("personas",): lambda plain, title: _titled(plain, "personas", title),
    ("rating",): lambda plain, title: _titled(plain, "rating", title),
    ("signals",): lambda _, name: (_key_of(name), {"kind": "page_viewed"}) if _key_of(name) else None,
    ("answers",): lambda _, name: (_key_of(name), {"valid_for": "180d"}) if _key_of(name) else None,
    ("score", "points"): lambda _, signal: ("", {"signal": signal, "add": 5}) if signal else None,
    ("fit", "criteria"): lambda _, trait: ("", {"trait": trait, "exists": True}) if trait else None,
    ("exit",): lambda _, to: ("", {"when": {"idle": "60d"}, "to": to}) if to else None,
}
_ACTS: dict[str, Callable[[Any, Path, str], str | None]] = {
    "up": _move(-1),
    "down": _move(1),
    "remove": _remove,
    "wrap": _wrap,
    "add": _add,
}
