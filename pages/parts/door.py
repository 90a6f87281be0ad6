"""The pages before the desk, served without Streamlit: sign-in, one-time codes, invitations, sign-out."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nextpod_core import accounts, codes, errors, sessions, store
from nextpod_core import db as driver
from nextpod_core.accounts import User
from nextpod_core.db import Connection
from nextpod_core.sentences import Sentence, say
from nextpod_core.settings import Settings
from pages.parts import door_company, door_page, gate

# A form of ours is a few hundred bytes; a password of ten megabytes is somebody's joke.
MOST_BODY = 16_384
FORM, DEVICE = door_page.FORM, "nextpod_device"
_TICKET = 300_000
_YEAR = 365 * 24 * 3600
# A hash takes 64 MiB and a tenth of a second: two at a time, and a queue that ends.
_AT_ONCE, _QUEUE = 2, 20
WRONG = say("E-mail or password is wrong.")
WRONG_CODE = say("The code is wrong, or was used already. Wait for the next one.")
OUT_OF_DATE = say("This page was open for too long. Try again.")


@dataclass(slots=True)
class Door:
    """The routes, and what they share."""

    settings: Settings
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_AT_ONCE))

    async def login(self, request: Request) -> Response:
        """`/login`: the form, and what comes of it."""
        next_ = gate.inside(request.query_params.get("next", "/"))
        if request.method == "GET":
            return await to_thread.run_sync(self._login_page, request, next_)
        form = await _read(request)
        if isinstance(form, Response):
            return form
        next_ = gate.inside(form.get("next", "/"))
        return await self._guarded(request, self._sign_in, request, form, next_)

    async def code(self, request: Request) -> Response:
        """`/login/code`: the second step of those who have an authenticator app."""
        form = await _read(request)
        if isinstance(form, Response):
            return form
        return await self._guarded(request, self._second_step, request, form, gate.inside(form.get("next", "/")))

    async def invite(self, request: Request) -> Response:
        """`/invite/<token>`: choose a password, once."""
        token = request.path_params["token"]
        if request.method == "GET":
            return await to_thread.run_sync(self._invite_page, request, token)
        form = await _read(request)
        if isinstance(form, Response):
            return form
        return await self._guarded(request, self._choose, request, token, form)

    async def logout(self, request: Request) -> Response:
        """`/logout`: at once by the desk's own link, else after a button."""
        if request.method == "GET":
            return await to_thread.run_sync(self._leave, request, request.query_params.get("token", ""))
        form = await _read(request)
        if isinstance(form, Response):
            return form
        return await to_thread.run_sync(self._leave, request, "", form)

    async def _guarded(self, request: Request, work: Callable[..., Response], *given: object) -> Response:
        """Run what hashes a password, two at a time; a crowd is told to come back."""
        if self.limiter.statistics().tasks_waiting >= _QUEUE:
            return door_page.plain(
                door_page.tongue(request)("Too many people sign in at this moment. Try again soon."), 503
            )
        return await to_thread.run_sync(work, *given, limiter=self.limiter)

    def _login_page(self, request: Request, next_: str) -> Response:
        with self._store() as db:
            if accounts.is_waived(db, self.settings):
                return door_page.go(next_)
            if sessions.find(db, door_page.cookie(request, gate.COOKIE), now=_now()) is not None:
                return door_page.go(next_)
            return self._ask_for_password(db, request, next_)

    def _ask_for_password(self, db: Connection, request: Request, next_: str, trouble: Sentence | None = None,
                          status: int = 200, wait: int = 0, email: str = "") -> Response:  # fmt: skip
        _ = door_page.tongue(request)
        kept = f'value="{escape(email[:320])}"' if email else "autofocus"
        then = " autofocus" if email else ""
        fields = "".join(
            (
                door_page.field(_("E-mail"), "email", f'type="email" autocomplete="username" maxlength="320" {kept}'),
                door_page.field(
                    _("Password"),
                    "password",
                    f'type="password" autocomplete="current-password" maxlength="200"{then}',
                ),
            )
        )
        above = door_company.link(self.settings.company, next_, _)
        return door_page.draw(db, request, _("Sign in"), fields, _("Sign in"), action="/login", hidden={"next": next_},
                     trouble=trouble, status=status, wait=wait, above=above)  # fmt: skip

    def _sign_in(self, request: Request, form: dict[str, str], next_: str) -> Response:
        now, email = _now(), form.get("email", "")
        with self._store() as db:
            if not _is_ours(db, request, form):
                return self._ask_for_password(db, request, next_, OUT_OF_DATE, 400)
            who = {"email": email, "address": _address(request), "device": door_page.cookie(request, DEVICE)}
            if wait := sessions.wait_for(db, **who, now=now):
                return self._ask_for_password(db, request, next_, door_page.too_many(wait), 429, wait, email)
            user = accounts.verify(db, email, form.get("password", ""))
            if user is None:
                sessions.note_wrong(db, **who, now=now)
                return self._ask_for_password(db, request, next_, WRONG, 401, email=email)
            if user.has_codes:
                ticket = codes.sign(db.key, "ticket", f"{user.id}:{now}:{door_page.cookie(request, FORM)}")
                return door_page.ask_for_code(db, request, ticket, next_)
            return self._let_in(db, request, user, next_)

    def _second_step(self, request: Request, form: dict[str, str], next_: str) -> Response:
        now, ticket = _now(), form.get("ticket", "")
        with self._store() as db:
            user = _holder(db, request, ticket, now) if _is_ours(db, request, form) else None
            if user is None:
                return self._ask_for_password(db, request, next_, OUT_OF_DATE, 400)
            who = {"email": user.email, "address": _address(request), "device": door_page.cookie(request, DEVICE)}
            if wait := sessions.wait_for(db, **who, now=now, code=True):
                return door_page.ask_for_code(db, request, ticket, next_, door_page.too_many(wait), 429, wait)
            if not accounts.take_code(db, user.id, form.get("code", ""), now=now):
                sessions.note_wrong(db, **who, now=now, code=True)
                return door_page.ask_for_code(db, request, ticket, next_, WRONG_CODE, 401)
            return self._let_in(db, request, user, next_)

    def _invite_page(self, request: Request, token: str) -> Response:
        with self._store() as db:
            user = accounts.of_link(db, token, now=_now())
            return door_page.ask_for_new_password(db, request, token, user)

    def _choose(self, request: Request, token: str, form: dict[str, str]) -> Response:
        now = _now()
        with self._store() as db:
            user = accounts.of_link(db, token, now=now)
            if user is None or not _is_ours(db, request, form):
                return door_page.ask_for_new_password(db, request, token, user, OUT_OF_DATE if user else None, 400)
            password = form.get("password", "")
            if password != form.get("again", ""):
                told = say("The two passwords differ.")
                return door_page.ask_for_new_password(db, request, token, user, told, 400)
            try:
                accounts.use_link(db, token, password, address=_address(request), now=now)
            except errors.BadInput as error:
                return door_page.ask_for_new_password(db, request, token, user, error.sentence, 400)
            if user.has_codes:  # A link alone must not stand in for the second factor.
                ticket = codes.sign(db.key, "ticket", f"{user.id}:{_now()}:{door_page.cookie(request, FORM)}")
                return door_page.ask_for_code(db, request, ticket, "/")
            return self._let_in(db, request, user, "/")

    def _let_in(self, db: Connection, request: Request, user: User, next_: str, by_provider: bool = False) -> Response:
        company = self.settings.company
        if company and not company.passwords and user.comes_by_provider and not by_provider:
            told = say("You sign in through {name}.", name=company.name)
            return self._ask_for_password(db, request, next_, told, 403)
        before, device = door_page.cookie(request, gate.COOKIE), door_page.cookie(request, DEVICE)
        sessions.forgive(db, email=user.email, device=device)
        cookie = sessions.begin(
            db, user, address=_address(request), browser=request.headers.get("user-agent", ""), now=_now(),
            before=before, by_provider=by_provider,
        )  # fmt: skip
        answer = door_page.go(next_)
        door_page.keep(answer, request, gate.COOKIE, cookie, age=sessions.LONGEST // 1000)
        door_page.keep(answer, request, DEVICE, sessions.new_device(db, user.email), age=_YEAR, strict=True)
        answer.delete_cookie(FORM)
        return answer

    def _leave(self, request: Request, token: str, form: dict[str, str] | None = None) -> Response:
        cookie = door_page.cookie(request, gate.COOKIE)
        with self._store() as db:
            session = sessions.find(db, cookie, now=_now())
            if session is None:
                answer = door_page.go("/login")
            elif hmac.compare_digest(token.encode("utf-8", "replace"), sessions.farewell(db, cookie).encode()) or (
                form is not None and _is_ours(db, request, form)
            ):
                sessions.end(db, cookie, now=_now())
                answer = door_page.go("/login")
            else:
                return door_page.ask_to_leave(db, request, session.email)
        answer.delete_cookie(gate.COOKIE)
        return answer

    @contextlib.contextmanager
    def _store(self):  # type: ignore[no-untyped-def]
        with contextlib.closing(store.open(self.settings)) as db:
            yield db


def routes(settings: Settings) -> list[Route]:
    """The routes for the app; no page of the desk is behind them."""
    door = Door(settings)
    return [
        Route("/login", _telling(door.login), methods=["GET", "POST"]),
        Route("/login/code", _telling(door.code), methods=["POST"]),
        Route("/logout", _telling(door.logout), methods=["GET", "POST"]),
        Route("/invite/{token}", _telling(door.invite), methods=["GET", "POST"]),
        *(
            Route(path, _telling(handler), methods=["GET"])
            for path, handler in door_company.routes(
                settings, opened=door._store, ask=door._ask_for_password, let_in=door._let_in
            )
        ),
    ]


def _telling(handler):  # type: ignore[no-untyped-def]
    """What keeps the store from being asked is told as a sentence, not as a traceback."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except errors.Said as error:
            return door_page.plain(str(error), 503)
        except (*driver.Error, OSError):
            return door_page.plain("The database can't be read just now. Try again in a moment.", 503)

    return told


async def _read(request: Request) -> dict[str, str] | Response:
    """The fields of a form, or the answer to a body that is none of ours."""
    body = b""
    try:
        async with asyncio.timeout(10):  # Nobody types a form byte by byte into the line.
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY:
                    return door_page.plain("That is too much for this form.", 413)
    except TimeoutError:
        return door_page.plain("That took too long.", 408)
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return door_page.plain("That is no form of this desk.", 400)
    return {name: values[0] for name, values in found.items()}


def _is_ours(db: Connection, request: Request, form: dict[str, str]) -> bool:
    """Whether a form was made for this very browser: its hidden token signs the cookie that came with it (CSRF)."""
    cookie = door_page.cookie(request, FORM)
    return bool(cookie) and codes.signed(db.key, "form", form.get("token", "")) == cookie


def _holder(db: Connection, request: Request, ticket: str, now: int) -> User | None:
    """Who has given the right password in this browser less than five minutes ago."""
    value = codes.signed(db.key, "ticket", ticket)
    if value is None:
        return None
    user_id, at, browser = value.split(":", 2)
    user = accounts.get(db, int(user_id))
    fresh = 0 <= now - int(at) <= _TICKET and browser == door_page.cookie(request, FORM)
    return user if user is not None and fresh and (user.password_at or 0) <= int(at) else None


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _now() -> int:
    return time.time_ns() // 1_000_000
