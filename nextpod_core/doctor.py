"""
The doctor: is this installation fit to send? One line a check, each that fails with what to do about it.

Levels are those of monitoring plug-ins, and the exit code is the worst: `ok` and `note` 0, `look` 1, `stop` 2. Nothing
is sent and no key leaves: of the API only its name, its certificate and its clock are asked.
"""

import contextlib
import email.utils
import ipaddress
import os
import re
import shutil
import socket
import ssl
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx

from nextpod_core import alerts, backups, db, errors, health, store, wire
from nextpod_core import settings as settings_module
from nextpod_core.sentences import Sentence, say
from nextpod_core.settings import Settings, is_loopback

Level = Literal["ok", "note", "look", "stop"]
EXIT: dict[Level, int] = {"ok": 0, "note": 0, "look": 1, "stop": 2}

PATIENCE = 5.0  # seconds for an answer
CLOCK_LOOK, CLOCK_STOP = 30, 300  # seconds from the API's clock
CERTIFICATE_DAYS = 14
SHORTEST_TOKEN = 20
_DAY = 86_400_000
# The key that stands in the examples of the API document, and words that people put in while they try.
_EXAMPLE = re.compile(r"6cfbf9-93c0ac60ac6c5fc3900e56d966dcd8d2b1|change.?me|secret|password|your|example|test", re.I)


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, what was found, and what to do."""

    name: str
    level: Level
    found: Sentence
    todo: Sentence | None = None


def examine(env: Mapping[str, str], *, now: Callable[[], int]) -> list[Check]:
    """Everything, in the order in which it has to be right. `now` reads the clock, UTC milliseconds."""
    try:
        settings = settings_module.load(env)
    except errors.WrongSettings as error:
        return [Check("settings", "stop", error.sentence, say("Mend the environment, then check again."))]
    checks = [Check("settings", "ok", say("The settings can be used; the desk is {mode}.", mode=settings.mode))]
    checks += [*_secrets(settings), *_files(settings), *_store(settings, now=now()), *_ports(settings, now=now())]
    checks += [*_api(settings, now=now), *_public(settings, now=now())]
    return checks


def exit_code(checks: list[Check]) -> int:
    """0, 1 when somebody should look, 2 when it will not work."""
    return max((EXIT[check.level] for check in checks), default=0)


def _secrets(settings: Settings) -> Iterator[Check]:
    if settings.mode == "live":
        if _EXAMPLE.search(settings.api_key) or len(settings.api_key) < 16 or re.search(r"\s", settings.api_key):
            yield Check("key", "stop", say("NEXTPOD_API_KEY looks like an example, or is cut off."),
                        say("Copy the key from your Nextpod account."))  # fmt: skip
        else:
            yield Check("key", "ok", say("There is a key; whether Nextpod takes it only a text can tell."),
                        say("On the health page send one text to your own phone."))  # fmt: skip
    token = settings.webhook_token
    if token and (_EXAMPLE.search(token) or len(token) < SHORTEST_TOKEN):
        yield Check("token", "stop", say("NEXTPOD_WEBHOOK_TOKEN is short or easy to guess: others could report too."),
                    say("Leave it empty: the key file has a strong one."))  # fmt: skip


def _files(settings: Settings) -> Iterator[Check]:
    folder = settings.database.parent
    if not folder.is_dir():
        yield Check("folder", "stop", say("There is no folder {path}.", path=str(folder)),
                    say("Run: python -m nextpod_core migrate"))  # fmt: skip
        return
    if not os.access(folder, os.W_OK):
        yield Check("folder", "stop", say("{path} can't be written to.", path=str(folder)),
                    say("Give it to the user that the desk runs as; see whether the disk is read-only."))  # fmt: skip
    found = False
    for path in (settings.database, settings.key_file, Path(".env")):
        with contextlib.suppress(FileNotFoundError):
            about = path.stat()
            if about.st_mode & (stat.S_IRWXO | stat.S_IRWXG):
                found = True
                yield Check("rights", "stop", say("{path} can be read by others.", path=str(path)),
                            say("Run: chmod 600 {path}", path=str(path)))  # fmt: skip
            if about.st_uid != os.geteuid() and path.suffix in (".db", ".key"):
                found = True
                yield Check("rights", "stop", say("{path} belongs to another user.", path=str(path)),
                            say("Run this as the user that the desk runs as, or give the file to it."))  # fmt: skip
    if not found:
        yield Check("rights", "ok", say("Nobody else can read the database and its key."))
    usage = shutil.disk_usage(folder)
    yield from about_room(usage.free, usage.total)


def about_room(free: int, total: int) -> Iterator[Check]:
    """Whether there is room on the disk, in bytes: the same bounds at which people are told and sending rests."""
    share = free / total
    full, low = share < alerts.FULL and free < alerts.FULL_ROOM, share < alerts.LOW and free < alerts.LOW_ROOM
    level: Level = "stop" if full else "look" if low else "ok"
    told = say("{megabytes} MB are free on the disk, {share}%.", megabytes=free >> 20, share=int(share * 100))
    todo = say("Make room: under 10% and 5 GB sending rests, so that reports and opt-outs still fit.")
    yield Check("disk", level, told, None if level == "ok" else todo)


def _store(settings: Settings, *, now: int) -> Iterator[Check]:
    found = ".".join(map(str, db.FOUND))
    if db.FOUND < db.OLDEST:
        yield Check("sqlite", "stop", say("SQLite {found} can damage a database that several write to.", found=found),
                    say("Install the pinned requirements again."))  # fmt: skip
    else:
        yield Check("sqlite", "ok", say("SQLite {found}.", found=found))
    try:
        with contextlib.closing(store.open(settings)) as open_store:
            yield Check("database", "ok", say("{path} opens with its key.", path=str(settings.database)))
            for process in health.processes(open_store, now=now):
                running = say("The {process} is running.", process=process.name)
                away = say("The {process} is not running.", process=process.name)
                yield Check(process.name, "ok" if process.is_alive else "note", running if process.is_alive else away)
    except errors.WrongStore as error:
        yield Check("database", "stop", error.sentence)
        return
    except (*db.Error, OSError) as error:
        mended = say("Restore the newest backup: python -m nextpod_core restore FILE")
        yield Check("database", "stop", say("{path} can't be used: {why}.", path=str(settings.database),
                                            why=str(error)),
                    mended if os.access(settings.database.parent, os.W_OK) else None)  # fmt: skip
        return
    if backups.is_late(settings, backups.recent(settings), now=now):
        yield Check("backup", "look", say("There is no backup of the last 26 hours in {path}.",
                                          path=str(settings.backups)),
                    say("Run: python -m nextpod_core backup"))  # fmt: skip


def _ports(settings: Settings, *, now: int) -> Iterator[Check]:
    alive: set[str] = set()
    with contextlib.suppress(errors.WrongStore, *db.Error, OSError), contextlib.closing(store.open(settings)) as opened:
        alive = {one.name for one in health.processes(opened, now=now) if one.is_alive}
    for name, address, port, path in (
        ("dashboard", settings.dashboard_address, settings.dashboard_port, "/_stcore/health"),
        ("ingester", settings.ingest_address, settings.ingest_port, "/healthz"),
    ):
        if _is_free(address, port):
            level: Level = "stop" if name in alive else "note"
            yield Check(f"{name} port", level, say("Nothing listens on port {port}.", port=port))
            continue
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"http://{_host(address)}:{port}{path}", timeout=PATIENCE, trust_env=False)
            if answer.status_code == 200 and (path != "/healthz" or "ready" in answer.text):
                yield Check(f"{name} port", "ok", say("The {name} answers on port {port}.", name=name, port=port))
                continue
        yield Check(f"{name} port", "stop", say("Something else answers on port {port}.", port=port),
                    say("End it, or choose another port."))  # fmt: skip
    yield from _metrics_port(settings, is_sending="dispatcher" in alive)


def _metrics_port(settings: Settings, *, is_sending: bool) -> Iterator[Check]:
    """Where the dispatcher shows its metrics. Nothing wrong here keeps it from sending: somebody should look."""
    address, port = settings.dispatch_metrics_address, settings.dispatch_metrics_port
    if not port:
        return
    if _is_free(address, port):
        yield Check("metrics port", "look" if is_sending else "note", say("Nothing listens on port {port}.", port=port),
                    say("See the dispatcher's log, or choose another NEXTPOD_DISPATCH_METRICS_PORT.")
                    if is_sending else None)  # fmt: skip
        return
    with contextlib.suppress(httpx.HTTPError):
        answer = httpx.get(f"http://{_host(address)}:{port}/livez", timeout=PATIENCE, trust_env=False)
        if (answer.status_code, answer.text) == (200, "live"):
            yield Check("metrics port", "ok", say("The dispatcher's metrics are on port {port}.", port=port))
            return
    yield Check("metrics port", "look", say("Something else answers on port {port}.", port=port),
                say("Choose another NEXTPOD_DISPATCH_METRICS_PORT; sending goes on without it."))  # fmt: skip


def _api(settings: Settings, *, now: Callable[[], int]) -> Iterator[Check]:
    url = urlsplit(settings.api_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    if settings.mode == "sandbox":
        if _is_free(host, port):
            yield Check("sandbox", "note", say("The sandbox is not running."))
        return
    if not settings.proxy and (why := _unresolved(host)):
        yield Check("name", "stop", say("{host} has no address: {why}.", host=host, why=why),
                    say("See whether this machine has a name server, and reaches it."))  # fmt: skip
        return
    try:
        with httpx.Client(verify=wire.trust(settings.ca_file), proxy=settings.proxy, trust_env=False,
                          timeout=PATIENCE) as client:  # fmt: skip
            before = now()
            answer = client.head(f"{url.scheme}://{url.netloc}/")
            after = now()
    except errors.BadInput as error:
        yield Check("tls", "stop", error.sentence)
        return
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The text of an error of httpx names the host, never the password of a proxy.
        yield Check("tls", "stop", say("{host} can't be reached over TLS: {why}.", host=host,
                                       why=str(error) or type(error).__name__),
                    say("Open outgoing port 443, set NEXTPOD_PROXY or NEXTPOD_CA_FILE if this network has its own; "
                        "an expired certificate may also be this machine's clock."))  # fmt: skip
        return
    if url.scheme == "https":
        yield Check("tls", "ok", say("{host} is reached over TLS.", host=host))
    yield from about_clock(answer.headers.get("date"), (before + after) // 2)


def about_clock(date: str | None, ours: int) -> Iterator[Check]:
    """How far our clock is from the one that wrote an HTTP `Date`, which knows whole seconds."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "").timestamp() * 1000
    except ValueError:
        yield Check("clock", "note", say("Nobody told the time, so the clock could not be checked."))
        return
    seconds = round(abs(ours - theirs) / 1000)
    level: Level = "stop" if seconds >= CLOCK_STOP else "look" if seconds >= CLOCK_LOOK else "ok"
    yield Check("clock", level, say("The clock is {seconds} s from the gateway's.", seconds=seconds),
                None if level == "ok" else say("Let systemd-timesyncd or chrony set it."))  # fmt: skip


