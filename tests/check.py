"""`make check`, beyond the linters: sizes of rooms, truth of the documents."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ripeline.cli import COMMANDS
from ripeline.config import Config
from ripeline.wrong_settings import OF_DEVELOPERS, setting_name

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def main() -> int:
    """Prints each finding; returns 1 if there is any."""
    findings = [
        *long_files(),
        *long_functions(),
        *dead_links(),
        *missing_from_the_map(),
        *settings_not_told(),
        *targets_that_are_none(),
        *words_of_elsewhere(),
    ]
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings in sizes and documents.")
    return 1 if findings else 0


def long_files() -> Iterator[str]:
    """Python files over 400 lines."""
    for path in _tracked("*.py"):
        lines = len(path.read_text().splitlines())
        if lines > LONGEST_FILE and "migrations" not in path.parts:
            yield f"{_name(path)}: {lines} lines; split it where it has two reasons to change."


def long_functions() -> Iterator[str]:
    """Functions of 50 lines or more."""
    for path in _tracked("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length >= LONGEST_FUNCTION:
                    yield f"{_name(path)}:{node.lineno} {node.name}: {length} lines in one function."


def dead_links() -> Iterator[str]:
    """Relative links of the documents that lead nowhere."""
    for path in _tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if (
                "://" not in target
                and not target.startswith("mailto:")
                and not (path.parent / target).exists()
            ):
                yield f"{_name(path)}: the link to {target} leads nowhere."


def missing_from_the_map() -> Iterator[str]:
    """Packages that docs/map.md does not name."""
    text = (ROOT / "docs" / "map.md").read_text()
    for package in sorted((ROOT / "ripeline").glob("*/__init__.py")):
        name = package.parent.name
        if name != "migrations" and f"`{name}" not in text:
            yield f"docs/map.md does not say what {name} is."


def settings_not_told() -> Iterator[str]:
    """Settings that the guide does not name, and names in the documents that are no setting."""
    known = {setting_name(field) for field in Config.model_fields}
    told = set(re.findall(r"RIPELINE_[A-Z_]+[A-Z]", (ROOT / "docs" / "guide" / "install.md").read_text()))
    yield from (f"docs/guide/install.md does not tell what {name} is." for name in sorted(known - told))
    for path in _tracked("*.md"):
        for name in sorted(set(re.findall(r"RIPELINE_[A-Z_]+[A-Z]", path.read_text())) - known):
            if not name.startswith(OF_DEVELOPERS):
                yield f"{_name(path)}: {name} is no setting."


def targets_that_are_none() -> Iterator[str]:
    """`make` targets and `ripeline` commands that the documents name and that are not there."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in _tracked("*.md"):
        text = path.read_text()
        yield from (
            f"{_name(path)}: there is no `make {name}`."
            for name in sorted(set(re.findall(r"`make ([a-z]+)", text)) - targets)
        )
        yield from (
            f"{_name(path)}: there is no command `ripeline {name}`."
            for name in sorted(set(re.findall(r"`ripeline ([a-z]+)", text)) - set(COMMANDS))
        )


def words_of_elsewhere() -> Iterator[str]:
    """Paths of a machine, and work left for later, in what is committed."""
    marks = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/|\b(?:TODO|FIX" + r"ME|XX" + r"X)\b")
    for path in _tracked("*.py", "*.md", "*.html", "*.js", "*.css", "*.yaml", "*.toml", "Makefile"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if marks.search(line) and path != Path(__file__).resolve():
                yield f"{_name(path)}:{number}: {line.strip()[:100]}"


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    raise SystemExit(main())
