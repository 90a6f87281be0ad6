"""`python -m nextpod_core sandbox`: serve, or send one text as a subscriber through the sandbox that is running."""

import argparse
import json
import logging
import sys
import threading
import urllib.error
import urllib.request

from nextpod_core.sandbox import settings as sandbox_settings
from nextpod_core.sandbox.settings import Settings, WrongSetting
from nextpod_core.sandbox.store import StoreBroken


def run(stop: threading.Event | None = None, settings: Settings | None = None) -> None:
    """Serve until a signal or `stop`. Raises WrongSetting, or OSError when the port is taken."""
    from nextpod_core.sandbox import server  # Here, so that `mo` starts without an event loop's libraries.

    settings = settings or sandbox_settings.load()
    # The port comes first: two sandboxes must not meet in one file.
    server.serve(settings, server.listen(settings.port), stop)


def main(argv: list[str]) -> int:
    """The command line after `sandbox`. Returns the exit code: 0, 1 for what can be mended, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="python -m nextpod_core sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    mo = commands.add_parser("mo", help="send one incoming message by hand")
    mo.add_argument("--from", dest="msisdn", required=True, metavar="MSISDN", help="the subscriber, digits only")
    mo.add_argument("--to", default="", help="the short code; the sandbox's own when left out")
    mo.add_argument("--text", required=True)
    try:
        given = parser.parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        settings = sandbox_settings.load()
        if given.command == "mo":
            return _send_mo(settings, given.msisdn, given.to or settings.short_code, given.text)
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        run(settings=settings)
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return 1
    except StoreBroken as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The sandbox can't use port {settings.port} or its file: {error}.", file=sys.stderr)
        return 1
    return 0


def _send_mo(settings: Settings, msisdn: str, to: str, text: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{settings.port}/sandbox/mo",
        data=json.dumps({"from": msisdn, "to": to, "text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            print(json.load(error).get("error", error.reason), file=sys.stderr)
        return 1
    except OSError:
        print(f"No sandbox answers on port {settings.port}. Start it: python -m nextpod_core sandbox", file=sys.stderr)
        return 1
    print(json.dumps(found))
    if not found["address_known"]:
        print(
            "Kept: the sandbox learns where to send incoming messages from the first dlr_url, "
            "or from NEXTPOD_SANDBOX_MO_URL.",
            file=sys.stderr,
        )
    return 0
