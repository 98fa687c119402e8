"""YAML 1.2 read with care: values with the lines they stand on, and a sentence with its line for all that is not YAML.

The text comes from people and files: it may be nested without end, repeat itself by aliases, or hold what only looks
like a number or a day.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarint import ScalarInt
from ruamel.yaml.scanner import RoundTripScanner, Scanner, ScannerError

MOST_VALUES: Final = 100_000
"""The longest shipped playbook has fewer than a thousand."""
DEEPEST: Final = 100
"""So many lists and mappings may stand within each other; the shipped playbooks need fewer than ten."""
LARGEST_BITS: Final = 1024
"""A whole number of more is beyond every float, and from 4,300 digits on Python does not write it down."""
TOO_DEEP: Final = "this is nested too deeply; split it up"
TOO_OFTEN: Final = "this repeats itself too often; write less of it with *"
REMEMBERED: Final = 16
"""So many texts are kept as they were read: one page asks several times what the text it shows says, and reading the
longest shipped playbook takes 25 ms."""
LONGEST_REMEMBERED: Final = 50_000
"""Letters. What was read takes forty times the room of its text; the longest shipped playbook has 12,000."""
ODD: Final = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)
"""What the library raises besides its own errors, where a text is not what it begins like."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says: `plain` are its values, which are the caller's own; `positions` the same with the lines they
    stand on, which nobody changes: whoever reads the same text is given the same."""

    positions: Any
    plain: Any


class NotYaml(ValueError):
    """A text that cannot be read: the line (from 1) and why."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


def read_yaml(text: str) -> Written:
    """What a YAML text says. Raises NotYaml."""
    try:
        positions = _remembered(text) if len(text) <= LONGEST_REMEMBERED else _load(text)
        size, height = _measure(positions, {})
        plain = _plain(positions) if size <= MOST_VALUES and height <= DEEPEST else None
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        message = (wrong.problem or "this is not YAML").split("\n")[0].strip()
        said = message if message == TOO_DEEP else f"not readable as YAML: {message}"
        raise NotYaml(mark.line + 1 if mark else 1, said) from None
    except RecursionError:
        raise NotYaml(1, TOO_DEEP) from None
    except (YAMLError, *ODD) as wrong:
        said = (str(wrong).splitlines() or ["this is not YAML"])[0]
        raise NotYaml(1, f"not readable as YAML: {said}") from None
    if size > MOST_VALUES:
        raise NotYaml(1, TOO_OFTEN)
    if height > DEEPEST:
        raise NotYaml(1, TOO_DEEP)
    return Written(positions, plain)


@lru_cache(maxsize=REMEMBERED)
def _remembered(text: str) -> Any:
    return _load(text)


def _load(text: str) -> Any:
    yaml = careful(YAML(typ="rt"), _RoundTripScanner)
    yaml.Constructor = _Constructor
    return yaml.load(text)


def careful(yaml: YAML, scanner: type[Scanner] | None = None) -> YAML:
    """The reader set to YAML 1.2 and to refuse at once what is nested too deeply (it would take minutes)."""
    yaml.version = (1, 2)
    yaml.Scanner = scanner or _PlainScanner
    return yaml


class _Shallow(Scanner):
    """Refuses what is nested too deeply where it gets too deep: what comes after is not looked at."""

    def fetch_more_tokens(self) -> Any:
        try:
            return super().fetch_more_tokens()
        except ODD:
            raise ScannerError(None, None, "this cannot be read", self.reader.get_mark()) from None

    def add_indent(self, column: int) -> bool:
        self._look()
        return super().add_indent(column)

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:
        self._look()
        super().fetch_flow_collection_start(TokenClass, to_push)

    def _look(self) -> None:
        if len(self.indents) + len(self.flow_context) > DEEPEST:
            raise ScannerError(None, None, TOO_DEEP, self.reader.get_mark())


class _PlainScanner(_Shallow):
    """For what needs no comments."""


class _RoundTripScanner(_Shallow, RoundTripScanner):
    """For values with positions."""


class _Constructor(RoundTripConstructor):
    """Says where a value stands that cannot be made, or that could be neither kept nor shown."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            made = super().construct_object(node, deep=deep)
        except ODD:
            raise _unreadable(node, "is not what it looks like; put it in quotes if it is a text") from None
        if isinstance(made, int) and made.bit_length() > LARGEST_BITS:
            raise _unreadable(node, "is too large a number")
        if isinstance(made, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in made):
            raise _unreadable(node, "holds a letter that no text may hold")
        return made


def _unreadable(node: Any, why: str) -> ConstructorError:
    said = f"{node.value[:40]!r}" if isinstance(node, ScalarNode) else "what stands here"
    return ConstructorError(None, None, f"{said} {why}", node.start_mark)


def _measure(node: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many values there are, those that an alias repeats counted each time, and how deep they are nested."""
    if not isinstance(node, dict | list):
        return 1, 0
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1, 0  # what holds itself never ends
        inner = node.values() if isinstance(node, dict) else node
        size, height = 1, 0
        for value in inner:
            more, high = _measure(value, known)
            size, height = size + more, max(height, high)
        known[id(node)] = size, height + 1
    return known[id(node)]


def _plain(given: Any) -> Any:
    """The same without positions, and numbers and booleans as Python's own."""
    if isinstance(given, dict):
        return {_plain(key): _plain(value) for key, value in given.items()}
    if isinstance(given, list):
        return [_plain(value) for value in given]
    if isinstance(given, ScalarBoolean):
        return bool(given)
    if isinstance(given, ScalarInt):
        return int(given)
    if isinstance(given, ScalarFloat):
        return float(given)
    return str(given) if isinstance(given, str) else given
