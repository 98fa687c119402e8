"""What changed in the signals of a playbook, in sentences: `A call now counts as two way`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ripeline.lifecycle.model import Signal
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.words import KIND_WORDS, listing, say_signal, spaced
from ripeline.playbooks.changes.pairing import same
from ripeline.playbooks.reading import say_what_counts


def say_changed_signals(old: Playbook, new: Playbook) -> Iterator[str]:
    """The sentences for every signal that came, went or means something else now."""
    for key in (key for key in old.signals if key not in new.signals):
        yield f"There is no signal {say_signal(key)} any more (it was: {say_what_counts(old.signals[key])})"
    for key, signal in new.signals.items():
        if key not in old.signals:
            yield f"New signal {say_signal(key)}: {say_what_counts(signal)}"
        elif not same(old.signals[key], signal):
            yield from _say_signal(say_signal(key), old.signals[key], signal)


def _say_signal(name: str, old: Signal, new: Signal) -> Iterator[str]:
    if not _same_but_for_lists(old, new):
        yield _say_whole(name, old, new)
        return
    said = [
        *_say_list([_kind(it) for it in old.kind or ()], [_kind(it) for it in new.kind or ()], name),
        *_say_list(list(old.subject or ()), list(new.subject or ()), name),
    ]
    yield from said or [f"{name} means the same, written otherwise"]


def _same_but_for_lists(old: Signal, new: Signal) -> bool:
    """Whether only kinds and subjects differ, and both have some where one has."""
    bare = [it.model_copy(update={"kind": None, "subject": None}) for it in (old, new)]
    return (
        same(*bare)
        and (old.kind is None) == (new.kind is None)
        and (old.subject is None) == (new.subject is None)
    )


def _say_list(old: list[str], new: list[str], name: str) -> Iterator[str]:
    were, are = dict.fromkeys(old), dict.fromkeys(new)
    came = [it for it in are if it not in were]
    went = [it for it in were if it not in are]
    if came:
        yield f"{listing(came)} now count{'s' if len(came) == 1 else ''} as {name}"
    if went:
        yield f"{listing(went)} no longer count{'s' if len(went) == 1 else ''} as {name}"


def _say_whole(name: str, old: Signal, new: Signal) -> str:
    before, after = say_what_counts(old), say_what_counts(new)
    if before == after:
        return f"{name} means the same, written otherwise"
    return f"{name} now means {after} (it was: {before})"


def _kind(kind: str) -> str:
    """A kind with its article: `a call`, `an opened mail`."""
    noun = KIND_WORDS[kind][0] if kind in KIND_WORDS else spaced(kind)
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"
