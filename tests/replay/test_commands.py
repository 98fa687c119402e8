"""`ripeline playbook check`, `ripeline replay` and `ripeline explain`, as scripts and people use them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ripeline.cli import main
from ripeline.lifecycle.touch import KINDS
from ripeline.replay.run import read_playbook
from tests.replay.files import record, write_jsonl
from tests.replay.golden import CASES, CHECKOUT, GOLDEN, approximately, needs_golden, rows_of

pytestmark = pytest.mark.pure

SMALL = """
key: small
title: Small
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: subscribed}}
"""


def ripeline(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def replay(folder: Path, *, playbook: Path | None = None, touches: Path | None = None, **more: str) -> Result:
    """The command with good arguments, save those given."""
    options = {
        "playbook": playbook or write_playbook(folder),
        "touches": touches or write_touches(folder),
        "transitions": folder / "transitions.jsonl",
        "standings": folder / "standings.jsonl",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return ripeline(
        "replay", *[part for name, value in options.items() for part in (f"--{name}", str(value))]
    )


def write_playbook(folder: Path, text: str = SMALL) -> Path:
    path = folder / "playbook.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write_touches(folder: Path) -> Path:
    records = [
        record("t1", "ana", "2026-03-01T09:30:00Z", "subscribed"),
        record("t2", "zoe", "2026-03-02T00:00:00Z"),
    ]
    return write_jsonl(folder / "touches.jsonl", records)


def refused(result: Result) -> str:
    """What was said on standard error by a command that could not use what it was given."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


@needs_golden
@pytest.mark.parametrize("case", CASES)
def test_the_command_gives_each_golden_case(case: str, tmp_path: Path) -> None:
    result = replay(
        tmp_path,
        playbook=GOLDEN / case / "playbook.yaml",
        touches=GOLDEN / case / "touches.jsonl",
        as_of=(GOLDEN / case / "as_of").read_text().strip(),
    )
    assert (result.exit_code, result.stdout) == (0, "")
    for name in ("transitions", "standings"):
        assert rows_of(tmp_path / f"{name}.jsonl") == approximately(rows_of(GOLDEN / case / f"{name}.jsonl"))


def test_the_command_as_a_script_runs_it_is_quiet_and_writes_both_files(tmp_path: Path) -> None:
    outs = ["--transitions", str(tmp_path / "t.csv"), "--standings", str(tmp_path / "s.csv")]
    given = ["--playbook", str(write_playbook(tmp_path)), "--touches", str(write_touches(tmp_path))]
    done = subprocess.run(
        [sys.executable, "-m", "ripeline", "replay", *given, *outs],
        cwd=CHECKOUT,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "t.csv").read_text() == (
        "person,at,from,to,cause,rule,score,grade\nana,2026-03-01T09:30:00Z,suspect,lead,touch,lead.enter,0.0,\n"
    )
    assert (tmp_path / "s.csv").read_text().splitlines()[1:] == [
        "ana,lead,2026-03-01T09:30:00Z,0.0,,,,active,2026-03-01T09:30:00Z",
        "zoe,suspect,2026-03-02T00:00:00Z,0.0,,,,active,2026-03-02T00:00:00Z",
    ]


