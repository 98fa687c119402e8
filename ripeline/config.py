"""Settings from the environment, typed; a wrong one stops the start with a sentence."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ripeline.wrong_settings import BadSettings, Unusable, no_settings, wrong_settings

SHORTEST_KEY = 32
"""Letters of a secret key: 32 random hexadecimal ones hold the 128 bits nobody can try out."""
MAIL_SCHEMES = ("smtp", "smtp+tls", "smtps")
# Our questions take milliseconds: compiling one, or starting processes to share it, takes longer than answering it.
POSTGRES_OPTIONS = "-c jit=off -c max_parallel_workers_per_gather=0"


def setting(default: Any, tells: str, right: str, *, secret: bool = False, **bounds: Any) -> Any:
    """A setting: what it tells us, and what would be right. A secret one is never shown."""
    extra: dict[str, Any] = {"right": right, "secret": secret}
    return Field(default, description=tells, json_schema_extra=extra, **bounds)


class Config(BaseSettings):
    """What the person who installs Ripeline may choose, each as `RIPELINE_<NAME>`. An empty one is not set."""

    model_config = SettingsConfigDict(env_prefix="RIPELINE_", env_ignore_empty=True, extra="ignore")

    data_dir: Path = setting(
        Path("var"),
        "in which folder the SQLite file, files to import and the secret key are kept",
        "a folder that the user who runs this may write to, such as /var/lib/ripeline",
    )
    database_url: str = setting(
        "",
        "where the database is",
        "sqlite:///path, or postgresql://user:password@host:port/name with odd signs of the password as %XX",
        secret=True,
    )
    secret_key: str = setting(
        "",
        "what sessions are signed with",
        f"at least {SHORTEST_KEY} letters that nobody can guess, or nothing: then one is made and kept",
        secret=True,
    )
    old_secret_keys: str = setting(
        "",
        "secret keys that were replaced: what was signed or sealed with them still counts",
        "keys by blanks, or nothing",
        secret=True,
    )
    history: str = setting(
        "",
        "where the history parts lie, from which definitions are replayed",
        "a folder, or an address that fsspec knows such as s3://bucket/ripeline, or nothing: then in the data folder",
    )
    cluster: str = setting(
        "",
        "which Dask scheduler shares out replays",
        "tcp://host:8786 (tls:// where it has certificates), or nothing: then this machine does them",
    )
    debug: bool = setting(
        False, "whether the browser shows tracebacks, which is for developers only", "true or false"
    )
    allowed_hosts: str = setting(
        "127.0.0.1,localhost",
        "which names the site answers to beside that of RIPELINE_BASE_URL",
        "names without http:// and without a port, by comma, such as leads.example.com,10.0.0.5",
    )
    base_url: str = setting(
        "",
        "under which address people reach the site",
        "http:// or https:// and a name, without a path, such as https://leads.example.com",
    )
    host: str = setting(
        "127.0.0.1", "on which address of this machine the server listens", "an IP address or localhost"
    )
    port: int = setting(
        8000, "on which port the server listens", "a whole number from 1 to 65535", ge=1, le=65535
    )
    web_processes: int = setting(
        2,
        "how many processes serve pages",
        "a whole number from 1 to 64, about one for each core",
        ge=1,
        le=64,
    )
    upload_limit_mb: int = setting(
        500, "how many megabytes a file to import, or of the library, may have", "a whole number from 1", ge=1
    )
    waiting_limit: int = setting(
        1_000_000,
        "how many events may wait for the worker before more are turned away",
        "a whole number from 1,000",
        ge=1_000,
    )
    networks: Path | None = setting(
        None,
        "in which file networks are named, beside those of clouds that are known anyway",
        "a CSV file with lines such as 192.0.2.0/24,datacentre:acme, or nothing",
    )
    time_zone: str = setting(
        "Europe/Amsterdam",
        "in which time zone people are who have not chosen their own",
        "a name such as Europe/Amsterdam or UTC",
    )
    email_url: str = setting(
        "",
        "which mail server sends mails: about passwords, and those that ask for a confirmation",
        "smtp://user:password@host:port, smtp+tls:// (STARTTLS) or smtps:// (TLS), or nothing: then mails go to the"
        " log",
        secret=True,
    )
    email_from: str = setting(
        "",
        "whom these mails come from",
        "an address, such as ripeline@example.com or Ripeline <ripeline@example.com>",
    )
    private_hosts: str = setting(
        "",
        "which hosts of your own network may be connected to where somebody names them on a page, a mail server say",
        "names, addresses or networks by comma, such as mail.internal,10.0.0.0/8, or nothing: then only the internet",
    )
    mail_hook_keys: str = setting(
        "",
        "by which the reports of mail providers are known to be theirs",
        "provider:key with blanks between them, such as mailgun:abc123, or nothing",
        secret=True,
    )
    keep_addresses: bool = setting(
        False,
        "whether the IP address from which a consent was given is kept as its proof",
        "true or false; without it the proof is what was read, when, on which form and page",
    )

    @field_validator("data_dir")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        try:
            is_other = value.exists() and not value.is_dir()
        except OSError as error:
            raise Unusable(str(error.strerror)) from None
        if is_other:
            raise Unusable("it is no folder")
        return value

    @field_validator("networks")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        try:
            is_there = value is None or value.is_file()
        except OSError as error:
            raise Unusable(str(error.strerror)) from None
        if not is_there:
            raise Unusable("there is no such file")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        scheme = value.partition(":")[0]
        if value and scheme not in ("sqlite", "postgres", "postgresql"):
            raise Unusable("it does not begin with sqlite:// or postgresql://")
        # A port that is no number, brackets that do not close: dj_database_url and urlsplit raise ValueError.
        name = dj_database_url.parse(value).get("NAME") if value else "none is wanted"
        if name in ("", ":memory:"):
            raise Unusable("it names no database that several processes could share")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value.strip()) < SHORTEST_KEY:
            raise Unusable("it is too short")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _bare_names(cls, value: str) -> str:
        for given in value.split(","):
            name = given.strip()
            if "/" in name or " " in name or (":" in name and not name.startswith("[")):
                raise Unusable(f"'{name}' is more than a name")
        return value

    @field_validator("base_url")
    @classmethod
    def _site(cls, value: str) -> str:
        site = urlsplit(value)
        if value and (site.scheme not in ("http", "https") or not site.hostname or site.port == 0):
            raise Unusable("it is no address of a site")
        if site.path.strip("/") or site.query or site.fragment or site.username:
            raise Unusable("it holds more than the name of the site")
        # A star would be taken for every name there is; browsers send the letters of other alphabets as xn--.
        if value and not re.fullmatch(r"[a-z\d._-]+|[a-f\d:.]+", site.hostname or ""):
            raise Unusable(
                "a name of a site has letters a to z, digits, dots and hyphens (others are written xn--)"
            )
        return value.rstrip("/").lower()

    @field_validator("host")
    @classmethod
    def _listens(cls, value: str) -> str:
        if value != "localhost":
            ip_address(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception:
            raise Unusable("there is no such time zone") from None
        return value

    @field_validator("history")
    @classmethod
    def _file_system(cls, value: str) -> str:
        scheme, colons, _ = value.partition("://")
        if scheme in ("memory", "http", "https") and colons:
            raise Unusable("no worker can write there what other processes could read")
        if colons and scheme not in known_file_systems():
            raise Unusable(f"no file system is called {scheme}")
        return value

    @field_validator("cluster")
    @classmethod
    def _scheduler(cls, value: str) -> str:
        scheduler = urlsplit(value)
        if value and (scheduler.scheme not in ("tcp", "tls") or not scheduler.hostname or not scheduler.port):
            raise Unusable("it does not begin with tcp:// or tls:// and a host with its port")
        return value

    @field_validator("email_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        server = urlsplit(value)
        if value and (server.scheme not in MAIL_SCHEMES or not server.hostname or server.port == 0):
            raise Unusable("it does not begin with smtp://, smtp+tls:// or smtps:// and the name of a host")
        return value

    @field_validator("email_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        address = parseaddr(value)[1]
        is_one = address in value and re.fullmatch(r"[^@\s]+@[^@\s]+", address)
        if value and ("\n" in value or "\r" in value or not is_one):
            raise Unusable("it holds no address")
        return value

    @model_validator(mode="after")
    def _own_address(self) -> Config:
        """Without an address, people on this machine reach the site where it listens."""
        self.base_url = self.base_url or f"http://127.0.0.1:{self.port}"
        return self

    @property
    def site_name(self) -> str:
        """The host of the address under which people reach the site, as browsers write it."""
        name = urlsplit(self.base_url).hostname or ""
        return f"[{name}]" if ":" in name else name


def known_file_systems() -> set[str]:
    """The beginnings of addresses that fsspec can be asked for; a package more may be needed for one."""
    from fsspec import available_protocols

    return set(available_protocols())


def read_config() -> Config:
    """The settings of this process. Raises BadSettings with a sentence for each wrong one, and each unknown name."""
    said = no_settings(os.environ, Config)
    try:
        config = Config()
    except ValidationError as error:
        said += wrong_settings(error, Config)
    if said:
        raise BadSettings("\n".join(said))
    return config


def database_settings(config: Config) -> dict[str, object]:
    """Django's DATABASES entry: WAL and short immediate writes on SQLite; a thread keeps its connection."""
    if not config.database_url or config.database_url.startswith("sqlite"):
        return _sqlite(config)
    found = dj_database_url.parse(config.database_url, conn_max_age=600, conn_health_checks=True)
    return {**found, "OPTIONS": {"options": POSTGRES_OPTIONS, **found.get("OPTIONS", {})}}


