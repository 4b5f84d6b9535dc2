"""Every setting of the service, once: name, type, default, and what it is for.

Settings are environment variables with the prefix ``REFLECTIONS_``. They are read at four edges only
(``service.app``, ``service.cli``, ``workers.jobs`` and the migrations) by :func:`load`; everyone else is
given what he needs. An unknown or malformed one stops the start with one clear line.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "REFLECTIONS_"


class BadSettings(ValueError):
    """What is wrong with the settings, as one line for a person."""


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """A network that fetches may reach although it is not public, on one port or (``None``) any."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int | None

    @classmethod
    def parse(cls, text: str) -> AllowedNetwork:
        """``127.0.0.1/32``, ``127.0.0.1/32:8001`` or ``[fd00::/8]:8001``; one that holds everything is refused."""
        match = re.fullmatch(
            r"\[(?P<six>[0-9a-fA-F:.]+(?:/\d+)?)\](?::(?P<port6>\d+))?|(?P<four>[0-9.]+(?:/\d+)?)(?::(?P<port4>\d+))?|(?P<bare>[0-9a-fA-F:]+(?:/\d+)?)",
            text,
        )
        if match is None:
            raise ValueError(f"{text!r} is not a network such as 10.1.0.0/16 or 127.0.0.1/32:8001")
        network = ipaddress.ip_network(match["six"] or match["four"] or match["bare"])
        if network.prefixlen == 0:
            raise ValueError(f"{text!r} would open every address there is")
        port = match["port6"] or match["port4"]
        if port is not None and not 0 < int(port) < 65536:
            raise ValueError(f"{text!r} has a port that does not exist")
        return cls(network, int(port) if port else None)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds."""

    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out."""

    host: str
    port: int
    tls: bool
    """Whether the connection begins with TLS (RFC 8314), and not with STARTTLS where there is any."""
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> MailServer:
        """``smtp://user:password@mail.example:587`` or ``smtps://…``; the ports are 587 and 465 unless one is given."""
        match = re.fullmatch(
            r"(smtps?)://(?:([^:@/\s]+):([^@/\s]*)@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?/?", text
        )
        if match is None or not 0 < int(match[5] or 1) < 65536:
            raise ValueError("must be an address such as smtp://user:password@mail.example:587")
        tls = match[1] == "smtps"
        port = int(match[5]) if match[5] else 465 if tls else 587
        return cls(match[4].strip("[]"), port, tls, unquote(match[2] or ""), unquote(match[3] or ""))


_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def _rates(text: str) -> dict[str, Rate]:
    rates = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = re.fullmatch(r"(address|domain|total)=(\d+)/(second|minute|hour|day)", part)
        if match is None:
            raise ValueError(f"{part!r} is not a limit such as address=300/minute")
        rates[match[1]] = Rate(int(match[2]), _SPANS[match[3]])
    return rates


class Settings(BaseSettings):
    """The settings, checked. Defaults are those of the embedded run."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: str = Field("", description="SQLite in the data folder; postgresql+psycopg://… in production")
    redis_url: str = Field("", description="the private Redis of the embedded run; redis://… elsewhere")
    data_dir: Path = Field(Path("var"), description="where the embedded run keeps everything")
    base_url: str = Field("", description="the service's public address, such as https://reflections.example")
    secret_key: str = Field("", description="signs forms; made in the data folder on SQLite, required elsewhere")
    fetch_allow: Annotated[tuple[AllowedNetwork, ...], NoDecode] = Field(
        (),
        description="networks that fetches may reach although they are not public: 127.0.0.1/32:8001,10.1.0.0/16",
    )
    fetch_timeout: float = Field(10.0, gt=0, le=60, description="seconds for a whole chain of redirects")
    fetch_max_bytes: int = Field(
        2 * 1024 * 1024, gt=0, le=64 * 1024 * 1024, description="bytes of a page after decompression"
    )
    fetch_max_redirects: int = Field(5, ge=1, le=20, description="redirects followed")
    fetch_host_interval: float = Field(
        1.0, ge=0, le=60, description="least seconds between two requests to one host; 0: no turns"
    )
    intake_limits: Annotated[dict[str, Rate], NoDecode] = Field(
        default_factory=lambda: _rates("address=300/minute,domain=120/minute,total=3000/minute"),
        validate_default=False,
        description="how much may come in, by address, by the source's domain (which delays), in total; empty for none",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="how many reverse proxies to believe for the client's address"
    )
    smtp_url: str = Field("", description="where mail goes out; empty: no mail", repr=False)
    mail_from: str = Field("", description="the sender of our mail")
    metrics_token: str = Field("", description="who may read /metrics from elsewhere; empty: loopback only")

    @field_validator("fetch_allow", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(AllowedNetwork.parse(part.strip()) for part in value.split(",") if part.strip())
        return value

    @field_validator("intake_limits", mode="before")
    @classmethod
    def _limits(cls, value: object) -> object:
        return _rates(value) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/?#\s@\\]+(/[^?#\s\\]*)?", value):
            raise ValueError("must be an address such as https://reflections.example")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        if value:
            MailServer.parse(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", value):
            raise ValueError("must be an address such as reflections@blog.example")
        return value

    @model_validator(mode="after")
    def _production(self) -> Settings:
        if not self.embedded_database:
            if len(self.secret_key) < 32:
                raise ValueError(
                    f"{PREFIX}SECRET_KEY must be set, with at least 32 characters, when the database is not SQLite"
                )
            if not self.base_url:
                raise ValueError(f"{PREFIX}BASE_URL must be set when the database is not SQLite")
        elif self.secret_key and len(self.secret_key) < 32:
            raise ValueError(f"{PREFIX}SECRET_KEY must have at least 32 characters")
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """Where mail goes out; ``None`` where none does."""
        return MailServer.parse(self.smtp_url) if self.smtp_url and self.mail_from else None

    @property
    def embedded_database(self) -> bool:
        """Whether the database is SQLite, one file, one web process."""
        return self.database_url == "" or self.database_url.startswith("sqlite")

    @property
    def database(self) -> str:
        """The database's address for SQLAlchemy."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'reflections.db').absolute()}"

    @property
    def redis(self) -> str:
        """The Redis server's address; the embedded run's is a socket in the data folder."""
        return self.redis_url or f"unix://{(self.data_dir / 'redis' / 'redis.sock').absolute()}"

    @property
    def secret(self) -> str:
        """The key that signs; on SQLite made on first use into the data folder, mode 0600."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:  # noqa: PTH123
                new.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text().strip()


def load(environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings from the environment, with what the command line gave on top.

    Raises :class:`BadSettings` with one line that names the setting.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise BadSettings(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    values: dict[str, object] = {
        name: environ[PREFIX + name.upper()] for name in Settings.model_fields if PREFIX + name.upper() in environ
    }
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        name = PREFIX + str(first["loc"][0]).upper() + ": " if first["loc"] else ""
        raise BadSettings(name + message) from None
