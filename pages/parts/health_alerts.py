"""Who is told of incidents when nobody looks at the desk, and a test of the way to them."""

import streamlit as st

from nextpod_core import alerts
from nextpod_core.sentences import say
from pages.parts import frame
from pages.parts.words import _


def _try_out() -> None:
    with frame.telling_later():
        alerts.try_out(frame.run_db(), by=frame.user(), now=frame.now())
        frame.tell_later(say("A test is on its way. A minute later it is told that it is over."))


def draw() -> None:
    """The ways by which incidents are told, and how the last test went."""
    st.header(_("Alerts"))
    given = frame.the_settings()
    ways = [*given.alert_to, *([_("a webhook")] if given.alert_webhook else [])]
    if not ways:
        st.caption(
            _("Nobody is told when something is wrong and nobody looks here. Set {mail} or {webhook}.",
              mail="NEXTPOD_SMTP_URL", webhook="NEXTPOD_ALERT_WEBHOOK")
        )  # fmt: skip
        return
    st.caption(_("Incidents are told to {whom}, once when they begin and once when they are over.",
                 whom=", ".join(ways)))  # fmt: skip
    st.button(_("Send a test alert"), key="health_test_alert", icon=":material/notifications_active:",
              on_click=_try_out, disabled=not frame.may("options.change"))  # fmt: skip
    last = alerts.last_test(frame.run_db())
    if last is None:
        return
    if last["error"]:
        frame.tell(_("The test of {time} could not be told: {why}.", time=frame.when(last["began_at"]),
                     why=last["error"]), "error")  # fmt: skip
    elif last["told_at"]:
        st.caption(_("The test of {time} was handed over. Look whether it arrived.",
                     time=frame.when(last["began_at"])))  # fmt: skip
    else:
        st.caption(_("The test of {time} waits for the dispatcher.", time=frame.when(last["began_at"])))
