"""Sessions: who is signed in where, for how long; and how long one must wait after wrong attempts."""

import ipaddress
import secrets
from dataclasses import dataclass

from nextpod_core import codes, options, roles
from nextpod_core.accounts import User
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.people import Actor, Role, audit

LONGEST = 12 * 3_600_000
_SKEW = 60_000
# A session is written at most this often while somebody works, so that reading a page is no write.
_TOUCH = 60_000
DAY = 86_400_000
# Free attempts, then a wait that doubles with each: an address serves many people, a browser known to us one. Codes
# have a count of their own: whoever types one has the password, and six digits could be tried through at one a minute.
FREE = {"account": 5, "address": 20, "device": 8, "code": 5}
_LONGEST_WAIT = {"account": 60_000, "address": 900_000, "device": 900_000, "code": 900_000}


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one person, as it stands now. `role` is what it may do; times in UTC milliseconds."""

    id: int
    user_id: int
    email: str
    role: Role
    has_codes: bool
    created_at: int
    seen_at: int
    address: str | None
    browser: str
    must_set_up_codes: bool = False

    def actor(self, address: str | None) -> Actor:
        """Who is behind what is done in this session."""
        return Actor("person", self.email, address, self.role)


def begin(db: Connection, user: User, *, address: str | None, browser: str, now: int, before: str = "",
          by_provider: bool = False) -> str:  # fmt: skip
    """Sign somebody in: a new session, always with a new token, which is given back signed, for the cookie.

    `before` is the cookie that the browser came with: that session ends (session fixation, OWASP ASVS 3.2.1).
    `by_provider`: the company's own sign-in let them in, which asks for a second factor where it wants one.
    """
    token = secrets.token_urlsafe(32)
    with transaction(db):
        _end(db, "token = :token", {"token": _kept(db, before), "now": now})
        db.execute(
            """
            INSERT INTO sessions (user_id, token, created_at, seen_at, address, browser, by_provider)
            VALUES (:user, :token, :now, :now, :address, :browser, :by_provider)
            """,
            {"user": user.id, "token": codes.keyed(db.key, "session", token), "now": now, "address": address,
             "browser": browser[:200], "by_provider": int(by_provider)},
        )  # fmt: skip
        db.execute("UPDATE users SET signed_in_at = :now WHERE id = :id", {"now": now, "id": user.id})
        db.execute("DELETE FROM sessions WHERE created_at < :old", {"old": now - 90 * DAY})
        audit(db, by=Actor("person", user.email, address, user.role), action="people.sign_in", now=now,
              subject="user", subject_id=user.email)  # fmt: skip
    return codes.sign(db.key, "cookie", token)


def find(db: Connection, cookie: str, *, now: int) -> Session | None:
    """The live session of this cookie. None for one that is forged, cut, ended, too old, idle, or of a removed person.

    A session from the future is no session: the clock was set back, and nobody knows how old it is.
    """
    token = _kept(db, cookie)
    if token is None:
        return None
    row = db.execute(
        """
        SELECT s.*, u.email, u.role, u.totp IS NOT NULL AS has_codes
          FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token = :token AND s.ended_at IS NULL AND u.removed_at IS NULL
           AND (u.password IS NOT NULL OR s.by_provider AND u.provider_id IS NOT NULL)
        """,
        {"token": token},
    ).fetchone()
    if row is None:
        return None
    team = options.read(db)
    idle = team.idle_minutes * 60_000
    if not (row["created_at"] - _SKEW <= now < row["created_at"] + LONGEST and row["seen_at"] - _SKEW <= now
            and now < row["seen_at"] + idle):  # fmt: skip
        return None
    without = not row["has_codes"] and not row["by_provider"]
    return _session(row, must=team.admins_need_codes and row["role"] == "admin" and without)


def touch(db: Connection, session: Session, *, now: int) -> None:
    """Somebody works in this session: it is not idle. Written once a minute."""
    if now - session.seen_at >= _TOUCH:
        with transaction(db):
            db.execute("UPDATE sessions SET seen_at = max(seen_at, :now) WHERE id = :id",
                       {"now": now, "id": session.id})  # fmt: skip


def of_user(db: Connection, email: str, *, now: int) -> list[Session]:
    """The live sessions of one person, the newest first."""
    idle = options.read(db).idle_minutes * 60_000
    rows = db.execute(
        """
        SELECT s.*, u.email, u.role, u.totp IS NOT NULL AS has_codes
          FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE u.email = :email AND s.ended_at IS NULL AND s.created_at > :born AND s.seen_at > :seen
         ORDER BY s.id DESC LIMIT 100
        """,
        {"email": email, "born": now - LONGEST, "seen": now - idle},
    )
    return [_session(row) for row in rows]


def end(db: Connection, cookie: str, *, now: int) -> None:
    """Sign out where this cookie is."""
    with transaction(db):
        _end(db, "token = :token", {"token": _kept(db, cookie), "now": now})


def farewell(db: Connection, cookie: str) -> str:
    """What makes a link to `/logout` one of the desk's own, so that no other site can sign anybody out."""
    return codes.keyed(db.key, "farewell", cookie).hex()[:32]


