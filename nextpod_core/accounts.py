"""Users: who may sign in and as what, their passwords and codes, and the one-time links that let them in first."""

import base64
import re
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nextpod_core import codes, roles
from nextpod_core.db import Connection, Row, transaction
from nextpod_core.errors import BadInput, WrongSettings
from nextpod_core.people import Actor, Role, audit
from nextpod_core.settings import Settings, is_loopback

HOUR = 3_600_000
INVITATION = 72 * HOUR
SHORTEST, LONGEST = 12, 200
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,188}[a-z0-9])?")

# RFC 9106, section 4, the second recommended option: 64 MiB and three passes, in one lane because there are few cores.
_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)


def _made_up(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")


# What an unknown account is held to, so that it takes as long to be refused as a known one. No password fits it: it is
# not the hash of one, which would cost every process that loads this module 64 MiB and a fifth of a second.
_NOBODY = f"$argon2id$v=19$m=65536,t=3,p=1${_made_up(16)}${_made_up(32)}"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. Times in UTC milliseconds; `is_invited` while they have not come in yet."""

    id: int
    email: str
    role: Role
    is_invited: bool
    has_codes: bool
    created_at: int
    signed_in_at: int | None
    password_at: int | None
    comes_by_provider: bool = False


def exist(db: Connection) -> bool:
    """Whether anybody was ever let in: from then on everybody signs in, also when all were removed since."""
    return db.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None


def is_waived(db: Connection, settings: Settings) -> bool:
    """Whether nobody has to sign in: a sandbox without people or a provider of theirs, on a loopback address."""
    here = settings.mode == "sandbox" and is_loopback(settings.dashboard_address) and settings.company is None
    return here and not exist(db)


def check_start(db: Connection, settings: Settings) -> None:
    """Raise WrongSettings when the dashboard must not start because nobody could be asked to sign in."""
    if settings.company is not None or exist(db) or is_waived(db, settings):
        return
    raise WrongSettings(
        "Nobody can sign in yet, and without that the dashboard starts only in the sandbox on this machine. "
        "Run: python -m nextpod_core people add you@example.com --role admin"
    )


def every(db: Connection) -> list[User]:
    """All who may sign in, by e-mail."""
    return [_user(row) for row in db.execute("SELECT * FROM users WHERE removed_at IS NULL ORDER BY email")]


def find(db: Connection, email: str) -> User | None:
    """Who has this e-mail, in whatever case; None when there is nobody, or they were removed."""
    row = db.execute(
        "SELECT * FROM users WHERE email = :email AND removed_at IS NULL", {"email": email.strip().lower()}
    ).fetchone()
    return None if row is None else _user(row)


def get(db: Connection, user_id: int) -> User | None:
    """The user with this id; None when there is none, or they were removed."""
    row = db.execute("SELECT * FROM users WHERE id = :id AND removed_at IS NULL", {"id": user_id}).fetchone()
    return None if row is None else _user(row)


def add(db: Connection, email: str, role: Role, *, by: Actor, now: int) -> User:
    """Let somebody in, who chooses a password by a one-time link (`link`). Raises BadInput for an e-mail in use.

    Who was removed comes back as new: without their password, codes and sessions.
    """
    roles.allow(by, "people.change")
    email = read_email(email)
    _check_role(role)
    with transaction(db):
        if find(db, email) is not None:
            raise BadInput("{email} can sign in already.", email=email)
        row = db.execute(
            """
            INSERT INTO users (email, role, created_at, created_by) VALUES (:email, :role, :now, :by)
                ON CONFLICT (email) DO UPDATE
               SET role = excluded.role, removed_at = NULL, password = NULL, totp = NULL, password_at = NULL,
                   created_at = excluded.created_at, created_by = excluded.created_by, signed_in_at = NULL,
                   provider_id = NULL
            RETURNING *
            """,
            {"email": email, "role": role, "now": now, "by": by.name},
        ).fetchone()
        audit(db, by=by, action="people.add", now=now, subject="user", subject_id=email, detail={"role": role})
    return _user(row)


def set_role(db: Connection, email: str, role: Role, *, by: Actor, now: int) -> None:
    """Give somebody another role, in force at their next click. Raises BadInput for the last administrator."""
    roles.allow(by, "people.change")
    _check_role(role)
    with transaction(db):
        user = _known(db, email)
        if user.role == "admin" and role != "admin":
            _keep_one_admin(db, user)
        db.execute("UPDATE users SET role = :role WHERE id = :id", {"role": role, "id": user.id})
        audit(db, by=by, action="people.role", now=now, subject="user", subject_id=user.email,
              detail={"before": user.role, "after": role})  # fmt: skip


def remove(db: Connection, email: str, *, by: Actor, now: int) -> None:
    """Let somebody in no more: sessions and links end at once. Raises BadInput for the last administrator.

    The row stays, without password and codes, because the audit log and campaigns name it.
    """
    roles.allow(by, "people.change")
    with transaction(db):
        user = _known(db, email)
        if user.role == "admin":
            _keep_one_admin(db, user)
        db.execute(
            "UPDATE users SET removed_at = :now, password = NULL, totp = NULL WHERE id = :id",
            {"now": now, "id": user.id},
        )
        _end_all(db, user.id, now)
        audit(db, by=by, action="people.remove", now=now, subject="user", subject_id=user.email)


def link(db: Connection, email: str, *, by: Actor, now: int, hours: int = 72) -> str:
    """A one-time token for `/invite/<token>`, where they choose a password; earlier ones of theirs end.

    The same for a new person and for one who has forgotten: the old password holds until a new one is chosen.
    """
    roles.allow(by, "people.change")
    token = secrets.token_urlsafe(24)
    with transaction(db):
        user = _known(db, email)
        db.execute(
            "UPDATE links SET used_at = :now WHERE user_id = :id AND used_at IS NULL", {"now": now, "id": user.id}
        )
        db.execute(
            "INSERT INTO links (user_id, token, created_at, expires_at) VALUES (:id, :token, :now, :until)",
            {"id": user.id, "token": codes.keyed(db.key, "link", token), "now": now, "until": now + hours * HOUR},
        )
        audit(db, by=by, action="people.link", now=now, subject="user", subject_id=user.email)
    return token


def of_link(db: Connection, token: str, *, now: int) -> User | None:
    """Whose unused link this is; None when it is unknown, used, too old, or from a time that has not come."""
    row = db.execute(
        """
        SELECT u.* FROM links l JOIN users u ON u.id = l.user_id
         WHERE l.token = :token AND l.used_at IS NULL AND :now BETWEEN l.created_at - 60000 AND l.expires_at
           AND u.removed_at IS NULL
        """,
        {"token": codes.keyed(db.key, "link", token), "now": now},
    ).fetchone()
    return None if row is None else _user(row)


def use_link(db: Connection, token: str, password: str, *, address: str | None, now: int) -> User:
    """Choose a password by a link, which is used by that; every session of theirs ends. An authenticator app stays.

    Raises BadInput when the link is not good any more, or the password is too weak. Of two at once, one passes.
    """
    user = of_link(db, token, now=now)
    if user is None:
        raise BadInput("This link was used already, or is too old. Ask an administrator for a new one.")
    check_password(password, user.email)
    hashed = _hasher.hash(password)  # Before the transaction: it takes a tenth of a second.
    with transaction(db):
        if of_link(db, token, now=now) is None:
            raise BadInput("This link was used already, or is too old. Ask an administrator for a new one.")
        _end_all(db, user.id, now)
        db.execute(
            "UPDATE users SET password = :hash, password_at = :now WHERE id = :id",
            {"hash": hashed, "now": now, "id": user.id},
        )
        audit(db, by=actor(user, address), action="people.password", now=now, subject="user", subject_id=user.email)
    return user


def set_password(db: Connection, email: str, password: str, *, by: Actor, now: int) -> None:
    """Set somebody's password from the command line; every session of theirs ends. Raises BadInput for a weak one."""
    roles.allow(by, "people.change")
    user = _known(db, email)
    check_password(password, user.email)
    hashed = _hasher.hash(password)
    with transaction(db):
        _end_all(db, user.id, now)
        db.execute("UPDATE users SET password = :hash, password_at = :now WHERE id = :id",
                   {"hash": hashed, "now": now, "id": user.id})  # fmt: skip
        audit(db, by=by, action="people.password", now=now, subject="user", subject_id=user.email)


def check_password(password: str, email: str) -> None:
    """Raise BadInput for a password that is short, of few signs, or the person's own name (NIST SP 800-63B)."""
    if len(password) < SHORTEST:
        raise BadInput("Take a longer password: {least} characters or more. A few words make a good one.",
                       least=SHORTEST)  # fmt: skip
    if len(password) > LONGEST:
        raise BadInput("Take a shorter password: {most} characters at most.", most=LONGEST)
    if len(set(password)) < 5 or password.lower() == email or email.split("@")[0] * 2 in password.lower():
        raise BadInput("This password is easy to guess. Take a few words that don't belong together.")


def verify(db: Connection, email: str, password: str) -> User | None:
    """Who signs in with this, or None. Takes as long for an account that does not exist."""
    known = db.execute(
        "SELECT * FROM users WHERE email = :email AND removed_at IS NULL", {"email": email.strip().lower()[:320]}
    ).fetchone()
    fits = _fits(known["password"] if known is not None and known["password"] else _NOBODY, password)
    return _user(known) if known is not None and known["password"] and fits else None


def confirm_codes(db: Connection, user_id: int, secret: str, code: str, *, by: Actor, now: int) -> None:
    """Ask for a code at every sign-in from now on. Raises BadInput when `code` is not of this secret."""
    step = codes.matching_step(codes.decode(secret), code, now=now)
    if step is None:
        raise BadInput("This code doesn't fit. Look at the clock of your phone, and type the code that stands there.")
    with transaction(db):
        db.execute("UPDATE users SET totp = :sealed, totp_used = :step WHERE id = :id",
                   {"sealed": codes.seal(db.key, codes.decode(secret)), "step": step, "id": user_id})  # fmt: skip
        audit(db, by=by, action="people.codes_on", now=now, subject="user", subject_id=by.name)


def drop_codes(db: Connection, email: str, *, by: Actor, now: int) -> None:
    """Ask for no codes any more, for somebody who lost their phone."""
    roles.allow(by, "people.change")
    with transaction(db):
        user = _known(db, email)
        db.execute("UPDATE users SET totp = NULL WHERE id = :id", {"id": user.id})
        audit(db, by=by, action="people.codes_off", now=now, subject="user", subject_id=user.email)


def take_code(db: Connection, user_id: int, code: str, *, now: int) -> bool:
    """Whether `code` is good for this user now; it is good once (RFC 6238, 5.2)."""
    with transaction(db):
        row = db.execute("SELECT totp, totp_used FROM users WHERE id = :id", {"id": user_id}).fetchone()
        if row is None or row["totp"] is None:
            return False
        step = codes.matching_step(codes.open(db.key, row["totp"]), code, now=now)
        if step is None or step <= row["totp_used"]:
            return False
        db.execute("UPDATE users SET totp_used = :step WHERE id = :id", {"step": step, "id": user_id})
    return True


def actor(user: User, address: str | None) -> Actor:
    """The user as the one behind a change."""
    return Actor("person", user.email, address, user.role)


def _known(db: Connection, email: str) -> User:
    found = find(db, email)
    if found is None:
        raise BadInput("Nobody signs in with {email}.", email=email[:100])
    return found


def _keep_one_admin(db: Connection, user: User) -> None:
    # One who has never come in can't be the only one left: an unused link may be lost.
    others = db.execute(
        """
        SELECT 1 FROM users
         WHERE role = 'admin' AND removed_at IS NULL AND id <> :id
           AND (password IS NOT NULL OR provider_id IS NOT NULL OR :invited)
        """,
        {"id": user.id, "invited": user.is_invited},
    ).fetchone()
    if others is None:
        raise BadInput("{email} is the last administrator. Make somebody else one first.", email=user.email)


def _end_all(db: Connection, user_id: int, now: int) -> None:
    for table, column in (("sessions", "ended_at"), ("links", "used_at")):
        db.execute(f"UPDATE {table} SET {column} = :now WHERE user_id = :id AND {column} IS NULL",
                   {"now": now, "id": user_id})  # fmt: skip


def read_email(text: str) -> str:
    """The e-mail as it is kept. Raises BadInput for what can't be one."""
    email = text.strip().lower()
    # Plain ASCII: a letter of another alphabet that looks like ours would make a second account of the same face.
    if not email.isascii() or not _EMAIL.fullmatch(email) or ".." in email:
        raise BadInput("{email} is not an e-mail address that can be used here: plain letters, one @.",
                       email=email[:100])  # fmt: skip
    return email


def _check_role(role: str) -> None:
    if role not in roles.ROLES:
        raise BadInput("The role is one of {roles}.", roles=", ".join(roles.ROLES))


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def _user(row: Row) -> User:
    return User(
        id=row["id"], email=row["email"], role=row["role"],
        is_invited=row["password"] is None and row["provider_id"] is None,
        has_codes=row["totp"] is not None, created_at=row["created_at"], signed_in_at=row["signed_in_at"],
        password_at=row["password_at"], comes_by_provider=row["provider_id"] is not None,
    )  # fmt: skip
