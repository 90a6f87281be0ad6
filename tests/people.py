"""People at a desk: a store with one of each role, their cookies, and a dashboard that asks them to sign in."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from nextpod_core import accounts, codes, db, sessions, settings, store
from nextpod_core.people import COMMAND, Actor, Role
from nextpod_core.roles import ROLES
from pages.parts import gate
from tests import browser

PASSWORD = "fire blå elger danser"  # noqa: S105


def now() -> int:
    return time.time_ns() // 1_000_000


def email_of(role: str) -> str:
    return f"{role}@example.test"


def actor(role: Role) -> Actor:
    """Somebody of this role, for direct calls of the nouns."""
    return Actor("person", email_of(role), None, role)


def add_user(at: db.Connection, email: str, role: Role, password: str = PASSWORD) -> None:
    """Somebody who can sign in with `password`."""
    accounts.add(at, email, role, by=COMMAND, now=now())
    accounts.set_password(at, email, password, by=COMMAND, now=now())


def add_quickly(at: db.Connection, roles: tuple[Role, ...] = ROLES) -> None:
    """One of each role, all with the same password; hashed once, because that takes a tenth of a second."""
    first = roles[0]
    add_user(at, email_of(first), first)
    hashed = at.execute("SELECT password FROM users WHERE email = ?", (email_of(first),)).fetchone()[0]
    for role in roles[1:]:
        accounts.add(at, email_of(role), role, by=COMMAND, now=now())
        at.execute("UPDATE users SET password = ?, password_at = ? WHERE email = ?", (hashed, now(), email_of(role)))


def cookie_for(at: db.Connection, email: str, when: int | None = None) -> str:
    """The cookie of a session that begins `when`, or now."""
    user = accounts.find(at, email)
    assert user is not None
    return sessions.begin(at, user, address="127.0.0.1", browser="a test", now=when or now())


@dataclass(slots=True)
class Asked:
    """A dashboard with people: its address, its store, and a client for each visit."""

    address: str
    port: int
    db: db.Connection
    log: Path

    def client(self, cookie: str | None = None, **more) -> httpx.Client:
        """A browser without an engine: follows nothing by itself."""
        made = httpx.Client(base_url=self.address, timeout=30, trust_env=False, **more)
        if cookie is not None:
            made.cookies.set(gate.COOKIE, cookie)
        return made

    def sign_in(self, client: httpx.Client, email: str, password: str = PASSWORD, next_: str = "/") -> httpx.Response:
        """Fill in the form that the page shows."""
        page = client.get("/login", params={"next": next_})
        return client.post("/login", data=hidden(page.text) | {"email": email, "password": password})


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a dashboard of its own in `folder` is started with."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    return env | {"NEXTPOD_DATABASE": str(folder / "desk.db"), **more}


@contextlib.contextmanager
def serving(folder: Path, roles: tuple[Role, ...] = ROLES, port: int = 0, **more: str) -> Iterator[Asked]:
    """A dashboard at which one of each role can sign in."""
    port = port or browser.free_port()
    env = environment(folder, NEXTPOD_DASHBOARD_PORT=str(port), **more)
    given = settings.load(env)
    store.migrate(given, now=now(), by=COMMAND)
    with contextlib.closing(store.open(given)) as at:
        if roles:
            add_quickly(at, roles)
        with browser.serving(env, port, folder / "log") as address:
            yield Asked(address, port, at, folder / "log")


def code_now(secret: str) -> str:
    """What an authenticator app shows."""
    return codes.code_at(codes.decode(secret), now() // codes.STEP_MS)
