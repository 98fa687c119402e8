"""Changing a YAML text so that it means something else, with the fewest changes to its letters. Pure.

`rewrite` compares what a text means with what it shall mean and touches only the parts that differ: comments, order,
spaces and quotes of all the rest stay as they were written. Comments right above an item of a list move with it;
comments within a part that is taken out or written anew go with that part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ripeline.lifecycle.playbook import PlaybookMistakes, read_plain
from ripeline.lifecycle.written import careful
from ripeline.playbooks.drafts.writing import write_block, write_flow, write_item, write_scalar, write_value

Collection = MappingNode | SequenceNode


@dataclass(frozen=True, slots=True)
class Edit:
    """Letters from `start` to `stop` of the text become `text`."""

    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: `mark` is right behind the colon or dash before it (None: nothing before it), `indent`
    the column of the key or dash, and whether it is within brackets."""

    mark: int | None
    indent: int
    in_flow: bool


def canonical(value: Any) -> str:
    """What a plain value means, as text; unlike ==, it tells true from 1 and 1 from 1.0."""
    return json.dumps(value, sort_keys=True, default=str)


def rewrite(text: str, wanted: Any) -> str:
    """The text changed so that it means `wanted`. Raises PlaybookMistakes where the text is not YAML."""
    now = read_plain(text)
    if canonical(now) == canonical(wanted):
        return text
    for attempt in (_changed, _by_section):
        changed = attempt(text, now, wanted)
        if changed is not None and _means(changed, wanted):
            return changed
    return write_block(wanted, 0) + "\n"


def _means(text: str, wanted: Any) -> bool:
    try:
        return canonical(read_plain(text)) == canonical(wanted)
    except PlaybookMistakes:
        return False


def _changed(text: str, now: Any, wanted: Any) -> str | None:
    root = _compose(text)
    if root is None:
        return None
    rewriter = _Rewriter(text)
    return _apply(text, list(rewriter.value(root, now, wanted, Spot(None, 0, in_flow=False))))


def _by_section(text: str, now: Any, wanted: Any) -> str | None:
    """Each section of the playbook that differs, written anew as a whole."""
    root = _compose(text)
    if not (isinstance(root, MappingNode) and isinstance(now, dict) and isinstance(wanted, dict)):
        return None
    rewriter = _Rewriter(text)
    return _apply(text, list(rewriter.mapping(root, now, wanted, Spot(None, 0, in_flow=False), whole=True)))


def _compose(text: str) -> Node | None:
    try:
        return careful(YAML(typ="safe", pure=True)).compose(text)  # type: ignore[no-any-return]
    except YAMLError:
        return None


def _apply(text: str, edits: list[Edit]) -> str | None:
    """The text after all edits, or None where two of them meet."""
    end = len(text) + 1
    # From the end; of several at one place the last first, so that they come to stand in their order.
    for edit in sorted(edits, key=lambda it: (it.start, it.stop))[::-1]:
        if edit.stop > end:
            return None
        text = text[: edit.start] + edit.text + text[edit.stop :]
        end = edit.start
    return text


