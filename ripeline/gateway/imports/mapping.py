"""A mapping: which column is which field, and which rows make which touches, as a YAML file people can
edit.

    key_prefix: olist                      # outside keys of different systems do not meet
    time_zone: America/Sao_Paulo           # for dates that name none; default UTC
    empty: [Select]                        # words that mean nothing here, beside the usual ones
    columns:
      mql_id: external_id
      origin: source
      revenue: {field: trait, trait: revenue, reads: number}
      seller_id: ignore
    others: trait                          # columns not named: guess (default), trait, ignore
    touches:
      - kind: form_submitted
        at: {column: first_contact_date, order: dmy}
        id: "olist:{mql_id}:form"
        subject: "/landing/{landing_page_id}"
        attrs: {utm_source: "{origin}"}
        when: {origin: {not: email}}

A mistake is told with its line, the path of the key and what would be right.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from ripeline.gateway.imports import names
from ripeline.lifecycle.instant import parse_instant
from ripeline.lifecycle.written import NotYaml, read_yaml

Reads = Literal["text", "number", "yes_no", "date"]
Existing = Literal["overwrite", "fill", "leave"]
MOST_TOLD = 20
"""So many mistakes are told at once: to guess at what each of thousands was to be takes minutes."""
LONGEST = 200_000
"""Bytes of a mapping's file."""
_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a mapping: the line (0 where it has none), the path of the key, and a sentence."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class MappingMistakes(ValueError):
    """A mapping that cannot be used, with all its mistakes."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnRule(_Part):
    """What a column is for. `trait` names the trait (default: the column's name in small letters); `order`,
    `format` (strptime) and `decimal` settle how dates and numbers are written; `values` replaces cells."""

    field: names.Field = "trait"
    trait: str = ""
    reads: Reads = "text"
    order: Literal["dmy", "mdy", "ymd"] | None = None
    format: str | None = None
    decimal: Literal[".", ","] | None = None
    values: dict[str, str] = {}


def _column_rule(given: object) -> object:
    return {"field": given} if isinstance(given, str) else given


class Lookup(_Part):
    """Text from a column, replaced by `values`; `otherwise` where the cell is not among them (default:
    the cell itself, or nothing where there are values).
    """

    column: str
    values: dict[str, str | None] = {}
    otherwise: str | None = None
    reads: Literal["text", "number", "yes_no"] = "text"


class MomentRule(_Part):
    """When a touch happened: a column's date, or one fixed instant for all rows."""

    column: str | None = None
    order: Literal["dmy", "mdy", "ymd"] | None = None
    format: str | None = None
    fixed: str | None = None

    @field_validator("fixed")
    @classmethod
    def _is_instant(cls, value: str | None) -> str | None:
        if value is not None:
            parse_instant(value)
        return value


class CellTest(_Part):
    """What a cell must be for a touch to be made."""

    in_: Annotated[list[str], Field(alias="in")] = []
    not_: Annotated[list[str], Field(alias="not")] = []
    exists: bool | None = None
    above: float | None = None


def _cell_test(given: object) -> object:
    if isinstance(given, dict):
        return {
            name: [str(value)] if name in ("in", "not") and not isinstance(value, list) else value
            for name, value in given.items()
        }
    if isinstance(given, list):
        return {"in": [str(value) for value in given]}
    return {"in": [str(given)]}


def _moment(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


Said = str | Lookup


class TouchRule(_Part):
    """Which touch a row makes. `id` must be the same whenever the same fact is read again; without one
    it is made from person, kind, moment and subject. A row whose `at` column is empty makes none.
    """

    kind: Said
    at: Annotated[MomentRule, BeforeValidator(_moment)]
    id: str | None = None
    subject: Said | None = None
    value: Said | None = None
    attrs: dict[str, Said] = {}
    direction: Literal["in", "out", "internal"] | None = None
    actor: Literal["human", "machine", "unknown"] = "unknown"
    when: dict[str, Annotated[CellTest, BeforeValidator(_cell_test)]] = {}


class Reading(_Part):
    """How to read the file, where what is found out by itself is wrong."""

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, value: str | None) -> str | None:
        if value is not None and not _reads_text(value):
            raise ValueError(f"'{value}' is no encoding of files; use a name such as utf-8 or cp1252")
        return value

    @field_validator("separator")
    @classmethod
    def _is_separator(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in "\r\n\"'\\"):
            raise ValueError(f"{value!r} cannot stand between cells; use one sign such as ; or \\t")
        return value


def _reads_text(encoding: str) -> bool:
    """Whether text is kept in files by it; Python has encodings of addresses and archives too."""
    sample = "a,b\n"
    try:
        written, decoder = sample.encode(encoding), codecs.getincrementaldecoder(encoding)
        return all(decoder(errors).decode(written) == sample for errors in ("replace", "surrogateescape"))
    except (LookupError, ValueError):
        return False


class Mapping(_Part):
    """A whole mapping. `existing` says what a filled cell does to a contact we know: overwrite what is
    there, fill only what is empty, or leave the contact as it is. An empty cell never empties anything.
    """

    title: str = ""
    reads: Reading = Reading()
    time_zone: str = "UTC"
    country: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    empty: list[str] = []
    keep: list[str] = []
    key_prefix: str = ""
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_column_rule)]] = {}
    others: Literal["guess", "trait", "ignore"] = "guess"
    create: bool = True
    existing: Existing = "overwrite"
    traits_at: Annotated[MomentRule, BeforeValidator(_moment)] | None = None
    touches: list[TouchRule] = []

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{value}' is no time zone; use a name such as Europe/Paris") from None
        return value


