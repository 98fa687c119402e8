"""How far a template may go: what it reads is plain data, what it does is counted, and past a limit it stops.

Work is counted rather than timed, so that the same template with the same person ends the same way on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, TextIO

from liquid import Environment, Markup, RenderContext
from liquid.ast import Node
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.exceptions import LiquidError
from liquid.stream import TokenStream
from liquid.template import BoundTemplate
from liquid.token import Token
from liquid.undefined import UNDEFINED, Undefined

LONGEST = 200_000
"""Characters that one value may have, however it is made."""
MOST_ITEMS = 1_000
"""Of one list, and turns of one loop with those round it."""
LARGEST_NUMBER = 10**15
WORK = 3_000_000
"""What one rendering may do: a character moved by a filter is one, a filter CALL more, one of a loop's body TURN."""
CALL = 1_000
TURN = 25


class TooMuch(LiquidError):
    """A template wants more than one mail may take."""

    def __init__(self, what: str, token: Token | None = None) -> None:
        super().__init__(what, token=token)


class MissingField(Exception):
    """A field was to be written that this person does not have, and no default was given."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Missing(Undefined):
    """A field that is not there: false in conditions, empty in loops, replaced by `default`, never written."""

    __slots__ = ()

    @property
    def field(self) -> str:
        """Its path as it was written, such as contact.first_name."""
        said = self.hint or self.name
        return said.removesuffix(" is undefined").strip("'\"")

    def __str__(self) -> str:
        raise MissingField(self.field)

    def __getitem__(self, key: str) -> object:
        return self

    def __liquid__(self) -> object:
        return None


class BoundedContext(RenderContext):
    """Counts what a rendering does, and lets filters work on what is small enough."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.spent = 0

    def spend(self, work: int, token: Token | None = None) -> None:
        """Counts work; raises TooMuch where it was too much."""
        self.spent += work
        if self.spent > WORK:
            raise TooMuch("this takes more work than one mail may", token)

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        """What stands under a path; of what is missing the whole path is told."""
        found = super().get(path, token=token, default=default)
        if isinstance(found, Missing) and len(path) > 1 and found.name == path[0]:
            found.hint = ".".join(str(each) for each in path)
        return found

    def assign(self, key: str, val: Any) -> None:
        """Keeps a value under a name, if it is small enough."""
        self.spend(CALL + weigh(val))
        super().assign(key, val)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """A filter that looks at what it is given, and at what it makes."""
        return partial(self._apply, super().filter(name, token), name, token)

    def _apply(
        self,
        filtering: Callable[..., object],
        name: str,
        token: Token | None,
        left: object,
        *args: object,
        **more: object,
    ) -> object:
        if name != "default":
            if isinstance(left, Missing):
                return left
            for each in (*args, *more.values()):
                if isinstance(each, Missing):
                    raise MissingField(each.field)
        given = weigh(left) + sum(weigh(each) for each in (*args, *more.values()))
        self.spend(CALL + given + _foreseen(name, left, args), token)
        # What a writer gives a filter counts as text like all else, so that nothing of a person turns into HTML by it.
        made = filtering(left, *(_text(each) for each in args), **more)
        self.spend(weigh(made), token)
        return made


class BoundedTemplate(BoundTemplate):
    """A template that is rendered within these limits."""

    context_class = BoundedContext


class BoundedFor(ForNode):
    """A loop that says beforehand what its turns will cost."""

    body: int = 1

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Goes through the list, if it is short enough for this body."""
        _, length = self.expression.evaluate(context)
        if length > MOST_ITEMS:
            raise TooMuch(f"a loop may have {MOST_ITEMS} turns", self.token)
        if isinstance(context, BoundedContext):
            context.spend(length * self.body * TURN, self.token)
        return super().render_to_output(context, buffer)


class BoundedForTag(ForTag):
    """`for`, with the length of its body noted."""

    node_class = BoundedFor

    def parse(self, stream: TokenStream) -> Node:
        """Reads a loop up to its end."""
        start = stream.current.start_index
        node = super().parse(stream)
        assert isinstance(node, BoundedFor)
        node.body = max(1, stream.current.start_index - start)
        return node


class Bounded(Environment):
    """Limits that the library itself knows."""

    template_class = BoundedTemplate
    loop_iteration_limit = MOST_ITEMS
    local_namespace_limit = 2 * LONGEST
    output_stream_limit = 500_000
    block_nesting_limit = 12
    context_depth_limit = 12


def _text(value: object) -> object:
    return "".join(value) if isinstance(value, Markup) else value


def weigh(value: object) -> int:
    """About how many characters a value has; raises TooMuch for one that is too large."""
    if isinstance(value, str):
        found = len(value)
    elif isinstance(value, bool) or value is None:
        return 1
    elif isinstance(value, int | float | Decimal):
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise TooMuch("this number is too large")
        return 8
    elif isinstance(value, range | list | tuple | Mapping):
        if len(value) > MOST_ITEMS:
            raise TooMuch(f"a list may have {MOST_ITEMS} entries")
        inner = value.values() if isinstance(value, Mapping) else value
        found = 8
        for each in inner:
            found += 8 + weigh(each)
            if found > LONGEST:
                break
    else:
        return 8
    if found > LONGEST:
        raise TooMuch(f"one value may have {LONGEST:,} characters")
    return found


def _foreseen(name: str, left: object, args: tuple[object, ...]) -> int:
    """How many characters a filter will make by repeating an argument; raises TooMuch where that is too much."""
    made = 0
    if name == "replace" and isinstance(left, str) and len(args) > 1:
        sought, put = str(args[0]), str(args[1])
        made = (left.count(sought) if sought else len(left) + 1) * len(put)
    elif name == "join" and isinstance(left, list | tuple | range) and args:
        made = len(left) * len(str(args[0]))
    elif name == "split" and isinstance(left, str):
        by = str(args[0]) if args else ""
        if (left.count(by) if by else len(left)) > MOST_ITEMS:
            raise TooMuch(f"a list may have {MOST_ITEMS} entries")
    if made > LONGEST:
        raise TooMuch(f"one value may have {LONGEST:,} characters")
    return made
