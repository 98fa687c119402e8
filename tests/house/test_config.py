"""Settings: what can be used is, what cannot stops the start with a sentence of ours, and no secret is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ripeline.config import Config, make_data_dir, read_config, secret_key
from ripeline.wrong_settings import BadSettings

pytestmark = pytest.mark.pure
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("RIPELINE_"):
            monkeypatch.delenv(name)


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What is said about these settings."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as stopped:
        read_config()
    return str(stopped.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "many", "It says on which port the server listens: a whole number from 1 to 65535."),
        ("PORT", "70000", "a whole number from 1 to 65535."),
        (
            "DEBUG",
            "perhaps",
            "It says whether the browser shows tracebacks, which is for developers only: true",
        ),
        ("TIME_ZONE", "Moon/Base", "cannot be used: there is no such time zone."),
        ("BASE_URL", "leads.example.com", "it is no address of a site"),
        ("BASE_URL", "https://leads.example.com/crm", "it holds more than the name of the site"),
        ("BASE_URL", "https://leads.example.com:many", "such as https://leads.example.com."),
        ("ALLOWED_HOSTS", "https://leads.example.com", "'https://leads.example.com' is more than a name"),
        ("HOST", "everywhere", "an IP address or localhost."),
        ("WEB_PROCESSES", "0", "a whole number from 1 to 64"),
        ("UPLOAD_LIMIT_MB", "-1", "a whole number from 1."),
        ("BASE_URL", "https://*", "a name of a site has letters a to z"),
        ("BASE_URL", "https://leads example.com", "a name of a site has letters a to z"),
        ("BASE_URL", "https://bücher.example", "(others are written xn--)"),
        ("ALLOWED_HOSTS", "leads.example.com 10.0.0.5", "'leads.example.com 10.0.0.5' is more than a name"),
        ("EMAIL_FROM", "Ripeline", "it holds no address"),
        ("EMAIL_FROM", "ripeline@", "it holds no address"),
        ("EMAIL_FROM", "ripe line@example.com", "it holds no address"),
        ("DATA_DIR", "/" + 300 * "a", "File name too long"),
        ("NETWORKS", "/" + 300 * "a", "File name too long"),
        ("DATA_DIR", __file__, "it is no folder"),
    ],
)
def test_a_wrong_setting_is_told_with_its_name_what_was_given_and_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    said = refused(monkeypatch, **{f"RIPELINE_{name}": value})
    assert said.startswith(f"RIPELINE_{name}={value} cannot be used")
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("EMAIL_URL", "foo", "smtp://user:password@host:port"),
        ("EMAIL_URL", "https://me:hunter2@mail.example.com", "it does not begin with smtp://"),
        ("EMAIL_URL", "smtp://", "and the name of a host"),
        ("EMAIL_URL", "smtp://me:hunter2@mail.example.com:hunter2", "smtps:// (TLS)"),
        ("EMAIL_URL", "smtp://me:hunt/hunter2@mail.example.com", "smtp://user"),
        (
            "DATABASE_URL",
            "mysql://me:hunter2@db/ripeline",
            "it does not begin with sqlite:// or postgresql://",
        ),
        (
            "DATABASE_URL",
            "postgresql://me:hunter2@db:hunter2/ripeline",
            "with odd signs of the password as %XX",
        ),
        ("DATABASE_URL", "postgresql://me:hunter2@db", "it names no database"),
        ("DATABASE_URL", "sqlite://:memory:", "it names no database that several processes could share"),
        ("SECRET_KEY", "hunter2", "it is too short"),
        ("SECRET_KEY", " " * 40, "it is too short"),
    ],
)
def test_a_wrong_secret_is_told_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    said = refused(monkeypatch, **{f"RIPELINE_{name}": value})
    assert said.startswith(f"RIPELINE_{name} cannot be used")
    assert says in said
    assert "hunter2" not in said


def test_every_setting_speaks_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, RIPELINE_PORT="x", RIPELINE_DEBUG="x", RIPELINE_WEB_PROCESSES="65")
    assert len(said.splitlines()) == 3, "one sentence for each"
    for word in ("Input", "valid", "pydantic", "parse", "type="):
        assert word not in said


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("RIPELINE_DATABSE_URL", "did you mean RIPELINE_DATABASE_URL?"),
        ("ripeline_prot", "did you mean RIPELINE_PORT?"),
        ("RIPELINE_EMAIL", "did you mean RIPELINE_EMAIL_URL?"),
        ("RIPELINE_XYZZY", "unset it. Those there are: RIPELINE_DATA_DIR, RIPELINE_DATABASE_URL,"),
    ],
)
def test_a_misspelt_name_stops_the_start_and_names_the_right_one(
    monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    said = refused(monkeypatch, **{name: "postgresql://me:hunter2@db/x"})
    assert said.startswith(f"{name} is no setting; {advice}")
    assert "hunter2" not in said


def test_names_of_tests_and_empty_settings_are_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RIPELINE_TEST_POSTGRES", "RIPELINE_BENCH_CONTACTS", "RIPELINE_SHARED", "RIPELINE_CHROMIUM"):
        monkeypatch.setenv(name, "anything")
    monkeypatch.setenv("RIPELINE_PORT", "")
    monkeypatch.setenv("ripeline_host", "::1")
    assert (read_config().port, read_config().host) == (8000, "::1")


def test_without_an_address_the_site_is_reached_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPELINE_PORT", "8123")
    assert read_config().base_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("RIPELINE_BASE_URL", "https://leads.example.com/")
    assert (read_config().base_url, read_config().site_name) == (
        "https://leads.example.com",
        "leads.example.com",
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        BadSettings, match=r"RIPELINE_DATA_DIR asks for the folder .*, which cannot be made: Not a"
    ):
        make_data_dir(Config(data_dir=tmp_path / "file" / "data"))


def test_a_key_that_cannot_be_kept_or_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A folder in its place stands for one of somebody else's: root, as whom tests may run, may read everything.
    (tmp_path / "secret_key").mkdir()
    monkeypatch.setenv("RIPELINE_DATA_DIR", str(tmp_path))
    with pytest.raises(BadSettings) as stopped:
        secret_key(read_config())
    assert str(stopped.value) == (
        f"The secret key cannot be kept in {tmp_path}/secret_key: Is a directory. Run every command of Ripeline as"
        " the user to whom that folder belongs, or name another in RIPELINE_DATA_DIR."
    )


@pytest.mark.parametrize(
    ("kept", "what"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"short\n", "holds no key that can be used"),
        (b"\0" * 67, "holds no key that can be used"),
        ("\u00fc".encode("latin-1") * 67, "holds no key that can be used"),
    ],
)
def test_a_kept_key_that_cannot_be_used_stops_every_command(tmp_path: Path, kept: bytes, what: str) -> None:
    (tmp_path / "secret_key").write_bytes(kept)
    with pytest.raises(BadSettings) as stopped:
        secret_key(Config(data_dir=tmp_path, secret_key=""))
    assert str(stopped.value).startswith(f"{tmp_path}/secret_key {what}. Put back the secret key")
    # Nobody made another in its place.
    assert (tmp_path / "secret_key").read_bytes() == kept


def test_the_doctor_says_that_the_kept_key_is_empty(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    known = {name: value for name, value in os.environ.items() if not name.startswith("RIPELINE_")}
    done = subprocess.run(
        [sys.executable, "-m", "ripeline", "doctor"],
        env=known | {"RIPELINE_DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/secret_key is empty. Put back")


def django_says(expression: str, **variables: str) -> str:
    """What a process with these settings makes of Django's."""
    code = f"from ripeline import settings as s; print({expression})"
    known = {name: value for name, value in os.environ.items() if not name.startswith("RIPELINE_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=known | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("smtp://mail.example.com", "('mail.example.com', 25, '', '', False, False)"),
        ("smtp+tls://me:a%40b@mail.example.com", "('mail.example.com', 587, 'me', 'a@b', True, False)"),
        ("smtps://me:x@mail.example.com", "('mail.example.com', 465, 'me', 'x', False, True)"),
        ("smtps://mail.example.com:2465", "('mail.example.com', 2465, '', '', False, True)"),
    ],
)
def test_a_mail_server_is_spoken_to_as_its_address_says(tmp_path: Path, url: str, means: str) -> None:
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    expression = f"({', '.join(f's.EMAIL_{name}' for name in names)})"
    assert django_says(expression, RIPELINE_EMAIL_URL=url, RIPELINE_DATA_DIR=str(tmp_path)) == means


def test_a_site_behind_https_closes_its_cookies_and_answers_to_its_own_name(tmp_path: Path) -> None:
    said = django_says(
        "(s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0,"
        " s.CSRF_TRUSTED_ORIGINS, s.DEFAULT_FROM_EMAIL, s.ALLAUTH_TRUSTED_PROXY_COUNT)",
        RIPELINE_BASE_URL="HTTPS://Leads.example.com",
        RIPELINE_DATA_DIR=str(tmp_path),
    )
    assert said == (
        "(['leads.example.com', '127.0.0.1', 'localhost'], True, True, True, ['https://leads.example.com'],"
        " 'Ripeline <ripeline@leads.example.com>', 1)"
    )


def test_a_start_with_a_wrong_setting_prints_the_sentence_and_no_traceback(tmp_path: Path) -> None:
    environment = os.environ | {"RIPELINE_EMAIL_URL": "foo", "RIPELINE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "ripeline", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("RIPELINE_EMAIL_URL cannot be used")
    assert "Traceback" not in done.stderr
