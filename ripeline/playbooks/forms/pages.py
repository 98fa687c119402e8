"""What each page of forms holds. Pure."""

from __future__ import annotations

from typing import Any, Final

from ripeline.lifecycle.playbook import Mistake
from ripeline.lifecycle.words import KIND_WORDS, listing, say_signal, spaced
from ripeline.playbooks.forms.fields import (
    ABSENT,
    Field,
    Input,
    listed,
    name_of,
    read_duration,
    read_lines,
    show_duration,
    snippet,
    value_at,
)
from ripeline.playbooks.forms.rules import Act, Adder, Names
from ripeline.playbooks.forms.scoring import fit_page, score_page
from ripeline.playbooks.forms.sheets import (
    Item,
    ItemPage,
    Page,
    Section,
    Sheet,
    checks_field,
    choice_field,
    dicts_at,
    kind_choices,
    optional_rule,
    place_acts,
    text_field,
    title_field,
)
from ripeline.playbooks.forms.tests import inputs_of_test, join_test, split_test
from ripeline.playbooks.lines import Path

ACTORS: Final = (("", (("human", "people"), ("unknown", "who knows"), ("machine", "machines"))),)
SUBJECT_HELP: Final = "Pages, forms, products ..., one on each line. * stands for anything: /pricing*"


def name_page(names: Names) -> Sheet:
    """Title, key, and whose touches count."""
    fields = (
        title_field(names, ("title",)),
        text_field(names, ("key",), "Key", help="A short name for files and commands."),
        checks_field(names, ("actors",), "Touches that count are by", ACTORS, usual=("human", "unknown"),
                     help="Link scanners and privacy proxies are machines."),
    )  # fmt: skip
    return Sheet("Name", (Section("", fields=fields),))


def stages_page(names: Names) -> Sheet:
    """The ladder, lowest first."""
    parts = dicts_at(names, "stages")
    items = tuple(
        Item(
            name_of(("stages", at)),
            str(stage.get("title") or stage.get("key") or f"Stage {at + 1}"),
            acts=place_acts(("stages", at), len(parts), "this stage"),
            page=at,
            said=_say_stage(stage, at),
            errors=names.errors_at(("stages", at)),
        )
        for at, stage in parts
    )
    back = choice_field(names, ("recycle_to",), "Whoever sales rejects or recycles goes back to",
                        (("", "the first stage"), *names.keyed("stages")))  # fmt: skip
    adder = Adder("stages", "Add a stage", is_named=True, hint="Its title")
    lead = "From the bottom up. Everybody begins in the first; the highest whose rule holds is entered."
    sections = (Section("", lead, items=items, adder=adder), Section("", fields=(back,)))
    return Sheet("Stages", sections, names.errors_at(("stages",)))


def _say_stage(stage: dict[Any, Any], at: int) -> str:
    if not at:
        return "where everybody begins"
    ways = len(listed(stage.get("exit", ABSENT)))
    enter = "entered by its rule" if stage.get("enter") is not None else "entered by hand only"
    return f"{enter}, {ways} way{'' if ways == 1 else 's'} down" if ways else enter


def stage_page(names: Names, at: int) -> Sheet | None:
    """One stage: how it is entered and left."""
    found = dict(dicts_at(names, "stages"))
    if at not in found:
        return None
    path: Path = ("stages", at)
    stage = found[at]
    title = str(stage.get("title") or stage.get("key") or f"Stage {at + 1}")
    below = tuple(names.keyed("stages")[:at])
    fields: tuple[Field, ...] = (title_field(names, (*path, "title")),)
    sections = [Section("", fields=fields)]
    if at:
        rules, adder = optional_rule(names, (*path, "enter"))
        sources = checks_field(
            names, (*path, "from"), "Only from", (("", below),), help="None ticked: from any below."
        )
        lead = "" if rules else "Without a rule it is entered by hand, or by falling back to it."
        sections.append(Section("Comes in when", lead, (sources,), rules, adder=adder))
        exits = listed(stage.get("exit", ABSENT))
        items = tuple(
            _exit(names, (*path, "exit", number), len(exits), below) for number, _ in enumerate(exits)
        )
        adder = Adder(name_of((*path, "exit")), "Add a way down", below)
        lead = "They are looked at in this order, before anything leads up."
        sections.append(Section("Falls back when", lead, items=items, adder=adder))
    return Sheet(title, tuple(sections), names.errors_at(path), above="stages")


