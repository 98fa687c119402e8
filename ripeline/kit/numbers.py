"""Numbers in addresses and forms, where anything may stand."""

MOST_DIGITS = 18
"""So many fit every column of a database, and are read at once."""


def read_number(text: str, *, otherwise: int = 0) -> int:
    """The whole number, from 0, that an address or a form holds; `otherwise` where it holds none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else otherwise


def read_share(written: str) -> float:
    """A share written in per cent, with a comma or a point; 0 for what is none."""
    try:
        share = float(written.replace(",", ".").replace("%", "").strip()) / 100
    except ValueError:
        return 0.0
    return share if 0 < share < 1 else 0.0