def end_all(db: Connection, email: str, *, by: Actor, now: int) -> int:
    """Sign somebody out everywhere, open tabs included; how many sessions that were. One's own, or by an admin."""
    if by.name != email or by.role is None:
        roles.allow(by, "people.change")
    with transaction(db):
        ended = _end(db, "user_id = (SELECT id FROM users WHERE email = :email)", {"email": email, "now": now})
        audit(db, by=by, action="people.sign_out_everywhere", now=now, subject="user", subject_id=email,
              detail={"sessions": ended})  # fmt: skip
    return ended


def wait_for(
    db: Connection, *, email: str, address: str | None, device: str, now: int, code: bool = False
) -> int:  # fmt: skip
    """How many milliseconds must pass before another attempt is heard; 0 when it may be made now.

    Grows with the wrong attempts of a day. A browser that signed in to this account before has a count of its own, so
    that a stranger who guesses can slow down other strangers, but never keep the owner out. `code` asks about the
    second step.
    """
    longest = 0
    for kind, subject in _subjects(db, email, address, device, code):
        row = db.execute(
            "SELECT count(*) AS wrong, max(at) AS last FROM sign_in_attempts "
            "WHERE subject = :subject AND at BETWEEN :since AND :now",
            {"subject": subject, "since": now - DAY, "now": now},
        ).fetchone()
        over = row["wrong"] - FREE[kind]
        if over >= 0:
            wait = min(1_000 << min(over, 20), _LONGEST_WAIT[kind])
            longest = max(longest, row["last"] + wait - now)
    return longest


def note_wrong(
    db: Connection, *, email: str, address: str | None, device: str, now: int, code: bool = False
) -> None:  # fmt: skip
    """Write down a wrong attempt. Only keyed hashes are kept, and those for a day."""
    with transaction(db):
        db.execute("DELETE FROM sign_in_attempts WHERE at < :old", {"old": now - DAY})
        for _kind, subject in _subjects(db, email, address, device, code):
            db.execute("INSERT INTO sign_in_attempts (at, subject) VALUES (:now, :subject)",
                       {"now": now, "subject": subject})  # fmt: skip


def forgive(db: Connection, *, email: str, device: str) -> None:
    """Somebody came in: their wrong attempts before that count no more. Those of the address stay."""
    with transaction(db):
        for kind, subject in _subjects(db, email, None, device, code=True):
            if kind != "address":
                db.execute("DELETE FROM sign_in_attempts WHERE subject = :subject", {"subject": subject})


def new_device(db: Connection, email: str) -> str:
    """A signed mark for a browser that has signed in to this account (OWASP: device cookies)."""
    return codes.sign(db.key, "device", f"{secrets.token_urlsafe(12)}:{_whose(db, email)}")


def _subjects(
    db: Connection, email: str, address: str | None, device: str, code: bool = False
) -> list[tuple[str, bytes]]:  # fmt: skip
    email = email.strip().lower()[:320]
    mark = codes.signed(db.key, "device", device)
    if mark is not None and mark.endswith(":" + _whose(db, email)):
        return [("device", codes.keyed(db.key, "attempt device", mark))]
    return [
        ("account", codes.keyed(db.key, "attempt account", email)),
        ("address", codes.keyed(db.key, "attempt address", _network(address))),
        *([("code", codes.keyed(db.key, "attempt code", email))] if code else []),
    ]


def _network(address: str | None) -> str:
    """Whom an address stands for: with IPv6 everybody has 2^64 of them, so the first half counts."""
    try:
        read = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if read.version == 4 or read.ipv4_mapped:
        return str(read.ipv4_mapped or read) if read.version == 6 else str(read)
    return str(ipaddress.ip_network((read, 64), strict=False))


def _whose(db: Connection, email: str) -> str:
    return codes.keyed(db.key, "device", email).hex()[:16]


def _kept(db: Connection, cookie: str) -> bytes | None:
    token = codes.signed(db.key, "cookie", cookie) if 0 < len(cookie) < 200 else None
    return None if token is None else codes.keyed(db.key, "session", token)


def _end(db: Connection, where: str, values: dict[str, object]) -> int:
    return int(db.execute(f"UPDATE sessions SET ended_at = :now WHERE {where} AND ended_at IS NULL", values).rowcount)


def _session(row: Row, must: bool = False) -> Session:
    return Session(
        id=row["id"], user_id=row["user_id"], email=row["email"], role="viewer" if must else row["role"],
        has_codes=bool(row["has_codes"]), created_at=row["created_at"], seen_at=row["seen_at"],
        address=row["address"], browser=row["browser"], must_set_up_codes=must,
    )  # fmt: skip