def _exit(names: Names, path: Path, count: int, below: tuple[tuple[str, str], ...]) -> Item:
    if not isinstance(value_at(names.plain, path), dict):
        field = snippet(path, value_at(names.plain, path), names.errors_at(path), "Way down as YAML")
        return Item(name_of(path), "Way down", (field,), acts=place_acts(path, count, "this way down"))
    rules, adder = optional_rule(names, (*path, "when"))
    fields = (
        choice_field(names, (*path, "to"), "To", below),
        text_field(names, (*path, "reason"), "Told as", help="In a few words, for those who read why."),
    )
    return Item(
        name_of(path), f"Way down {int(path[-1]) + 1}", fields, rules,
        place_acts(path, count, "this way down"), adder, errors=names.errors_at(path),
    )  # fmt: skip


def rating_page(names: Names) -> Sheet:
    """Hot, warm and cold."""
    return _named_page(names, "rating", "Rating", "The first that holds, from the top. One without a rule is for "
                       "everybody who is left.", "Add a rating")  # fmt: skip


def personas_page(names: Names) -> Sheet:
    """Kinds of customer."""
    return _named_page(names, "personas", "Personas", "The first that holds, from the top; told by traits and signals.",
                       "Add a persona")  # fmt: skip


def _named_page(names: Names, section: str, title: str, lead: str, add: str) -> Sheet:
    parts = dicts_at(names, section)
    items = []
    for at, part in parts:
        path = (section, at)
        rules, adder = optional_rule(names, (*path, "when"))
        what = str(part.get("title") or part.get("key") or title)
        fields = (title_field(names, (*path, "title")),)
        acts = place_acts(path, len(parts), what)
        items.append(Item(name_of(path), what, fields, rules, acts, adder, errors=names.errors_at(path)))
    adding = Adder(section, add, is_named=True, hint="Its title")
    return Sheet(title, (Section("", lead, items=tuple(items), adder=adding),), names.errors_at((section,)))


def answers_page(names: Names) -> Sheet:
    """How long answers count."""
    found = names.plain.get("answers")
    items = tuple(
        Item(
            name_of(("answers", key)), spaced(str(key)).capitalize(),
            (_validity(names, ("answers", key, "valid_for")),),
            acts=(Act(f"remove {name_of(('answers', key))}", f"Remove {key}", "x"),),
            errors=names.errors_at(("answers", key)), in_line=True,
        )
        for key in (found if isinstance(found, dict) else {})
    )  # fmt: skip
    adder = Adder("answers", "Add a question", is_named=True, hint="need, budget, authority ...")
    lead = "What people told sales counts for so long; then it is asked again. Empty: for ever."
    return Sheet("Answers", (Section("", lead, items=items, adder=adder),), names.errors_at(("answers",)))


def _validity(names: Names, path: Path) -> Field:
    value = show_duration(value_at(names.plain, path))
    control = Input(
        name_of(path), value, f"How long an answer about {path[1]} counts", size=10, before="counts for"
    )
    return Field(path, (control,), read_duration, errors=names.errors_at(path))


def signals_page(names: Names) -> Sheet:
    """The signals by name."""
    found = names.plain.get("signals")
    items = tuple(
        Item(
            name_of(("signals", key)), say_signal(str(key)).capitalize(), page=at, said=_say_signal(value),
            acts=(Act(f"remove {name_of(('signals', key))}", f"Remove {key}", "x"),),
            errors=names.errors_at(("signals", key)),
        )
        for at, (key, value) in enumerate((found if isinstance(found, dict) else {}).items())
    )  # fmt: skip
    adder = Adder("signals", "Add a signal", is_named=True, hint="Its name")
    lead = "Names for touches that matter to you. Rules and points use them; every kind of touch is a signal by itself."
    return Sheet("Signals", (Section("", lead, items=items, adder=adder),), names.errors_at(("signals",)))


