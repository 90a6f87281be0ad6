"""The way in through the company's own provider: out to it by `/oidc/start`, back by `/oidc/back`, into a session of
the desk's own, so that roles, idle limits, revocation and the audit log hold as for everybody."""

import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, unquote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from nextpod_core import codes, errors, oidc, provided
from nextpod_core.db import Connection
from nextpod_core.oidc_settings import Company
from nextpod_core.sentences import say
from nextpod_core.settings import Settings
from pages.parts import gate

log = logging.getLogger("nextpod.door")

# What a browser asked, for as long as somebody may need at the provider; signed, so that nobody else can have asked it.
ASKED = "nextpod_oidc"
LONGEST = 600_000
OUT_OF_DATE = say("Signing in took too long, or was begun in another window. Try again.")
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class CompanyDoor:
    """The two routes, and what they need of the door."""

    provider: oidc.Provider
    opened: Callable[[], AbstractContextManager[Connection]]
    ask: Callable[..., Response]
    let_in: Callable[..., Response]

    async def start(self, request: Request) -> Response:
        """`/oidc/start?next=/compose`: off to the provider."""
        return await to_thread.run_sync(self._start, request)

    async def back(self, request: Request) -> Response:
        """`/oidc/back`: what the provider says, proved, and a session for who may come in."""
        return await to_thread.run_sync(self._back, request)

    def _start(self, request: Request) -> Response:
        next_, state, now = gate.inside(request.query_params.get("next", "/")), secrets.token_urlsafe(24), clock()
        with self.opened() as db:
            try:
                door = self.provider.door(state=state, now=now, **_secrets(db, state))
            except errors.BadInput as error:
                return self.ask(db, request, next_, error.sentence, 502)
            asked = codes.sign(db.key, "oidc asked", f"{state}:{now}:{quote(next_, safe='')}")
        answer = RedirectResponse(door, status_code=303, headers={"cache-control": "no-store"})
        # Lax: the provider's page leads the browser back here, and the cookie has to come along.
        answer.set_cookie(ASKED, asked, max_age=LONGEST // 1000, httponly=True, samesite="lax", path="/oidc",
                          secure=request.url.scheme == "https")  # fmt: skip
        return answer

    def _back(self, request: Request) -> Response:
        given, now = request.query_params, clock()
        with self.opened() as db:
            asked = codes.signed(db.key, "oidc asked", gate.cookie_of(request.scope, ASKED)) or "::"
            state, at, next_ = asked.split(":", 2)
            next_ = gate.inside(unquote(next_))
            fits = state and hmac.compare_digest(given.get("state", "").encode("utf-8", "replace"), state.encode())
            if not fits or not 0 <= now - int(at) <= LONGEST:
                answer = self.ask(db, request, next_, OUT_OF_DATE, 400)
            else:
                answer = self._answer(db, request, state, next_, now)
        answer.delete_cookie(ASKED, path="/oidc")  # A question is answered once.
        return answer

    def _answer(self, db: Connection, request: Request, state: str, next_: str, now: int) -> Response:
        given, name = request.query_params, self.provider.company.name
        try:
            if not self.provider.is_its(given.get("iss"), now=now):
                return self.ask(db, request, next_, OUT_OF_DATE, 400)
            if "code" not in given:
                log.warning("%s let somebody not in: %s", name, given.get("error", "without a word")[:60])
                told = say("{name} did not let you in. Try again, or ask whoever keeps it.", name=name)
                return self.ask(db, request, next_, told, 403)
            claims = self.provider.claims(given["code"], now=now, **_secrets(db, state))
            address = request.client.host if request.client else None
            user = provided.let_in(db, self.provider.company, claims, address=address, now=now)
        except errors.BadInput as error:
            return self.ask(db, request, next_, error.sentence, 403)
        return self.let_in(db, request, user, next_, by_provider=True)


def routes(
    settings: Settings, *, opened: Callable[[], AbstractContextManager[Connection]], ask: Callable[..., Response],
    let_in: Callable[..., Response],
) -> list[tuple[str, Handler]]:  # fmt: skip
    """Path and handler of each route; none where no provider is named."""
    if settings.company is None:
        return []
    door = CompanyDoor(oidc.Provider(settings.company, ca_file=settings.ca_file), opened, ask, let_in)
    return [("/oidc/start", door.start), ("/oidc/back", door.back)]


def link(company: Company | None, next_: str, _: Callable[..., str]) -> str:
    """The button above the form; nothing where no provider is named."""
    if company is None:
        return ""
    told = escape(_("Sign in with {name}", name=company.name))
    other = escape(_("or with a password of this desk"))
    return f'<a class="company" href="/oidc/start?next={quote(next_, safe="")}">{told}</a><p class="or">{other}</p>'


def _secrets(db: Connection, state: str) -> dict[str, str]:
    # Made of the state with the desk's key: they need no place of their own, and nobody can tell them from the state.
    return {name: codes.keyed(db.key, f"oidc {name}", state).hex() for name in ("nonce", "verifier")}


def clock() -> int:
    """The clock, in UTC milliseconds."""
    return time.time_ns() // 1_000_000
