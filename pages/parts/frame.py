"""
What every page stands in: the store for this run, who is sitting there, the clock, and how things are told.

`menu.py` draws the frame and runs the page inside it. A page begins with `db = frame.open_page("pages/inbox.py")`; the
connection stays good for its callbacks, dialogs and timed fragments until the next full run of the session.
"""

import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from html import escape
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from nextpod_core import accounts, changes, errors, options, people, roles, sessions, settings, store
from nextpod_core import db as driver
from nextpod_core.db import Connection
from nextpod_core.options import Options
from nextpod_core.people import DESK, Actor
from nextpod_core.sentences import Sentence
from nextpod_core.sessions import Session
from nextpod_core.settings import Settings
from pages.parts import gate, words
from pages.parts.words import _, tr

log = logging.getLogger(__name__)

ASSETS = Path(__file__).with_name("assets")
Kind = Literal["success", "info", "warning", "error"]
_ICONS: dict[Kind, str] = {
    "success": ":material/check_circle:",
    "info": ":material/info:",
    "warning": ":material/warning:",
    "error": ":material/error:",
}
# A page shows that somebody else holds the file sooner than a background process would give up.
_PATIENCE_MS = 5_000
MANY = 25  # whole numbers at once: fewer is work on single people, more is a list that could be carried away


@dataclasses.dataclass(slots=True)
class Run:
    """One full run of the script: its connection, and what was read from it at the beginning."""

    db: Connection
    settings: Settings
    options: Options
    by: Actor
    session: Session | None  # None while nobody has to sign in


_drawing: ContextVar[Run | None] = ContextVar("drawing", default=None)


@contextlib.contextmanager
def desk() -> Iterator[Run]:
    """The frame, for as long as the entry script draws. Tells in a sentence why there is none, and stops the script.

    The connection of the session's last full run is closed here and not at its end: its callbacks, dialogs and
    fragments still use it in between.
    """
    before: Run | None = st.session_state.get("frame_run")
    if before is not None:
        before.db.close()
        del st.session_state["frame_run"]
    with telling():
        given = settings.load()
        db = store.open(given, busy_ms=_PATIENCE_MS)
        by, session = _who(db, given)
        if by.role is None:
            db.close()
            leave()
        run = Run(db, given, options.read(db), by, session)
        st.session_state["frame_run"] = run
        mark = _drawing.set(run)
        try:
            yield run
        finally:
            _drawing.reset(mark)


def stop() -> NoReturn:
    """Draw nothing more. `st.stop` would also let go of a press that came while this run was drawing."""
    raise StopException


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Whatever a person can be told about is told as a sentence, and the script stops there."""
    try:
        yield
    except (errors.NextpodError, *driver.Error, OSError) as error:
        tell_error(error)
        stop()


def open_page(name: str) -> Connection:
    """The store, for the page `name` (its path, such as "pages/inbox.py"). Draws nothing where the frame is missing."""
    run = _drawing.get()
    if run is None:
        log.error("%s was asked for without the frame", name)
        st.error(_("This page can only be shown inside the desk. Open the desk's own address."))
        stop()
    if not roles.may_open(run.by, Path(name).stem):
        st.error(_("This page is not for your role. Ask an administrator of the desk."))
        stop()
    return run.db


def run_db() -> Connection:
    """The store, for a callback, a dialog or a fragment, which stand outside a page's own lines.

    They run without the frame being drawn, so who was signed out meanwhile is sent away here.
    """
    run = _run()
    if user().role is None:
        leave()
    return run.db


def user() -> Actor:
    """Who is at the desk at this moment: asked of the store each time, so that what was taken away is gone."""
    run = _run()
    return _who(run.db, run.settings)[0]


def session() -> Session | None:
    """The session that the page was drawn in; None while nobody has to sign in."""
    return _run().session


def farewell() -> str:
    """The token of the desk's own link to `/logout`."""
    return sessions.farewell(_run().db, st.context.cookies.get(gate.COOKIE) or "")


