"""What is said about settings that cannot be used: the name, what was given, what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

PREFIX = "RIPELINE_"
# Not settings: what tests and benchmarks of a checkout look for.
OF_DEVELOPERS = ("RIPELINE_TEST_", "RIPELINE_BENCH_", "RIPELINE_SHARED", "RIPELINE_CHROMIUM")


class BadSettings(SystemExit):
    """The environment holds a setting that cannot be used. Its text is one sentence per mistake."""


class Unusable(ValueError):
    """Why a setting cannot be used, in words that show nothing of a secret one."""


def no_settings(environment: Iterable[str], config: type[BaseModel]) -> list[str]:
    """A sentence for each variable that looks like a setting and is none: a slip would be passed over in silence."""
    known = [setting_name(field) for field in config.model_fields]
    said = []
    for name in sorted(environment):
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in known and not upper.startswith(OF_DEVELOPERS):
            # Without what they all begin with, or everything would be near.
            words = {each.removeprefix(PREFIX): each for each in known}
            near = get_close_matches(upper.removeprefix(PREFIX), words, n=1)
            advice = (
                f"did you mean {words[near[0]]}?"
                if near
                else f"unset it. Those there are: {', '.join(known)}."
            )
            said.append(f"{name} is no setting; {advice}")
    return said


def wrong_settings(error: ValidationError, config: type[BaseModel]) -> list[str]:
    """A sentence for each setting that `config` refused."""
    return [_sentence(mistake, config) for mistake in error.errors()]


def setting_name(field: str) -> str:
    """The environment variable of a field of the configuration."""
    return f"{PREFIX}{field.upper()}"


def _sentence(mistake: Mapping[str, Any], config: type[BaseModel]) -> str:
    name = str(mistake["loc"][0]).lower()
    field = config.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    given = "" if extra["secret"] else f"={mistake['input']}"
    # Only our own reasons are said: a library's tell of its types, and may quote part of a password.
    reason = mistake.get("ctx", {}).get("error")
    why = f": {reason}" if isinstance(reason, Unusable) else ""
    return f"{setting_name(name)}{given} cannot be used{why}. It says {field.description}: {extra['right']}."