def _say_signal(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    kinds = [
        KIND_WORDS[it][0] if it in KIND_WORDS else spaced(str(it)) for it in listed(value.get("kind", ABSENT))
    ]
    said = listing(kinds, "or") or "anything"
    subjects = listing([str(it) for it in listed(value.get("subject", ABSENT))], "or")
    more = ", with more tests" if set(value) - {"kind", "subject"} else ""
    return f"{said} of {subjects}{more}" if subjects else f"{said}{more}"


def signal_page(names: Names, at: int) -> Sheet | None:
    """One signal: which touches it is."""
    found = names.plain.get("signals")
    keys = list(found) if isinstance(found, dict) else []
    if not 0 <= at < len(keys):
        return None
    path: Path = ("signals", keys[at])
    if not isinstance(found[keys[at]], dict):
        field = snippet(path, found[keys[at]], names.errors_at(path), "Signal as YAML")
        return Sheet(str(keys[at]), (Section("", fields=(field,)),), above="signals")
    kinds = [str(it) for it in listed(value_at(names.plain, (*path, "kind")))]
    subject = (*path, "subject")
    lines = "\n".join(str(it) for it in listed(value_at(names.plain, subject)))
    fields = (
        checks_field(names, (*path, "kind"), "Kinds of touch", kind_choices(kinds)),
        Field(subject, (Input(name_of(subject), lines, "Of", "area"),), read_lines, "Of",
              SUBJECT_HELP, names.errors_at(subject)),
        _test(names, (*path, "value"), "With a value that"),
        choice_field(names, (*path, "direction"), "Direction", (
            ("", "either way"), ("in", "by them"), ("out", "by us"), ("internal", "in our own books"))),
        checks_field(names, (*path, "actors"), "By", ACTORS, help="None ticked: as the playbook says."),
    )  # fmt: skip
    attrs = value_at(names.plain, (*path, "attrs"))
    items = tuple(
        Item(name_of((*path, "attrs", key)), str(key), (_test(names, (*path, "attrs", key), ""),), in_line=True,
             acts=(Act(f"remove {name_of((*path, 'attrs', key))}", f"Remove {key}", "x"),))
        for key in (attrs if isinstance(attrs, dict) else {})
    )  # fmt: skip
    adder = Adder(name_of((*path, "attrs")), "Test a detail", is_named=True, hint="utm_medium ...")
    sections = (Section("", fields=fields), Section("Details", items=items, adder=adder))
    return Sheet(say_signal(str(keys[at])).capitalize(), sections, names.errors_at(path), above="signals")


def _test(names: Names, path: Path, label: str) -> Field:
    value = value_at(names.plain, path)
    split = split_test(value)
    if split is None:
        return snippet(path, value, names.errors_at(path), label or "Test as YAML")
    inputs = inputs_of_test(name_of(path), *split, about=label or str(path[-1]), optional=True)
    return Field(path, inputs, lambda it, old: join_test(it[0], it[1], _plain_test(old)), label,
                 errors=names.errors_at(path))  # fmt: skip


def _plain_test(old: Any) -> Any:
    return old if isinstance(old, dict) else None


PAGES: Final[dict[str, Page]] = {
    "name": name_page,
    "stages": stages_page,
    "rating": rating_page,
    "score": score_page,
    "fit": fit_page,
    "personas": personas_page,
    "answers": answers_page,
    "signals": signals_page,
}
ITEM_PAGES: Final[dict[str, ItemPage]] = {"stages": stage_page, "signals": signal_page}


def make_sheet(plain: Any, mistakes: tuple[Mistake, ...], part: str, item: int | None) -> Sheet | None:
    """The page of a part (or of its item numbered `item`); None where there is no such page."""
    names = Names(plain, mistakes)
    if item is None:
        return PAGES[part](names) if part in PAGES else None
    return ITEM_PAGES[part](names, item) if part in ITEM_PAGES else None
