"""Secrets at rest: encrypted with a key that lives outside the database."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from ouidire.errors import Corrupt


class SecretBox:
    """Encrypts small secrets (Fernet: AES-128-CBC with HMAC-SHA256) and derives further keys from the same root."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._fernet = Fernet(key)

    @classmethod
    def at(cls, path: Path) -> SecretBox:
        """The box whose key is in the file at `path`; the file is made, readable by its owner alone, if absent.

        Raises `Corrupt` when the file holds no key.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls._of(path)
        with os.fdopen(handle, "wb") as file:
            file.write(key := Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    @classmethod
    def _of(cls, path: Path) -> SecretBox:
        try:
            return cls(path.read_bytes().strip())
        except ValueError as error:
            raise Corrupt(f"The key file {path} holds no key: put the right one back.") from error

    def lock(self, secrets: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(dict(secrets)).encode())

    def unlock(self, locked: bytes | None) -> dict[str, str]:
        """What `lock` was given. Raises `Corrupt` when the key is not the one that locked it."""
        if not locked:
            return {}
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(locked))
        except InvalidToken as error:
            raise Corrupt("The stored secrets were locked with another key: put the right key file back.") from error
        return opened

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (seals, cookies), never stored."""
        return hashlib.blake2b(self._key, person=purpose.encode()[:16], digest_size=32).digest()