def secret_key(config: Config) -> str:
    """The configured key, or one made at the first start and kept, readable by its owner only."""
    if config.secret_key:
        return config.secret_key
    kept = config.data_dir / "secret_key"
    try:
        if not kept.exists():
            _make_key(config, kept)
        found = kept.read_bytes()
    except OSError as error:
        raise BadSettings(
            f"The secret key cannot be kept in {kept.absolute()}: {error.strerror}. Run every command of Ripeline as"
            " the user to whom that folder belongs, or name another in RIPELINE_DATA_DIR."
        ) from None
    key = found.strip()
    if not key.isascii() or not key.decode("ascii").isprintable() or len(key) < SHORTEST_KEY:
        # Not made anew by itself: what was signed and locked with the one that was here could be read no more.
        what = "is empty" if not key else "holds no key that can be used"
        raise BadSettings(
            f"{kept.absolute()} {what}. Put back the secret key that was there before, from a copy of the folder; where"
            " there is none, delete the file: the next start makes another; then everybody signs in anew, and what was"
            " signed or locked with the one before is lost."
        )
    return key.decode("ascii")


def _make_key(config: Config, kept: Path) -> None:
    """Whole or not there: a key that was only begun would stop every later start. And the first one stays: of several
    processes that start at once, each must sign as the others do."""
    make_data_dir(config)
    begun = config.data_dir / f"secret_key.{os.getpid()}"
    begun.touch(mode=0o600)
    with begun.open("w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        # Before it has its name: a power cut would leave an empty file under it.
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(begun, kept)
    begun.unlink()
    folder = os.open(config.data_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_data_dir(config: Config) -> None:
    """Makes the data folder, closed to others: it holds sessions, password hashes and the key. Raises BadSettings."""
    make_folder(config.data_dir, "RIPELINE_DATA_DIR")


def make_folder(folder: Path, name: str) -> None:
    """Makes a folder that a setting called `name` asks for. Raises BadSettings with a sentence."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(
            f"{name} asks for the folder {folder}, which cannot be made: {error.strerror}."
        ) from None


def _sqlite(config: Config) -> dict[str, object]:
    parsed = dj_database_url.parse(config.database_url) if config.database_url else {}
    name = parsed.get("NAME") or str(config.data_dir / "ripeline.sqlite3")
    make_data_dir(config)
    make_folder(Path(str(name)).parent, "RIPELINE_DATABASE_URL")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "CONN_MAX_AGE": None,
        # A file, not memory: tests run workers in processes of their own.
        "TEST": {"NAME": str(config.data_dir / "test.sqlite3")},
        "OPTIONS": {
            # Writers queue for the lock at BEGIN instead of failing when they first write.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # FULL: what was acknowledged is on disk even when the power fails.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824"
            ),
        },
    }