def _public(settings: Settings, *, now: int) -> Iterator[Check]:
    if settings.mode == "sandbox":
        return
    if is_loopback(settings.ingest_address) and not settings.trusted_proxy:
        yield Check("trusted proxy", "stop",
                    say("The ingester sits behind a proxy on this machine, but NEXTPOD_TRUSTED_PROXY is not set: every "
                        "report and every STOP would be refused as coming from here."),
                    say("Set NEXTPOD_TRUSTED_PROXY=127.0.0.1"))  # fmt: skip
    url = urlsplit(settings.public_url)
    host = url.hostname or ""
    if why := _unresolved(host):
        yield Check("public name", "stop", say("{host} has no address: {why}.", host=host, why=why),
                    say("Add the name to your DNS, or mend NEXTPOD_PUBLIC_URL."))  # fmt: skip
        return
    if all(_is_private(address) for address in _addresses(host)):
        yield Check("public name", "look", say("{host} has only private addresses as seen from here.", host=host),
                    say("Nextpod must reach it from 91.189.121.81-91.189.121.89."))  # fmt: skip
    if url.scheme == "https":
        yield from about_certificate(host, url.port or 443, settings.ca_file, now=now)
    try:
        with httpx.Client(verify=wire.trust(settings.ca_file), trust_env=False, timeout=PATIENCE) as client:
            ours = client.get(f"{settings.public_url}/healthz")
            dashboard = client.get(f"{settings.public_url}/_stcore/health")
            token = client.get(f"{settings.public_url}/dlr/{store.webhook_token(settings)}")
    except (httpx.HTTPError, errors.Said) as error:
        yield Check("webhook", "stop", say("{url} does not answer: {why}.", url=settings.public_url, why=str(error)),
                    say("Start the reverse proxy and the ingester; see deploy/ for both."))  # fmt: skip
        return
    if dashboard.status_code == 200:
        yield Check("public name", "stop", say("{host} shows the dashboard to the whole world.", host=host),
                    say("Let the public name serve /dlr and /mo alone; see deploy/."))  # fmt: skip
    # Anything but 404 is the ingester, which knows the token: 403 since we are not Nextpod, 405 since this is no POST.
    if token.status_code in (403, 405):
        yield Check("webhook", "ok", say("{url} leads to the ingester. Whether Nextpod gets through from its own "
                                         "addresses only a report can tell.", url=settings.public_url))  # fmt: skip
    else:
        yield Check("webhook", "stop", say("{url} does not lead to the ingester: it answered {code}.",
                                           url=settings.public_url, code=token.status_code),
                    say("Let the proxy pass /dlr/ and /mo/ on to the ingester as they are; see deploy/."))  # fmt: skip
    if ours.status_code not in (404, 403):
        yield Check("public name", "note", say("{host} also answers /healthz, which nobody outside needs.", host=host))