def may(action: roles.Action) -> bool:
    """Whether who looks at the page may do this: for what is drawn. The nouns ask again when it is done."""
    run: Run | None = _drawing.get() or st.session_state.get("frame_run")
    return run is not None and roles.may(run.by, action)


def note_shown(what: str, rows: int) -> None:
    """Note in the log that a list of whole numbers was on the screen: once a list and tab, from `MANY` rows on."""
    run: Run | None = _drawing.get() or st.session_state.get("frame_run")
    if run is None or run.by.kind != "person" or rows < MANY or not roles.may(run.by, "numbers.read"):
        return
    about = next((st.query_params[name] for name in ("campaign", "draft") if name in st.query_params), None)
    seen: set[tuple[str, str | None]] = st.session_state.setdefault("frame_shown", set())
    if (what, about) in seen:
        return
    try:
        people.shown(run.db, by=run.by, what=what, subject_id=about[:20] if about else None, rows=rows, now=now())
    except driver.Error:  # Busy or full: whoever reads is not turned away; the next drawing tries again.
        log.warning("that a list of numbers was shown could not be noted", exc_info=True)
    else:
        seen.add((what, about))


def leave() -> NoReturn:
    """Send the browser to the sign-in page, and draw nothing more."""
    if first := st.session_state.pop("frame_first_link", None):  # Whoever has just made sign-in necessary.
        st.title(_("Choose a password"))
        st.markdown(_("From now on everybody signs in. This link works once and is shown once:"))
        st.html(
            f'<a href="{escape(first)}" target="_self" style="display: inline-block; padding: 0.5rem 1rem;'
            f' border-radius: 8px; background: #0b6b5e; color: #fff; text-decoration: none; font-weight: 600">'
            f"{escape(_('Choose the password'))}</a>"
        )
        st.caption(_("For somebody else: copy the address and hand it over."))
        address = urlsplit(st.context.url or "")
        st.code(f"{address.scheme}://{address.netloc}{first}" if address.netloc else first, language=None,
                wrap_lines=True)  # fmt: skip
        stop()
    st.html('<script src="/assets/signed_out.js"></script>', unsafe_allow_javascript=True)
    st.markdown(f"[{_('You are signed out. Sign in again.')}](/login)")
    stop()


def _who(db: Connection, given: Settings) -> tuple[Actor, Session | None]:
    address = st.context.ip_address if isinstance(st.context.ip_address, str) else None
    if accounts.is_waived(db, given):
        return dataclasses.replace(DESK, address=address), None
    found = sessions.find(db, st.context.cookies.get(gate.COOKIE) or "", now=now())
    return (Actor("person", "nobody", address), None) if found is None else (found.actor(address), found)


def now() -> int:
    """The time, in UTC milliseconds. Ask once in a script and hand it on."""
    return time.time_ns() // 1_000_000


def zone() -> ZoneInfo:
    """The team's time zone, in which every time is shown."""
    return ZoneInfo(_run().options.zone)


def team_options() -> Options:
    """What the team has set, as it stood when the page was drawn."""
    return _run().options


def the_settings() -> Settings:
    """The settings of this installation."""
    return _run().settings


def when(ms: int | None, style: words.Style = "short") -> str:
    """A time in the team's zone, as the reader writes it."""
    return words.when(ms, zone(), style)


def id_in_address(name: str) -> int | None:
    """The id that the address names, such as ?campaign=12; None where there is none or it is no number."""
    asked = st.query_params.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def page_path(name: str) -> Path:
    """The file of the page `name`, such as "health", for `st.page_link` and `st.switch_page`.

    They take a path from the entry script's own folder or a whole one; "pages/health.py" finds nothing.
    """
    return ASSETS.parents[1] / f"{name}.py"


def link(name: str, **more: Any) -> None:
    """`st.page_link` to the page `name`, for those whose role it is for; nothing for others, who have no such page."""
    if roles.may_open(_run().by, name):
        st.page_link(page_path(name), **more)


