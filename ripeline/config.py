"""Settings from the environment, typed; a wrong one stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import dj_database_url
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class BadSettings(SystemExit):
    """The environment holds a setting that cannot be used. Its text is one sentence per mistake."""


class Config(BaseSettings):
    """What the person who installs Ripeline may choose, each as `RIPELINE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="RIPELINE_", extra="ignore")

    data_dir: Path = Field(Path("var"), description="folder for the SQLite file, uploads and the secret key")
    database_url: str = Field(
        "", description="sqlite:///path or postgresql://user:pass@host/name; empty: SQLite"
    )
    secret_key: str = Field("", description="signs sessions; empty: made once and kept in the data folder")
    debug: bool = Field(False, description="developers only: tracebacks in the browser")
    allowed_hosts: str = Field("127.0.0.1,localhost", description="names this site answers to, by comma")
    base_url: str = Field("http://127.0.0.1:8000", description="address under which people reach the site")
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the server listens on")
    web_processes: int = Field(
        2, ge=1, le=64, description="processes that serve pages; about one for each core"
    )
    upload_limit_mb: int = Field(500, ge=1, description="largest file that may be imported, in megabytes")
    time_zone: str = Field("Europe/Amsterdam", description="zone of people who have not chosen their own")
    email_url: str = Field("", description="smtp://user:pass@host:port; empty: mail is printed to the log")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        scheme = value.partition(":")[0]
        if value and scheme not in ("sqlite", "postgres", "postgresql"):
            raise ValueError(
                f"starts with '{scheme}:' but only sqlite:// and postgresql:// addresses are known"
            )
        return value

    @field_validator("base_url")
    @classmethod
    def _has_scheme(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except Exception:
            raise ValueError(f"'{value}' is no time zone; use a name such as Europe/Amsterdam") from None
        return value


def read_config() -> Config:
    """The settings of this process. Raises BadSettings with a sentence for each wrong one."""
    try:
        return Config()
    except ValidationError as error:
        raise BadSettings("\n".join(_sentences(error))) from None


def database_settings(config: Config) -> dict[str, object]:
    """Django's DATABASES entry: WAL and short immediate writes on SQLite; a thread keeps its connection."""
    if not config.database_url or config.database_url.startswith("sqlite"):
        return _sqlite(config)
    return dict(dj_database_url.parse(config.database_url, conn_max_age=600, conn_health_checks=True))


def secret_key(config: Config) -> str:
    """The configured key, or one made at the first start and kept, readable by its owner only."""
    if config.secret_key:
        return config.secret_key
    kept = config.data_dir / "secret_key"
    if not kept.exists():
        make_data_dir(config)
        # Whole or not there: a key that was only begun would stop every later start.
        begun = config.data_dir / f"secret_key.{os.getpid()}"
        begun.touch(mode=0o600)
        begun.write_text(secrets.token_urlsafe(50))
        begun.replace(kept)
    return kept.read_text().strip()


def make_data_dir(config: Config) -> None:
    """Makes the data folder, closed to others: it holds sessions, password hashes and the key."""
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sqlite(config: Config) -> dict[str, object]:
    parsed = dj_database_url.parse(config.database_url) if config.database_url else {}
    name = parsed.get("NAME") or str(config.data_dir / "ripeline.sqlite3")
    make_data_dir(config)
    Path(str(name)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def _sentences(error: ValidationError) -> list[str]:
    said = []
    for mistake in error.errors():
        name = "RIPELINE_" + "_".join(str(part) for part in mistake["loc"]).upper()
        why = mistake["msg"].removeprefix("Value error, ")
        field = Config.model_fields.get(str(mistake["loc"][0])) if mistake["loc"] else None
        hint = f" It is the {field.description}." if field and field.description else ""
        said.append(f"{name}={mistake['input']!r} cannot be used: {why}.{hint}")
    return said
