"""Every setting, typed, with its default and one line of help; read from OUIDIRE_* and from `ouidire.env`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ouidire import home as homes

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """What may be set from outside. `ouidire doctor` prints each with where it came from."""

    model_config = SettingsConfigDict(
        env_prefix="OUIDIRE_", env_file="ouidire.env", env_file_encoding="utf-8", extra="ignore"
    )

    home: Path = Field(
        default_factory=homes.here,
        description="Folder of the store, the key and the local sample; on macOS "
        "~/Library/Application Support/Ouidire, on Windows %LOCALAPPDATA%\\Ouidire.",
    )
    store: str = Field(
        "", description="Address of the store; empty: SQLite in the home folder. postgresql://… for a server."
    )
    key_file: Path | None = Field(
        None, description="File with the key that encrypts secrets; empty: `key` in the home folder."
    )
    host: str = Field("127.0.0.1", description="Address the web page listens on.")
    port: int = Field(8765, description="Port of the web page; 0 picks a free one.")
    lan: bool = Field(
        False, description="Let phones in the local network reach the page: listen on this machine's addresses there."
    )
    public_url: str = Field(
        "", description="The address people reach this page by, when it is not the one above (https://…)."
    )
    inside: bool = Field(
        False, description="Let webhooks and accounts reach this machine and its network although others use the page."
    )
    jetstream: str = Field("", description="Bluesky Jetstream address to hear instead of the public ones.")
    listen_bluesky: bool = Field(True, description="Hear Bluesky's public stream.")
    sample: bool = Field(
        True,
        description="Keep a bounded sample of public posts for previews, and for a day what was nearly about you.",
    )
    sample_hours: float = Field(24, description="How long the local sample reaches back.")
    sample_mb: int = Field(200, description="How large the local sample may grow.")
    smtp: str = Field(
        "", description="Mail server for alerts: smtp://user:password@host:587 (STARTTLS) or smtps://…; empty: no mail."
    )
    mail_from: str = Field("", description="Sender of mails; empty: the user of the mail server.")
    deaf_minutes: float = Field(
        30, description="After how many minutes without hearing a source its owners are told; 0: never."
    )
    retain_days: int = Field(365, description="How long mentions are kept; a network's own terms may shorten it.")
    backup_folder: Path | None = Field(
        None, description="Folder of backups and of copies made before migrations; empty: `backups` in the home folder."
    )
    keep_copies: int = Field(3, ge=1, description="How many copies made before migrations are kept.")
    migrate_without_copy: bool = Field(
        False, description="Change the store's form although no copy of it could be made first; you have your own."
    )
    disk_free_mb: int = Field(
        500, ge=0, description="Below this much free disk the sample, imports and backups stop; listening goes on."
    )
    metrics_token: str = Field(
        "", description="Who sends this as a bearer token may read /metrics from elsewhere; empty: nobody may."
    )
    log_mb: int = Field(10, ge=1, description="How large the log grows before it is begun anew.")
    log_kept: int = Field(5, ge=0, description="How many former logs are kept.")
    tiles: str = Field(
        "", description="Tiles of the map: https://HOST/{z}/{x}/{y}.png; empty: the offline map, and nobody is asked."
    )
    tiles_attribution: str = Field("", description="To whom the tiles belong, as their terms ask it to be said.")
    api_per_minute: int = Field(
        300, ge=0, description="How many calls a minute the API answers to one program; 0: any number."
    )
    log_level: str = Field("INFO", description="How much the log says: DEBUG, INFO, WARNING, ERROR.")

    @property
    def only_public(self) -> bool:
        """May who uses the page, from elsewhere, send this machine to public addresses alone?"""
        return not self.inside and (bool(self.public_url) or self.listens_on not in LOOPBACK)

    @property
    def listens_on(self) -> str:
        """The address to bind: `host`, unless phones of the local network are to be let in."""
        return "0.0.0.0" if self.lan and self.host in LOOPBACK else self.host  # noqa: S104 - strangers are turned away

    @property
    def folder(self) -> Path:
        return self.home.expanduser()

    @property
    def backups(self) -> Path:
        return (self.backup_folder or self.folder / "backups").expanduser()

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite:///{self.folder / 'ouidire.db'}"

    @property
    def key_path(self) -> Path:
        return (self.key_file or self.folder / "key").expanduser()