def strip(text: str) -> None:
    """A quiet band across the top of every page, seen and not in the way."""
    dark = st.context.theme.type == "dark"
    ground, edge, ink = ("#231C3D", "#4B3B86", "#CFC2FF") if dark else ("#EFEAFB", "#CFC2F2", "#4A2F9B")
    st.html(
        f'<div role="note" style="background:{ground};border:1px solid {edge};color:{ink};border-radius:8px;'
        f'padding:0.38rem 0.8rem;font-size:0.9rem;font-weight:550;line-height:1.35">{escape(text)}</div>'
    )


def tell(sentence: Sentence | str, kind: Kind = "info") -> None:
    """Say something to the person where the script stands: a sentence of the core, or words already translated."""
    text = tr(sentence) if isinstance(sentence, Sentence) else sentence
    {"success": st.success, "info": st.info, "warning": st.warning, "error": st.error}[kind](text, icon=_ICONS[kind])


def tell_later(sentence: Sentence | str, kind: Kind = "success") -> None:
    """Say it on the run that follows, for what is told just before `st.rerun()` or in a callback."""
    text = tr(sentence) if isinstance(sentence, Sentence) else sentence
    st.session_state.setdefault("frame_told", []).append((text, kind))


def tell_what_waits() -> None:
    """Say what `tell_later` was given; drawn by the frame above the page, and by each fragment that has buttons."""
    for text, kind in st.session_state.pop("frame_told", []):
        st.toast(text, icon=_ICONS[kind], duration="long")


def tell_error(error: BaseException) -> None:
    """Say in a sentence what went wrong and what to do. What isn't meant for people goes to the log."""
    if not isinstance(error, errors.Said):
        log.error("%s: %s", type(error).__name__, error)
    tell(*_told(error))


@contextlib.contextmanager
def telling_later() -> Iterator[None]:
    """As `telling`, in a callback: what went wrong is told by the run that follows it."""
    try:
        yield
    except (errors.NextpodError, *driver.Error, OSError) as error:
        tell_later(*_told(error))


def changed(*topics: changes.Topic) -> bool:
    """Whether something of these topics (of any, when none is named) is new since this session last asked.

    For a timed fragment that should redraw the whole page only when it must: `if frame.changed("inbox"): st.rerun()`.
    """
    found = changes.versions(_run().db)
    wanted = {topic: found.get(topic, 0) for topic in topics} if topics else dict(found)
    key = f"frame_seen_{'_'.join(sorted(topics))}"
    before = st.session_state.get(key)
    st.session_state[key] = wanted
    return before is not None and before != wanted


def live(every: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Draw a part of the page again every so many seconds, telling what goes wrong in there as a sentence."""

    def wrap(draw: Callable[[], None]) -> Callable[[], None]:
        @st.fragment(run_every=every)
        def shown() -> None:
            with telling():
                role = user().role
                if role is None:
                    leave()
                if role != _run().by.role:
                    st.rerun()  # Another menu, and other numbers masked.
                draw()
            tell_what_waits()

        return shown

    return wrap


def redraw_when_changed(*topics: changes.Topic, every: float = 5.0) -> None:
    """Run the whole page again when something of these topics is new; asks every so many seconds."""

    @live(every)
    def watch() -> None:
        if changed(*topics):
            st.rerun()

    watch()


def _told(error: BaseException) -> tuple[Sentence | str, Kind]:
    text = str(error)
    if isinstance(error, errors.Said):
        return error.sentence, "error"
    if "locked" in text or "busy" in text:
        return _("Another process is busy with the database. Nothing was changed; try again in a moment."), "warning"
    if "disk is full" in text or "No space left" in text:
        return _("The disk is full. Nothing was changed; sending rests until there is room again."), "error"
    if isinstance(error, (*driver.Error, OSError)):
        return _("The database can't be read or written: {why}. Nothing was changed.", why=text), "error"
    return _("That did not work: {why}.", why=text), "error"


def _run() -> Run:
    run = _drawing.get() or st.session_state.get("frame_run")
    if run is None:
        raise RuntimeError("asked for outside the frame")
    return run