class _Rewriter:
    """Finds the edits of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, node: Node, old: Any, new: Any, spot: Spot) -> Iterator[Edit]:
        """The edits that make the value at `node` mean `new` instead of `old`."""
        if canonical(old) == canonical(new):
            return
        if isinstance(node, MappingNode) and isinstance(old, dict) and isinstance(new, dict) and old and new:
            yield from self.mapping(node, old, new, spot)
        elif (
            isinstance(node, SequenceNode) and isinstance(old, list) and isinstance(new, list) and old and new
        ):
            yield from self.sequence(node, old, new, spot)
        else:
            yield self.whole(node, new, spot)

    def whole(self, node: Node, new: Any, spot: Spot) -> Edit:
        """The value written anew."""
        start, stop = node.start_mark.index, self.end_of(node)
        if isinstance(node, ScalarNode) and not isinstance(new, dict | list):
            quoted = node.style in ('"', "'") and isinstance(new, str)
            said = write_scalar(new, quoted=quoted)
            bare = start == stop and self.text[start - 1 : start] == ":"
            return Edit(start, stop, f" {said}" if bare else said)
        if spot.mark is None or self.text[spot.mark : start].strip():
            return Edit(start, stop, write_flow(new))
        if spot.in_flow:
            return Edit(spot.mark, stop, f" {write_flow(new)}")
        room = 110 - (spot.mark - self.text.rfind("\n", 0, spot.mark))
        return Edit(spot.mark, stop, write_value(new, spot.indent, room))

    def mapping(
        self, node: MappingNode, old: dict[Any, Any], new: dict[Any, Any], spot: Spot, *, whole: bool = False
    ) -> Iterator[Edit]:
        """The edits of a mapping: keys that went, came, or mean something else."""
        pairs = {_key_of(key, old): (key, value) for key, value in node.value}
        if not any(key in new for key in pairs):
            yield self.whole(node, new, spot)
            return
        flow = bool(node.flow_style)
        spans = [(key.start_mark.index, self.end_of(value)) for key, value in node.value]
        gone = [place for place, name in enumerate(pairs) if name not in new]
        for place in gone:
            yield from self.removal(spans, place, gone, flow=flow)
        for name, (key, value) in pairs.items():
            inner = Spot(self.after_colon(key), key.start_mark.column, flow or spot.in_flow)
            if name not in new:
                continue
            if whole and canonical(old.get(name)) != canonical(new[name]):
                yield self.whole(value, new[name], inner)
            else:
                yield from self.value(value, old.get(name), new[name], inner)
        yield from self.new_keys(node, list(pairs), new, spot)

    def new_keys(
        self, node: MappingNode, known: list[Any], new: dict[Any, Any], spot: Spot
    ) -> Iterator[Edit]:
        """Each key that is not there yet, put behind the one it follows in `new`."""
        column = node.value[0][0].start_mark.column
        before: Any = None
        for name, value in new.items():
            if name in known:
                before = name
                continue
            said = write_scalar(name, quoted=False)
            if node.flow_style or spot.in_flow:
                text = f"{said}: {write_flow(value)}"
            else:
                text = f"{said}:{write_value(value, column, 110 - column - len(said))}"
            yield self.addition(node, known.index(before) if before is not None else None, text, column)

    def sequence(self, node: SequenceNode, old: list[Any], new: list[Any], spot: Spot) -> Iterator[Edit]:
        """The edits of a list: items that went, came, moved or mean something else."""
        flow = bool(node.flow_style)
        pairs, gone, come = _aligned(old, new)
        if not pairs:
            yield self.whole(node, new, spot)
            return
        spans = [self.item_span(item, flow=flow) for item in node.value]
        for was, now in pairs:
            item = node.value[was]
            inner = Spot(spans[was][0] if flow else spans[was][0] + 1, spans[was][2], flow or spot.in_flow)
            if flow:
                inner = Spot(None, spans[was][2], in_flow=True)
            yield from self.value(item, old[was], new[now], inner)
        moved = {now: was for was, now in _moves(old, new, gone, come)}
        for place in gone:
            with_comments = place in moved.values()
            yield from self.removal(
                [it[:2] for it in spans], place, gone, flow=flow, with_comments=with_comments
            )
        for place in come:
            text = self.moved(spans[moved[place]], flow=flow) if place in moved else None
            yield self.new_item(node, spans, pairs, (place, new[place]), text)

    def new_item(
        self,
        node: SequenceNode,
        spans: list[tuple[int, int, int]],
        pairs: list[tuple[int, int]],
        item: tuple[int, Any],
        text: str | None,
    ) -> Edit:
        """An item put behind the one it follows; `text` is how it was written where it stood before."""
        place, value = item
        before = max((was for was, now in pairs if now < place), default=None)
        column = spans[0][2]
        if text is None:
            text = write_flow(value) if node.flow_style else write_item(value, column).lstrip(" ")
        return self.addition(node, before, text, column)

    def addition(self, node: Collection, before: int | None, text: str, column: int) -> Edit:
        """Something put behind the part numbered `before`, or in front of all."""
        first = node.value[0]
        if node.flow_style:
            if before is None:
                start = (first[0] if isinstance(first, tuple) else first).start_mark.index
                return Edit(start, start, f"{text}, ")
            last = node.value[before]
            stop = self.end_of(last[1] if isinstance(last, tuple) else last)
            return Edit(stop, stop, f", {text}")
        if before is None:
            start = first[0].start_mark.index if isinstance(first, tuple) else self.dash_of(first)
            start = self.above(start)
            return Edit(start, start, f"{text}\n{' ' * column}")
        last = node.value[before]
        stop = self.line_end(self.end_of(last[1] if isinstance(last, tuple) else last))
        return Edit(stop, stop, f"\n{' ' * column}{text}")

    def removal(
        self,
        spans: list[tuple[int, int]],
        place: int,
        gone: list[int],
        *,
        flow: bool,
        with_comments: bool = False,
    ) -> Iterator[Edit]:
        """A key or an item taken out, with what joins it to the others; `gone` are all that are taken out."""
        start, stop = spans[place]
        if flow:
            if any(it not in gone for it in range(place + 1, len(spans))):
                yield Edit(start, spans[place + 1][0], "")
            elif place - 1 not in gone:
                yield Edit(spans[place - 1][1], spans[-1][1], "")
            return
        line = self.text.rfind("\n", 0, start) + 1
        if self.text[line:start].strip():
            # Behind a dash: what follows takes its place there.
            yield Edit(start, spans[place + 1][0], "") if place + 1 < len(spans) else Edit(start, stop, "{}")
            return
        if with_comments:
            line = self.text.rfind("\n", 0, self.above(start)) + 1
        end = self.line_end(stop)
        yield Edit(line, end + 1, "") if end < len(self.text) else Edit(max(line - 1, 0), end, "")

    def moved(self, span: tuple[int, int, int], *, flow: bool) -> str:
        """An item as it is written, with the comments right above it."""
        start, stop, _ = span
        return self.text[start:stop] if flow else self.text[self.above(start) : self.line_end(stop)]

    def item_span(self, item: Node, *, flow: bool) -> tuple[int, int, int]:
        """Where an item begins (its dash, in a list of lines) and ends, and the column it begins at."""
        start = item.start_mark.index if flow else self.dash_of(item)
        return start, self.end_of(item), start - (self.text.rfind("\n", 0, start) + 1)

    def dash_of(self, item: Node) -> int:
        """The dash before an item of a list of lines."""
        return self.text.rfind("-", 0, item.start_mark.index)

    def above(self, start: int) -> int:
        """Where the comment lines right above begin that stand as far in as what starts here; else here."""
        line = self.text.rfind("\n", 0, start) + 1
        column = start - line
        while line > 0:
            upper = self.text.rfind("\n", 0, line - 1) + 1
            said = self.text[upper : line - 1]
            if not (said.lstrip().startswith("#") and len(said) - len(said.lstrip()) == column):
                break
            line = upper
        return line + column

    def after_colon(self, key: Node) -> int:
        """Right behind the colon of a key."""
        return self.text.index(":", key.end_mark.index) + 1

    def end_of(self, node: Node) -> int:
        """Where the letters of a node end; its own mark counts the empty lines and comments behind it too."""
        if isinstance(node, ScalarNode):
            stop = int(node.end_mark.index)
            if node.style in ("|", ">"):
                return len(self.text[:stop].rstrip("\n"))
            return stop
        if not isinstance(node, Collection) or node.flow_style or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        return self.end_of(last[1] if isinstance(last, tuple) else last)

    def line_end(self, place: int) -> int:
        """The end of the line, where nothing but a comment follows on it; else the place itself."""
        end = self.text.find("\n", place)
        end = len(self.text) if end < 0 else end
        rest = self.text[place:end].strip()
        return end if not rest or rest.startswith("#") else place


def _key_of(key: Node, old: dict[Any, Any]) -> Any:
    """The key as the plain values have it: a number or a word may be a key too."""
    return next((it for it in old if str(it).lower() == str(key.value).lower()), key.value)


def _aligned(old: list[Any], new: list[Any]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Which items stayed (changed or not), as places before and after; which went; which came."""
    pairs: list[tuple[int, int]] = []
    gone: list[int] = []
    come: list[int] = []
    matcher = SequenceMatcher(
        None, [canonical(it) for it in old], [canonical(it) for it in new], autojunk=False
    )
    for _, low, high, start, stop in matcher.get_opcodes():
        common = min(high - low, stop - start)
        pairs += [(low + step, start + step) for step in range(common)]
        gone += range(low + common, high)
        come += range(start + common, stop)
    return pairs, gone, come


def _moves(old: list[Any], new: list[Any], gone: list[int], come: list[int]) -> Iterator[tuple[int, int]]:
    """The items that went and came again elsewhere, as places before and after."""
    left = list(gone)
    for place in come:
        was = next((it for it in left if canonical(old[it]) == canonical(new[place])), None)
        if was is not None:
            left.remove(was)
            yield was, place
