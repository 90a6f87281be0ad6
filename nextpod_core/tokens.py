"""
The webhook token: the secret last part of the addresses that Nextpod calls, and how it is changed while all runs.

It stands in the key file (mode 600), never in the database. One that was replaced stays good for 96 hours, and as long
as Nextpod holds messages that carry its address: reports of what has left come to the address that it left with.
"""

import hmac
import json
import logging
import os
import secrets
from typing import Any

from nextpod_core import roles, store
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import DISPATCHER, Actor, audit
from nextpod_core.settings import Settings

log = logging.getLogger("nextpod.tokens")

HOUR = 3_600_000
KEPT = 96 * HOUR


def rotate(settings: Settings, db: Connection, *, by: Actor, now: int) -> None:
    """Put a new token in the place of the present one. The ingester and the dispatcher see it by themselves.

    Raises BadInput when the token is set in the environment, where nothing but a person can change it.
    """
    roles.allow(by, "options.change")
    if settings.webhook_token:
        raise BadInput(
            "NEXTPOD_WEBHOOK_TOKEN is set, so the token is changed there: put the old one into "
            "NEXTPOD_WEBHOOK_TOKEN_BEFORE for 96 hours, and start the desk again."
        )
    with transaction(db):  # Two who do it at once come one after the other.
        keys = store.read_keys(settings)
        before = [*_before(keys), {"token": keys["webhook_token"], "until": now + KEPT, "replaced": now}]
        audit(db, by=by, action="token.rotate", now=now, subject="token")
        _write(settings, {**keys, "webhook_token": secrets.token_urlsafe(24), "before": before})


def forget(settings: Settings, db: Connection, *, now: int) -> int:
    """Let go of tokens that nothing can carry any more; how many went. Cheap when there are none."""
    if not any(each["until"] <= now for each in _before(store.read_keys(settings))):
        return 0
    with transaction(db):
        keys = store.read_keys(settings)
        every = _before(keys)
        kept = [each for each in every if each["until"] > now or _is_carried(settings, db, each["replaced"], now)]
        if len(kept) == len(every):
            return 0
        audit(db, by=DISPATCHER, action="token.forget", now=now, subject="token",
              detail={"count": len(every) - len(kept)})  # fmt: skip
        _write(settings, {**keys, "before": kept})
    return len(every) - len(kept)


class Tokens:
    """Whether a token is good, for a process that lives long: the key file is read again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stamp = self._now_stamp()
        self._present, self._before = _read(settings)

    @property
    def present(self) -> str:
        """The token that addresses are made with, as it stands now."""
        self._look()
        return self._present.decode()

    def is_good(self, token: str) -> bool:
        """Whether `token` is the present one, or one replaced that may still come. In constant time for each."""
        given = token.encode("utf-8", "replace")
        if hmac.compare_digest(given, self._present):
            return True
        self._look()
        good = False
        for known in (self._present, *self._before):
            good |= hmac.compare_digest(given, known)
        return good

    def _look(self) -> None:
        stamp = self._now_stamp()
        if stamp != self._stamp:
            try:
                self._present, self._before = _read(self.settings)
                self._stamp = stamp
            except Exception as error:  # What was good a moment ago is not forgotten because of a bad copy.
                log.error("the key file can't be read again: %s", error)

    def _now_stamp(self) -> tuple[int, int]:
        try:
            about = os.stat(self.settings.key_file)
        except OSError:
            return 0, 0
        return about.st_mtime_ns, about.st_ino


def _read(settings: Settings) -> tuple[bytes, tuple[bytes, ...]]:
    present = store.webhook_token(settings).encode()
    before = [each["token"].encode() for each in _before(store.read_keys(settings))]
    return present, (*before, *(each.encode() for each in settings.webhook_tokens_before))


def _before(keys: dict[str, Any]) -> list[dict[str, Any]]:
    return list(keys.get("before") or [])


def _is_carried(settings: Settings, db: Connection, replaced: int, now: int) -> bool:
    """Whether Nextpod still holds messages for later that left before `replaced`. Others are silent for good by now."""
    silent = int(settings.no_report_hours * HOUR)
    row = db.execute(
        "SELECT 1 FROM campaigns WHERE handed_over AND created_at <= :replaced AND due_at > :since LIMIT 1",
        {"replaced": replaced, "since": now - silent},
    ).fetchone()
    return row is not None or now - replaced <= silent


def _write(settings: Settings, keys: dict[str, Any]) -> None:
    """The key file anew, whole or not at all: without it nothing starts."""
    path = settings.key_file
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(keys, file)
        file.flush()
        os.fsync(file.fileno())
    about = os.stat(path)
    if about.st_uid != os.geteuid():
        os.chown(beside, about.st_uid, about.st_gid)  # Done by root, it stays the desk's own.
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
