"""What the pages before the desk look like: plain HTML in the reader's language, without a script."""

import gettext
import secrets
from collections.abc import Callable
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from nextpod_core import accounts, codes
from nextpod_core.accounts import User
from nextpod_core.db import Connection
from nextpod_core.sentences import Sentence, say, say_count
from pages.parts import catalogue, gate, words

Translate = Callable[..., str]
_ENGLISH = gettext.NullTranslations()

FORM = "nextpod_form"  # the cookie that a form is signed for

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · Nextpod desk</title>
<link rel="icon" href="/assets/icon.png">
<link rel="stylesheet" href="/assets/door.css">
</head>
<body>
<aside><img src="/assets/logo.svg" alt="Nextpod desk"><p class="motto">{motto}</p><p class="foot">{foot}</p></aside>
<main><div class="card">
<h1>{title}</h1>
{trouble}{told}{above}{form}{below}
<nav aria-label="{language}">{languages}</nav>
</div></main>
</body>
</html>
"""
_FORM = '<form method="post" action="{action}">{hidden}{fields}<button type="submit">{button}</button></form>'
HIDDEN = '<input type="hidden" name="{name}" value="{value}">'
_FIELD = '<label>{label}<input name="{name}" {more} required></label>'


def ask_for_code(db: Connection, request: Request, ticket: str, next_: str, trouble: Sentence | None = None,
                  status: int = 200, wait: int = 0) -> Response:  # fmt: skip
    """The second step: what the app shows."""
    _ = tongue(request)
    fields = field(_("Code"), "code", 'class="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" '
                                       "autofocus")  # fmt: skip
    return draw(db, request, _("One more step"), fields, _("Go on"), action="/login/code",
                 hidden={"next": next_, "ticket": ticket}, told=_("Type the six digits that your app shows now."),
                 trouble=trouble, status=status, wait=wait)  # fmt: skip


def ask_for_new_password(db: Connection, request: Request, token: str, user: User | None,
                          trouble: Sentence | None = None, status: int = 200) -> Response:  # fmt: skip
    """A new password by a link; `user` is None when the link is not good."""
    _ = tongue(request)
    if user is None:
        gone = say("This link was used already, or is too old. Ask an administrator for a new one.")
        way = f'<a class="company" href="/login">{escape(_("Sign in"))}</a>'
        return draw(db, request, _("This link does not work"), "", "", trouble=gone, status=404, above=way)
    new = 'type="password" autocomplete="new-password" maxlength="200"'
    fields = (
        # For the browser's own keeper of passwords: whose this one is.
        f'<input name="email" autocomplete="username" value="{escape(user.email)}" readonly hidden>'
        + field(_("New password"), "password", f'{new} minlength="{accounts.SHORTEST}" autofocus')
        + field(_("The same once more"), "again", new)
    )
    told = _("You sign in as {email}. Take {least} characters or more; a few words make a good password.",
             email=user.email, least=accounts.SHORTEST)  # fmt: skip
    return draw(db, request, _("Choose a password"), fields, _("Keep it and sign in"), told=told,
                 action="/invite/" + quote(token, safe=""), trouble=trouble, status=status)  # fmt: skip


def ask_to_leave(db: Connection, request: Request, email: str) -> Response:
    """A button and a way back, for who came by a link that is not the desk's own."""
    _ = tongue(request)
    back = f'<a class="company below" href="/">{escape(_("Stay signed in"))}</a>'
    return draw(db, request, _("Sign out?"), "", _("Sign out"), action="/logout", below=back,
                told=_("You are signed in as {email}.", email=email))  # fmt: skip


def draw(
    db: Connection, request: Request, title: str, fields: str, button: str, *, action: str = "",
    hidden: dict[str, str] | None = None, told: str = "", trouble: Sentence | None = None, status: int = 200,
    wait: int = 0, above: str = "", below: str = "",
) -> Response:  # fmt: skip
    """A page with a form, in the frame that all of them have; the form is signed for this very browser."""
    _ = tongue(request)
    lang = language(request)
    browser = cookie(request, FORM) or secrets.token_urlsafe(18)
    kept = {**(hidden or {}), "token": codes.sign(db.key, "form", browser)}
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    here = escape(quote(request.url.path + query, safe="/"))
    form = _FORM.format(
        action=escape(action), fields=fields, button=escape(button),
        hidden="".join(HIDDEN.format(name=name, value=escape(value)) for name, value in kept.items()),
    ) if button else ""  # fmt: skip
    answer = HTMLResponse(
        _PAGE.format(
            lang=lang, title=escape(title), form=form, above=above, below=below,
            motto=escape(_("Every message accounted for.")), language=escape(_("Language")),
            foot=escape(_("Self-hosted. Your numbers stay on your server.")),
            trouble=f'<p class="trouble" role="alert">{escape(_said(request, trouble))}</p>' if trouble else "",
            told=f'<p class="told">{escape(told)}</p>' if told else "",
            languages=" · ".join(
                f"<strong lang={tag}>{name}</strong>" if tag == lang else
                f'<a href="/language?to={tag}&amp;next={here}" hreflang="{tag}" lang="{tag}">{name}</a>'
                for tag, name in words.LANGUAGES.items()
            ),
        ),
        status_code=status,
        headers={"cache-control": "no-store"},
    )  # fmt: skip
    if wait:
        answer.headers["retry-after"] = str(-(-wait // 1000))
    keep(answer, request, FORM, browser, age=3600, strict=True)
    return answer


def keep(answer: Response, request: Request, name: str, value: str, *, age: int, strict: bool = False) -> None:
    """Set a cookie that no script reads, and that stays on https where the page came over it."""
    # Lax for the session: a link in an e-mail leads to the desk and not to the sign-in page.
    answer.set_cookie(name, value, max_age=age, httponly=True, samesite="strict" if strict else "lax",
                      secure=request.url.scheme == "https")  # fmt: skip


def field(label: str, name: str, more: str) -> str:
    """One field of a form."""
    return _FIELD.format(label=escape(label), name=name, more=more)


def too_many(wait: int) -> Sentence:
    """How long to wait after wrong attempts."""
    return say_count(
        "Too many attempts. Try again in {count} second.", "Too many attempts. Try again in {count} seconds.",
        -(-wait // 1000),
    )  # fmt: skip


def _said(request: Request, sentence: Sentence) -> str:
    if sentence.plural is None or sentence.count is None:
        return _catalogue(request).gettext(sentence.text).format(**sentence.values)
    return _catalogue(request).ngettext(sentence.text, sentence.plural, sentence.count).format(**sentence.values)


def tongue(request: Request) -> Translate:
    """What says a sentence in the language of this request, outside Streamlit's own sessions."""
    found = _catalogue(request)

    def translate(text: str, **values: str | int | float | None) -> str:
        return found.gettext(text).format(**values)

    return translate


def _catalogue(request: Request) -> gettext.NullTranslations:
    return catalogue.norwegian() if language(request) == "nb" else _ENGLISH


def language(request: Request) -> words.Language:
    """What this browser reads."""
    chosen = cookie(request, words.COOKIE)
    return chosen if chosen in words.LANGUAGES else words.best(request.headers.get("accept-language", "en"))  # type: ignore[return-value]


def cookie(request: Request, name: str) -> str:
    """The cookie `name` of a request; "" when there is none."""
    return gate.cookie_of(request.scope, name)


def go(to: str) -> Response:
    """On to another address of the desk."""
    return RedirectResponse(to, status_code=303, headers={"cache-control": "no-store"})


def plain(why: str, status: int) -> Response:
    """A sentence and no page."""
    return PlainTextResponse(why, status_code=status)