def test_a_shipped_playbook_is_named_without_its_file(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "playbooks" / "default.yaml"
    touches = write_touches(tmp_path)
    named = ripeline("replay", "--playbook", "default", "--touches", touches)
    assert (named.exit_code, named.stdout) == (
        0,
        ripeline("replay", "--playbook", shipped, "--touches", touches).stdout,
    )
    assert (
        "no_such: cannot be read" in ripeline("replay", "--playbook", "no_such", "--touches", touches).stderr
    )


def test_a_terminal_sees_a_summary_and_a_pipe_sees_none(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    outs = ["--transitions", str(tmp_path / "t.jsonl"), "--standings", str(tmp_path / "s.jsonl")]
    given = ["--playbook", str(write_playbook(tmp_path)), "--touches", str(write_touches(tmp_path))]
    command = [sys.executable, "-m", "ripeline", "replay", *given, *outs]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    seen = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "2 touches of 2 people" in seen
    assert "1 transition; now 1 suspect, 1 lead" in seen


def test_a_replay_without_files_prints_the_funnel(tmp_path: Path) -> None:
    given = ["--playbook", write_playbook(tmp_path), "--touches", write_touches(tmp_path)]
    result = ripeline("replay", *given)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["Stage", "People", "Moves", "in"],
        ["Suspect", "1", "0"],
        ["Lead", "1", "1"],
        ["All", "2", "1"],
    ]


def test_one_file_alone_may_be_asked_for_and_then_a_pipe_stays_quiet(tmp_path: Path) -> None:
    given = ["--playbook", write_playbook(tmp_path), "--touches", write_touches(tmp_path)]
    result = ripeline("replay", *given, "--standings", tmp_path / "s.csv")
    assert (result.exit_code, result.output) == (0, "")
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 3
    assert [path.name for path in tmp_path.glob("*.csv")] == ["s.csv"]


def test_a_terminal_sees_the_funnel_beside_the_files(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    outs = ["--transitions", str(tmp_path / "t.jsonl"), "--standings", str(tmp_path / "s.jsonl")]
    given = ["--playbook", str(write_playbook(tmp_path)), "--touches", str(write_touches(tmp_path))]
    command = [sys.executable, "-m", "ripeline", "replay", *given, *outs]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=theirs, stderr=subprocess.PIPE, timeout=60)
    os.close(theirs)
    seen = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Moves in" in seen
    assert (tmp_path / "s.jsonl").exists()


def test_the_commands_start_without_django_and_without_the_libraries_of_a_run() -> None:
    look = (
        "import sys, ripeline.cli, ripeline.replay.commands as c; assert c.replay_command and c.explain_command; "
        "print([m for m in ('django', 'pyarrow', 'numpy', 'rich', 'pydantic', 'ruamel') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", look], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert found.stdout == "[]\n", found.stderr


def test_a_run_never_loads_django(tmp_path: Path) -> None:
    look = "import sys, ripeline.replay.run; print('django' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", look], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert found.stdout == "False\n", found.stderr


def test_a_record_that_cannot_be_read_stops_all_with_file_and_line(tmp_path: Path) -> None:
    touches = tmp_path / "touches.jsonl"
    touches.write_text(
        '{"id": "t1", "person": "ana", "at": "2026-03-01T09:30:00Z", "kind": "subscribed"}\n{"id": 7}\n'
    )
    said = refused(replay(tmp_path, touches=touches))
    assert said == f"{touches}, line 2: 'kind' must be a text that is not empty, but it is missing\n"
    assert not list(tmp_path.glob("*standings*"))
    assert not list(tmp_path.glob("*transitions*"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"touches": "nowhere.jsonl"}, "there is no such file or folder"),
        ({"touches": "touches.xml"}, "there is no such file or folder"),
        ({"playbook": "nowhere.yaml"}, "cannot be read: No such file or directory"),
        ({"as_of": "yesterday"}, "'yesterday' is not an instant; write it like 2026-03-01T09:30:00Z"),
        ({"as_of": "2026-03-01"}, "is not an instant"),
        ({"transitions": "out.xlsx"}, "the ending must be one of .jsonl, .csv, .parquet"),
        ({"transitions": "/nowhere/at/all/out.csv"}, "the folder /nowhere/at/all does not exist"),
    ],
)
def test_what_cannot_be_used_is_said_and_ends_with_2(tmp_path: Path, given: dict[str, str], why: str) -> None:
    paths = {name: Path(value) for name, value in given.items() if name in ("playbook", "touches")}
    others = {name: value for name, value in given.items() if name not in paths}
    assert why in refused(replay(tmp_path, **paths, **others))  # type: ignore[arg-type]


def test_a_missing_option_ends_with_2(tmp_path: Path) -> None:
    assert "--touches" in refused(ripeline("replay", "--playbook", write_playbook(tmp_path)))


