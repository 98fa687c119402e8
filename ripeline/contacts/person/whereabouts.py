"""Where a contact is: the country's name and what their clock shows, from the machine's own tables of zones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows where somebody lives: `time` such as 14:05, in `place`."""

    time: str
    place: str
    is_night: bool


def country_name(code: str) -> str:
    """Netherlands for NL; the code itself where this machine has no table of countries."""
    return _country_names().get(code, code)


def countries() -> list[tuple[str, str]]:
    """Codes and names of all countries, by name."""
    return sorted(_country_names().items(), key=lambda pair: pair[1])


def clock(time_zone: str, country: str, now: datetime) -> Clock | None:
    """The clock where they are: by their zone, else by their country where it has one zone only."""
    zone = time_zone or _only_zone(country)
    try:
        local = now.astimezone(ZoneInfo(zone)) if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
    if local is None:
        return None
    return Clock(f"{local:%H:%M}", zone.rpartition("/")[2].replace("_", " "), not 7 <= local.hour < 20)


def _only_zone(country: str) -> str:
    zones = _zones_by_country().get(country, ())
    return zones[0] if len(zones) == 1 else ""


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    return {code: name for code, name, *_ in _rows("iso3166.tab")}


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = defaultdict(list)
    for code, _, zone, *_ in _rows("zone.tab"):
        zones[code].append(zone)
    return zones


def _rows(name: str) -> Iterator[list[str]]:
    for folder in TZPATH:
        table = Path(folder) / name
        if table.is_file():
            lines = table.read_text(encoding="utf-8").splitlines()
            yield from (line.split("\t") for line in lines if line and not line.startswith("#"))
            return
