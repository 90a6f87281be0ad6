"""Files made when somebody asks for them: Streamlit does it in a thread of its own, which knows no session."""

import contextlib
import copy
import threading
from collections.abc import Callable

from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from nextpod_core import people, store
from nextpod_core.db import Connection
from pages.parts import frame


def file(make: Callable[[Connection], bytes], *, what: str, id: int | str | None = None) -> Callable[[], bytes]:
    """`make` for the `data` of a download button: with a connection of its own, and the reader's language and zone.

    Each file that is made is written down in the audit log: who took `what` (such as "campaign", `id`) away.

    Without it `frame`, `words` and `st.context` would not know whose file it is. The connection that drew the button
    may be closed by the time it is pressed.
    """
    # A copy, for the run that drew the button may be over or called off: with its coordinator, every look at the
    # session's state would end the making as it ends that run, and the button would turn for ever.
    session, given = copy.copy(get_script_run_ctx()), frame.the_settings()
    if session is not None:
        session.parallel_coordinator = None

    def made() -> bytes:
        thread = threading.current_thread()
        add_script_run_ctx(thread, session)
        try:
            with contextlib.closing(store.open(given)) as db:
                people.exported(db, by=frame.user(), now=frame.now(), subject=what, subject_id=id)
                return make(db)
        finally:
            add_script_run_ctx(thread, None)

    return made
