"""The files that come from npm."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path

import pytest

from ripeline.web import vendor
from ripeline.web.icons import ICONS

pytestmark = pytest.mark.pure
ROOT = Path(__file__).parents[2]


def made_modules(root: Path) -> Path:
    """node_modules as npm leaves it, with a file or two in each package."""
    for package, files in vendor.FILES.values():
        folder = root / package
        (folder / "dist" / "css").mkdir(parents=True)
        (folder / "package.json").write_text('{"version": "1.2.3"}')
        for file in files:
            (folder / file).write_text("a{}\n/*# sourceMappingURL=a.css.map */")
    drawings = root / "@tabler/icons/icons/outline"
    drawings.mkdir(parents=True)
    for name in ICONS:
        (drawings / f"{name}.svg").write_text(
            '<svg width="24">\n  <path stroke="none" d="M0 0h24v24H0z"/>\n <path d="M1 1"/></svg>'
        )
    return root


def test_only_what_pages_use_is_copied_and_squeezed(tmp_path: Path) -> None:
    manifest = vendor.gather(made_modules(tmp_path / "node_modules"), tmp_path / "vendor")
    assert manifest["tabler.min.css"] == "vendor/tabler-1.2.3/tabler.min.css"
    css = tmp_path / "vendor/tabler-1.2.3/tabler.min.css"
    assert css.read_text() == "a{}"
    assert gzip.decompress(css.with_name("tabler.min.css.gz").read_bytes()) == b"a{}"
    assert json.loads((tmp_path / "vendor/manifest.json").read_text()) == manifest


def test_an_earlier_copy_stays_when_something_is_missing(tmp_path: Path) -> None:
    modules = made_modules(tmp_path / "node_modules")
    vendor.gather(modules, tmp_path / "vendor")
    (modules / "htmx.org/dist/htmx.min.js").unlink()
    with pytest.raises(FileNotFoundError):
        vendor.gather(modules, tmp_path / "vendor")
    assert (tmp_path / "vendor/htmx-1.2.3/htmx.min.js").exists()


def test_where_nothing_may_be_written_npm_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "nowhere" / "vendor")
    with pytest.raises(vendor.NoFrontEnd, match="Run `ripeline assets` as the user who installed Ripeline"):
        vendor.main()


def test_every_icon_is_in_the_sprite_without_its_empty_box(tmp_path: Path) -> None:
    made = vendor.sprite(made_modules(tmp_path) / "@tabler/icons/icons/outline")
    assert made.count("<symbol") == len(ICONS) == len(set(ICONS))
    assert "M0 0h24v24H0z" not in made


def test_an_npm_that_fails_is_quoted_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network is unreachable' >&2\nexit 1\n")
    npm.chmod(npm.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(vendor.NoFrontEnd) as failed:
        vendor.run_npm_ci(tmp_path)
    said = str(failed.value)
    assert "npm error network is unreachable" in said
    assert "`ripeline assets`" in said


def test_the_lock_file_pins_hashes_and_holds_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not any("resolved" in each for each in packages.values())
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
