"""An order of several products as what was bought of each: a purchase is about a product, its value an amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ripeline.capture.digest.flat import number, plain
from ripeline.lifecycle.touch import Scalar

MOST = 50
"""So many products of an order are told apart; what is bought beside them is one more, without a name."""
LONGEST = 500
NAMES = ("name", "product", "title", "sku", "product_id", "id")
KEPT = ("sku", "product_id", "category")
OF_PRODUCT = ("quantity", *KEPT)
"""What a purchase says of its product alone."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A product of an order (None: those that are not told apart), its share of what was paid, what else is said."""

    subject: str | None
    value: float | None
    attrs: Mapping[str, Scalar]


def bought_of(products: object, total: float | None) -> list[Bought]:
    """What was bought by the products of an order, in its order, each product once. The values add up to `total`, by
    what each costs (alike where that is not known of all); without a total each is what it costs."""
    lines = [each for each in products if isinstance(each, dict)] if isinstance(products, list) else []
    costs: dict[str | None, float | None] = {}
    said: dict[str | None, dict[str, Scalar]] = {}
    for each in lines:
        called = next((word for name in NAMES if (word := plain(each.get(name), LONGEST))), None)
        called = called if called in costs or len(costs) < MOST else None
        count = number(each.get("quantity"))
        price, pieces = number(each.get("price")), 1.0 if count is None else count
        cost = None if price is None else price * pieces
        before = costs.get(called, 0.0)
        costs[called] = None if before is None or cost is None else before + cost
        _add_said(said.setdefault(called, {}), each, pieces, is_named=called is not None)
    values = _shares(list(costs.values()), total)
    return [Bought(name, value, said[name]) for name, value in zip(costs, values, strict=True)]


def _add_said(said: dict[str, Scalar], line: Mapping[str, object], pieces: float, *, is_named: bool) -> None:
    said["quantity"] = float(said.get("quantity") or 0) + pieces
    for name in KEPT if is_named else ():
        if word := plain(line.get(name)):
            said.setdefault(name, word)


def _shares(costs: Sequence[float | None], total: float | None) -> list[float | None]:
    """A total in parts of whole hundredths; the first takes what that leaves."""
    if total is None or not costs:
        return list(costs)
    known = [each for each in costs if each is not None and each >= 0]
    whole = sum(known)
    parts = known if len(known) == len(costs) and whole > 0 else [1.0] * len(costs)
    others = [round(total * part / sum(parts), 2) for part in parts[1:]]
    return [round(total - sum(others), 6), *others]