def test_a_mistake_in_the_playbook_stops_a_replay_before_it_begins(tmp_path: Path) -> None:
    playbook = write_playbook(tmp_path, SMALL.replace("signal: subscribed", "signal: subscrived"))
    assert f"{playbook}:6: " in refused(replay(tmp_path, playbook=playbook))


def test_check_says_in_a_line_what_a_playbook_is_called_and_which_version_it_is(tmp_path: Path) -> None:
    path = write_playbook(tmp_path)
    done, playbook = ripeline("playbook", "check", path), read_playbook(path)
    said = f"playbook.yaml is a playbook: {playbook.title}, 2 stages, version {playbook.version[:8]}\n"
    assert (done.exit_code, done.output) == (0, said)


@pytest.mark.parametrize(
    "name", ["default", "schurq", "choosemycrm", "pointed", "three-criteria", "four-maturities"]
)
def test_check_accepts_every_shipped_playbook(name: str) -> None:
    assert ripeline("playbook", "check", CHECKOUT / "playbooks" / f"{name}.yaml").exit_code == 0


def test_check_names_every_mistake_with_its_line_and_key(tmp_path: Path) -> None:
    text = SMALL.replace("signal: subscribed", "signal: subscrived").replace("title: Small", "titel: Small")
    path = write_playbook(tmp_path, text)
    said = refused(ripeline("playbook", "check", path)).splitlines()
    assert any(line.startswith(f"{path}:3: titel: ") for line in said)
    assert any(line.startswith(f"{path}:6: stages[1].enter.signal: ") for line in said)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", ":1: "),
        (b"key: [unclosed", "not readable as YAML"),
        (b"key: \xff\xfe", "not UTF-8 (byte 6)"),
        (b"- a\n- b\n", ":1: "),
        (b"{" * 5000, "nested too deeply"),
    ],
)
def test_check_refuses_what_is_no_playbook_at_all(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_bytes(content)
    assert why in refused(ripeline("playbook", "check", path))


def test_the_kinds_of_touch_are_listed_with_direction_and_meaning() -> None:
    lines = [line.split(maxsplit=2) for line in ripeline("playbook", "kinds").stdout.splitlines()]
    assert ["email_replied", "in", "reply"] in lines
    assert [line[0] for line in lines] == [*KINDS, "inbound"]


def test_check_of_a_folder_says_so(tmp_path: Path) -> None:
    assert "Is a directory" in refused(ripeline("playbook", "check", tmp_path))


def test_explain_tells_the_story_in_sentences(tmp_path: Path) -> None:
    given = ["--playbook", write_playbook(tmp_path), "--touches", write_touches(tmp_path)]
    result = ripeline("explain", *given, "--person", "ana")
    assert result.exit_code == 0
    assert "Lead on 1 March" in result.stdout
    assert result.stderr == ""
    early = ripeline("explain", *given, "--person", "ana", "--as-of", "2026-02-01T00:00:00Z")
    assert "the first comes later" in refused(early)
    assert "there is no touch of 'nobody'" in refused(ripeline("explain", *given, "--person", "nobody"))


def test_a_name_from_outside_cannot_steer_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07ana"
    touches = write_jsonl(
        tmp_path / "touches.jsonl", [record("t1", evil, "2026-03-01T09:30:00Z", "subscribed", subject=evil)]
    )
    result = ripeline(
        "explain", "--playbook", write_playbook(tmp_path), "--touches", touches, "--person", evil
    )
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\x07" not in result.output


def test_a_stage_set_by_hand_to_an_unknown_stage_is_reported_and_no_failure(tmp_path: Path) -> None:
    touches = write_jsonl(
        tmp_path / "touches.jsonl", [record("t1", "ana", "2026-03-01T09:30:00Z", "stage_set", subject="mql")]
    )
    result = replay(tmp_path, touches=touches)
    assert result.exit_code == 0
    assert "mql" in result.stderr
