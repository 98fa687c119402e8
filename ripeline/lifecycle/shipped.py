"""The playbooks that come with Ripeline."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped_playbook(key: str) -> str:
    """The text of a playbook that comes with Ripeline. Raises FileNotFoundError."""
    return (_folder() / f"{key}.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def shipped_keys() -> tuple[str, ...]:
    """Their names: the default one first, then by the alphabet."""
    found = sorted(path.stem for path in _folder().glob("*.yaml"))
    return tuple(sorted(found, key=lambda key: key != "default"))


def _folder() -> Path:
    """Beside the package in a checkout, inside it where it is installed."""
    installed = _PACKAGE / "shipped_playbooks"
    return installed if installed.is_dir() else _PACKAGE.parent / "playbooks"