def about_certificate(host: str, port: int, ca_file: Path | None, *, now: int) -> Iterator[Check]:
    """Whether the certificate at this address is believed, and for how long from `now`."""
    try:
        context = wire.trust(ca_file)
        with socket.create_connection((host, port), PATIENCE) as plain, context.wrap_socket(
            plain, server_hostname=host
        ) as secure:  # fmt: skip
            told = secure.getpeercert() or {}
    except errors.BadInput as error:
        yield Check("certificate", "stop", error.sentence)
        return
    except ssl.SSLCertVerificationError as error:
        yield Check("certificate", "stop", say("The certificate of {host} is not believed: {why}.", host=host,
                                               why=error.verify_message),
                    say("Renew it; Nextpod may refuse it as well."))  # fmt: skip
        return
    except OSError as error:
        yield Check("certificate", "stop", say("{host} can't be reached: {why}.", host=host, why=str(error)),
                    say("Open incoming port 443 and start the reverse proxy."))  # fmt: skip
        return
    ends = ssl.cert_time_to_seconds(str(told.get("notAfter", "Jan 1 00:00:00 1970 GMT")))
    days = int(ends * 1000 - now) // _DAY
    if days < CERTIFICATE_DAYS:
        yield Check("certificate", "look", say("The certificate of {host} ends in {days} days.", host=host, days=days),
                    say("See why it was not renewed."))  # fmt: skip
    else:
        yield Check("certificate", "ok", say("The certificate of {host} is believed.", host=host))


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_connection((_host(address).strip("[]"), port), timeout=1).close()
    except OSError:
        return True
    return False


def _host(address: str) -> str:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    return f"[{name}]" if ":" in name else name


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]


def _unresolved(host: str) -> str | None:
    try:
        _addresses(host)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _is_private(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_private