def load_mapping(text: str, columns: tuple[str, ...] | None = None) -> Mapping:
    """The mapping written in `text`; with `columns`, every column it names must be among them.

    Raises MappingMistakes.
    """
    tree = _parse_yaml(text)
    try:
        mapping = Mapping.model_validate(_bare(tree))
    except ValidationError as error:
        raise MappingMistakes(tuple(_mistake(tree, each) for each in error.errors()[:MOST_TOLD])) from None
    if columns is not None and (unknown := _unknown_columns(mapping, columns, tree)):
        raise MappingMistakes(tuple(unknown))
    return mapping


def read_mapping(raw: bytes) -> str:
    """The text of a mapping's file, known to be a mapping. Raises MappingMistakes."""
    if len(raw) > LONGEST:
        raise _whole("This is longer than any mapping; choose the YAML file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _whole("A mapping is a text file in UTF-8.") from None
    load_mapping(text)
    return text


def _whole(message: str) -> MappingMistakes:
    return MappingMistakes((Mistake(0, "", message),))


def check_columns(mapping: Mapping, columns: tuple[str, ...]) -> None:
    """Raises MappingMistakes where the mapping names a column that is not among these."""
    if unknown := _unknown_columns(mapping, columns, CommentedMap()):
        raise MappingMistakes(tuple(unknown))


def write_mapping(mapping: Mapping) -> str:
    """The mapping as YAML that `load_mapping` reads to the same mapping, without what is the default."""
    yaml = YAML()
    yaml.default_flow_style = None
    out = io.StringIO()
    yaml.dump(mapping.model_dump(mode="json", exclude_defaults=True, by_alias=True), out)
    return out.getvalue()


@lru_cache(maxsize=500)
def places(template: str) -> tuple[str, ...]:
    """The columns a template such as `olist:{mql_id}` names."""
    return tuple(_PLACE.findall(template))


def _parse_yaml(text: str) -> CommentedMap:
    try:
        tree = read_yaml(text).positions
    except NotYaml as wrong:
        raise MappingMistakes((Mistake(wrong.line, "", wrong.message),)) from None
    if tree is None:
        return CommentedMap()
    if not isinstance(tree, CommentedMap):
        raise MappingMistakes((Mistake(1, "", "A mapping is a map of keys such as `columns:`."),))
    return tree


def _bare(node: Any) -> Any:
    """The tree without YAML's own types; keys and scalar texts as plain values."""
    if isinstance(node, dict):
        return {str(key): _bare(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_bare(value) for value in node]
    if isinstance(node, str):
        return str(node)
    return node.isoformat() if hasattr(node, "isoformat") else node


def _mistake(tree: CommentedMap, error: Any) -> Mistake:
    steps = [step for step in error["loc"] if step not in ("str", "Lookup")]
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = _unknown_key(steps)
    elif error["type"] == "literal_error":
        message = f"{error['input']!r} is none of {error['ctx']['expected']}"
    return Mistake(_line_of(tree, steps), ".".join(str(step) for step in steps), message)


def _unknown_key(steps: list[Any]) -> str:
    known = (
        {
            "touches": list(TouchRule.model_fields),
            "columns": list(ColumnRule.model_fields),
            "reads": list(Reading.model_fields),
        }.get(str(steps[0]), [])
        if len(steps) > 1
        else list(Mapping.model_fields)
    )
    close = get_close_matches(str(steps[-1]), known, n=1)
    return (
        f"there is no such key; did you mean '{close[0]}'?"
        if close
        else f"there is no such key; known are {', '.join(known)}"
    )


def _line_of(tree: Any, steps: list[Any]) -> int:
    """The line of the deepest key on this path that the file has."""
    line, node = 0, tree
    for step in steps:
        try:
            if isinstance(node, CommentedMap):
                line = node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq):
                line = node.lc.item(step)[0] + 1
            node = node[step]
        except (KeyError, TypeError, IndexError, AttributeError):
            break
    return line


def _unknown_columns(mapping: Mapping, columns: tuple[str, ...], tree: CommentedMap) -> list[Mistake]:
    return [
        Mistake(
            _line_of(tree, list(steps)), ".".join(str(step) for step in steps), _no_such_column(name, columns)
        )
        for steps, name in [each for each in columns_named(mapping) if each[1] not in columns][:MOST_TOLD]
    ]


def _no_such_column(name: str, columns: tuple[str, ...]) -> str:
    close = get_close_matches(name, columns, n=1)
    if close:
        return f"the file has no column '{name}'; did you mean '{close[0]}'?"
    shown = ", ".join(columns[:12]) + (" ..." if len(columns) > 12 else "")
    return f"the file has no column '{name}'; it has {shown}"


def columns_named(mapping: Mapping) -> list[tuple[tuple[str | int, ...], str]]:
    """Every column the mapping names, with the path of the key that names it."""
    named: list[tuple[tuple[str | int, ...], str]] = [(("columns", name), name) for name in mapping.columns]
    if mapping.traits_at and mapping.traits_at.column:
        named.append((("traits_at",), mapping.traits_at.column))
    for number, rule in enumerate(mapping.touches):
        at: tuple[str | int, ...] = ("touches", number)
        if rule.at.column:
            named.append(((*at, "at"), rule.at.column))
        named += [((*at, "when", name), name) for name in rule.when]
        said: dict[tuple[str | int, ...], Said | None] = {
            (*at, "kind"): rule.kind,
            (*at, "id"): rule.id,
            (*at, "subject"): rule.subject,
            (*at, "value"): rule.value,
        }
        said |= {(*at, "attrs", name): each for name, each in rule.attrs.items()}
        for steps, each in said.items():
            if isinstance(each, Lookup):
                named.append((steps, each.column))
            elif each is not None:
                named += [(steps, place) for place in places(each)]
    return named
