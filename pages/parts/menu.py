"""The entry script: every run draws the frame (menu, sandbox, brakes, language) and the chosen page inside it."""

from html import escape
from urllib.parse import quote, urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from nextpod_core import alerts, brakes, roles
from nextpod_core.db import transaction
from nextpod_core.sentences import say
from pages.parts import finding, frame, words
from pages.parts.words import _, tr

words.settle_language()
ALERT_PARTS = {"unknown": "unknown", "reports": "reports", "ingester": "reports", "disk_low": "store"}  # of Health
PAGES = frame.ASSETS.parent.parent
LEAVE_LINK = '<a href="{href}" target="_self" style="color: inherit">{name}</a>'
LANGUAGE_LINK = '<a href="{href}" target="_self" hreflang="{tag}" lang="{tag}" style="color: inherit">{name}</a>'


def stop_all_sending() -> None:
    """A person stops everything: asked for with two clicks, undone with two."""
    db, by, now = frame.run_db(), frame.user(), frame.now()
    with frame.telling_later(), transaction(db):
        brakes.put_on(db, "stop", say("Somebody at the desk stopped all sending."), now=now, by=by)


@st.dialog(_("Stop all sending?"))
def ask_before_stopping() -> None:
    """The second click. In a dialog: a popover in the sidebar would show its text dark on dark."""
    st.write(
        _("Nothing more leaves until somebody lets it go on. What Nextpod has taken over already can't be called back.")
    )
    if st.button(_("Stop now"), type="primary", key="frame_stop_now", on_click=stop_all_sending):
        st.rerun()


def let_go(name: str) -> None:
    """A person lets sending go on where this brake held it."""
    with frame.telling_later():
        brakes.let_go(frame.run_db(), name, now=frame.now(), by=frame.user())


st.set_page_config(page_title="Nextpod desk", page_icon=str(frame.ASSETS / "icon.png"), layout="wide")
st.logo(frame.ASSETS / "logo.svg", icon_image=frame.ASSETS / "mark.svg", size="large")


def entry(name: str, title: str, icon: str, **more: bool) -> list[StreamlitPage]:
    """The page `name` as a line of the menu, or nothing for those whose role it is not for."""
    if not frame.may(roles.PAGES[name]):
        return []
    return [st.Page(PAGES / f"{name}.py", title=title, icon=f":material/{icon}:", **more)]


with frame.desk() as run:
    page = st.navigation(
        {
            "": [
                *entry("overview", _("Overview"), "monitoring", default=True),
                *entry("inbox", _("Inbox"), "forum"),
            ],
            _("Campaigns"): [
                *entry("compose", _("New campaign"), "edit_square"),
                *entry("campaigns", _("All campaigns"), "campaign"),
                *entry("analytics", _("Delivery"), "insights"),
            ],
            _("People"): entry("suppressions", _("Suppressions"), "block"),
            _("Admin"): [
                *entry("settings", _("Settings"), "settings"),
                *entry("people", _("Who may sign in"), "group"),
                *entry("health", _("Health"), "monitor_heart"),
            ],
            _("You"): entry("account", _("My account"), "account_circle") if run.session else [],
        },
        expanded=True,
    )
    # A Material icon of a page would become the tab's icon, fetched from another host.
    st.set_page_config(page_title=f"{page.title} · Nextpod desk", page_icon=str(frame.ASSETS / "icon.png"),
                       layout="wide")  # fmt: skip
    finding.follow()
    frame.tell_what_waits()
    on = brakes.active(run.db, now=frame.now())

    if run.settings.mode == "sandbox":
        sandbox = _("Sandbox: nothing leaves this machine")
        frame.strip(sandbox if run.session else f"{sandbox} · {_('nobody has to sign in')}")
    if run.session and run.session.must_set_up_codes:
        frame.tell(
            _("Administrators need an authenticator app here. Set it up under My account; until then you see figures "
              "only."), "warning",
        )  # fmt: skip
    for brake in on:
        with st.container(horizontal=True, vertical_alignment="center", key=f"frame_brake_{brake.name}"):
            rests = _("All sending rests.") if brake.until is None else _(
                "All sending rests until {time}.", time=frame.when(brake.until, "time")
            )  # fmt: skip
            st.error(f"**{rests}** {tr(brake.reason)}", icon=":material/front_hand:")
            if not frame.may("sending.resume"):
                continue
            with st.popover(_("Let it go on")):
                st.write(_("Everything that is due goes out again, beginning with one request alone."))
                st.button(_("Send again"), type="primary", key=f"frame_let_go_{brake.name}",
                          on_click=let_go, args=(brake.name,))  # fmt: skip
    for kind, sentence in alerts.on_every_page(run.db, now=frame.now()).items():
        with st.container(horizontal=True, vertical_alignment="center", key=f"frame_alert_{kind}"):
            frame.tell(sentence, "warning")
            if roles.may_open(run.by, "health"):
                frame.link("health", label=_("Open"), icon=":material/arrow_forward:", width="content",
                           query_params={"part": ALERT_PARTS.get(kind, "sending")})  # fmt: skip
            elif kind == "unknown":
                frame.link("overview", label=_("Open"), icon=":material/arrow_forward:", width="content")

    with st.sidebar:
        if frame.may("inbox.handle"):
            finding.draw()
        stopped = any(brake.name == "stop" for brake in on)
        if (
            not stopped
            and frame.may("sending.stop")
            and st.button(_("Stop all sending"), icon=":material/front_hand:", key="frame_stop", width="stretch")
        ):
            ask_before_stopping()
        here = "/" + page.url_path
        if st.query_params:
            here += "?" + urlencode(st.query_params.to_dict(), quote_via=quote)
        choices = [
            f"<strong lang={tag}>{name}</strong>"
            if tag == words.language()
            else LANGUAGE_LINK.format(
                href=escape(f"/language?to={tag}&next={quote(here, safe='')}"), tag=tag, name=name
            )
            for tag, name in words.LANGUAGES.items()
        ]
        st.html(f'<nav aria-label="{escape(_("Language"))}" style="font-size: 0.9rem">{" · ".join(choices)}</nav>')
        st.caption(_("All times are those of {zone}.", zone=run.options.zone.replace("_", " ")))
        if run.session:
            leaving = LEAVE_LINK.format(href=escape(f"/logout?token={frame.farewell()}"), name=escape(_("Sign out")))
            st.html(f'<div style="font-size: 0.9rem">{escape(run.session.email)} · {leaving}</div>')

    page.run()
