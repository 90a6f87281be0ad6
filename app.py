"""Starts the dashboard: the script in `pages/parts/menu.py`, its fonts and pictures, and the gate before them."""

import contextlib
import gc
import importlib
import os
import pkgutil
import socket
import sys
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from nextpod_core import accounts, db, errors, settings, store
from pages import parts
from pages.parts import catalogue, charts, door, frame, gate, presses, tables, words

# What Streamlit would import with the first icon and the first table.
LATE = ("PIL.PngImagePlugin", "pyarrow.pandas_compat", "streamlit.material_icon_names")


def refuse_in_a_sentence() -> settings.Settings:
    """The settings, when they and the database they name can be used; else the process ends with the reason."""
    try:
        given = settings.load()
        with contextlib.closing(store.open(given)) as opened:
            accounts.check_start(opened, given)
    except errors.Said as error:
        sys.exit(str(error))
    except (*db.Error, OSError) as error:
        sys.exit(db.unusable(given.database.parent, error))
    return given


@contextlib.asynccontextmanager
async def warm(_app: st.App) -> AsyncIterator[None]:
    """What every page needs is made once, then left out of garbage collection.

    A full collection goes through everything that is not frozen. While Streamlit made one after every run a page with
    three charts was measured at 16 ms of CPU instead of 92; now Python makes them alone (.streamlit/config.toml).
    """
    for late in LATE:
        importlib.import_module(late)
    for part in pkgutil.iter_modules(parts.__path__, "pages.parts."):
        if part.name != "pages.parts.menu":  # The script itself, which draws.
            importlib.import_module(part.name)
    catalogue.norwegian()
    for locale in words.LOCALES.values():
        _ = locale.decimal_formats, locale.date_formats, locale.months
    _ = tables.PAGE, charts.LIGHT
    presses.keep()
    gc.collect()
    gc.freeze()
    yield


def tell_in_a_sentence(error: Exception) -> bool:
    """A mistake of ours, met while drawing: logged by Streamlit, told without its text."""
    frame.log.error("a page failed", exc_info=error)
    frame.tell(
        words._("Something went wrong on this page. Load it again; if it comes back, the dashboard's log says why."),
        "error",
    )
    return True


given = refuse_in_a_sentence()
# Whose X-Forwarded-For and -Proto uvicorn believes: the proxy that was named, else one on this machine.
os.environ["FORWARDED_ALLOW_IPS"] = given.trusted_proxy or "127.0.0.1,::1"
app = st.App(
    frame.ASSETS.parent / "menu.py",
    lifespan=warm,
    routes=[
        Route("/language", gate.language),
        *door.routes(given),
        Mount("/assets", StaticFiles(directory=frame.ASSETS)),
    ],
    middleware=[Middleware(gate.Gate, settings=given)],
    on_script_error=tell_in_a_sentence,
)


def refuse_a_port_that_is_taken(given: settings.Settings) -> None:
    """End with a sentence when somebody else listens where the dashboard would."""
    family = socket.AF_INET6 if ":" in given.dashboard_address else socket.AF_INET
    try:
        socket.create_server((given.dashboard_address, given.dashboard_port), family=family).close()
    except OSError as error:
        sys.exit(
            f"The dashboard can't listen on {given.dashboard_address}:{given.dashboard_port}: "
            f"{os.strerror(error.errno or 0)}. Is it running already?"
        )


if __name__ == "__main__":
    refuse_a_port_that_is_taken(given)
    app.run(
        config={
            "server.port": given.dashboard_port,
            "server.address": given.dashboard_address,
            "server.maxUploadSize": given.max_upload_mb,
            "logger.level": given.log_level,
        }
    )
