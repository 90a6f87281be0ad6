"""Settings of the installation: one frozen value, read once from `NEXTPOD_*`. What people change is in `options.py`."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from nextpod_core import oidc_settings
from nextpod_core.errors import WrongSettings
from nextpod_core.oidc_settings import Company

Mode = Literal["sandbox", "live"]

DEFAULTS: dict[str, str] = {
    "NEXTPOD_API_KEY": "",
    "NEXTPOD_API_KEY_FILE": "",
    "NEXTPOD_ACCOUNT_ID": "",
    "NEXTPOD_API_URL": "",  # https://api.nextpod.io/v2 with a key, the sandbox without
    "NEXTPOD_API_FORMAT": "json",
    "NEXTPOD_API_AUTH": "basic",
    "NEXTPOD_GATEWAY": "",
    "NEXTPOD_PROXY": "",
    "NEXTPOD_CA_FILE": "",
    "NEXTPOD_PUBLIC_URL": "",
    "NEXTPOD_WEBHOOK_TOKEN": "",
    "NEXTPOD_WEBHOOK_TOKEN_BEFORE": "",
    "NEXTPOD_WEBHOOK_ADDRESSES": "",
    "NEXTPOD_TRUSTED_PROXY": "",
    "NEXTPOD_DATABASE": "",  # data/nextpod.db with a key, data/sandbox.db without
    "NEXTPOD_DASHBOARD_ADDRESS": "127.0.0.1",
    "NEXTPOD_DASHBOARD_PORT": "8501",
    "NEXTPOD_INGEST_ADDRESS": "127.0.0.1",
    "NEXTPOD_INGEST_PORT": "8502",
    "NEXTPOD_SANDBOX_PORT": "8503",
    "NEXTPOD_UNDER_WAY": "32",
    "NEXTPOD_TIMEOUT_SECONDS": "30",
    "NEXTPOD_LEASE_SECONDS": "90",
    "NEXTPOD_HELD_SECONDS": "600",
    "NEXTPOD_REST_SECONDS": "1200",
    "NEXTPOD_FAULT_IS_UNKNOWN": "no",
    "NEXTPOD_NO_REPORT_HOURS": "78",
    "NEXTPOD_OVERDUE_SECONDS": "600",
    "NEXTPOD_STOP_SECONDS": "4",
    "NEXTPOD_MO_ZONE": "UTC",
    "NEXTPOD_MAX_UPLOAD_MB": "200",
    "NEXTPOD_TIDE_FILE": "",  # beside the database
    "NEXTPOD_BACKUP_FOLDER": "",  # backups, beside the database
    "NEXTPOD_BACKUP_KEEP": "14",
    "NEXTPOD_BACKUP_AGE_RECIPIENT": "",
    "NEXTPOD_DASHBOARD_URL": "",
    "NEXTPOD_SMTP_URL": "",
    "NEXTPOD_ALERT_TO": "",
    "NEXTPOD_ALERT_WEBHOOK": "",
    "NEXTPOD_ALERT_SECRET": "",
    "NEXTPOD_LOG_LEVEL": "info",
    "NEXTPOD_LOG_FORMAT": "text",
    "NEXTPOD_METRICS_TOKEN": "",
    "NEXTPOD_DISPATCH_METRICS_ADDRESS": "127.0.0.1",
    "NEXTPOD_DISPATCH_METRICS_PORT": "8504",
    **oidc_settings.DEFAULTS,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every value is checked by `load`; seconds are floats, ports ints, addresses text."""

    mode: Mode
    api_key: str = field(repr=False)
    api_key_file: Path | None  # where the key was read from, to be read again when it changes
    account_id: str
    api_url: str
    api_format: Literal["json", "form"]
    api_auth: Literal["basic", "form"]
    gateway: int | None
    proxy: str | None
    ca_file: Path | None
    public_url: str
    webhook_token: str = field(repr=False)  # empty: the one in the key file
    webhook_tokens_before: tuple[str, ...] = field(repr=False)  # replaced ones that may still come
    webhook_addresses: tuple[str, ...]
    trusted_proxy: str | None
    database: Path
    dashboard_address: str
    dashboard_port: int
    ingest_address: str
    ingest_port: int
    sandbox_port: int
    under_way: int
    timeout: float
    lease: float
    held: float
    rest: float
    fault_is_unknown: bool
    no_report_hours: float
    overdue: float
    stop: float
    mo_zone: str
    max_upload_mb: int
    tide_file: Path | None  # None: `tide`
    backup_folder: Path | None  # None: `backups`
    backup_keep: int
    backup_age_recipient: str
    dashboard_url: str  # as people type it; empty: not known
    smtp_url: str = field(repr=False)
    alert_to: tuple[str, ...]
    alert_webhook: str = field(repr=False)
    alert_secret: str = field(repr=False)
    log_level: str
    log_format: str
    metrics_token: str = field(repr=False)  # empty: metrics are for this machine alone
    dispatch_metrics_address: str
    dispatch_metrics_port: int  # 0: the dispatcher listens nowhere
    company: Company | None = None  # whose own sign-in lets people in

    @property
    def key_file(self) -> Path:
        """The file of mode 600 beside the database that holds its secrets: keyed hashes, webhook token."""
        return self.database.with_suffix(".key")

    @property
    def tide(self) -> Path:
        """The file that knows what left, outside the database; on another disk it sees a whole machine go back."""
        return self.tide_file or self.database.with_name(self.database.name + ".tide")

    @property
    def backups(self) -> Path:
        """The folder that backups are made in."""
        return self.backup_folder or self.database.parent / "backups"


def load(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process, from `env` (the process environment when None).

    Raises WrongSettings with a sentence for anything missing, malformed or unsafe.
    """
    given = os.environ if env is None else env
    raw = {name: given.get(name, "").strip() or default for name, default in DEFAULTS.items()}
    key_file = Path(raw["NEXTPOD_API_KEY_FILE"]) if raw["NEXTPOD_API_KEY_FILE"] else None
    if raw["NEXTPOD_API_KEY"] and key_file is not None:
        raise WrongSettings("NEXTPOD_API_KEY and NEXTPOD_API_KEY_FILE are both set. Keep one of them.")
    key = raw["NEXTPOD_API_KEY"] if key_file is None else read_api_key(key_file)
    mode: Mode = "live" if key else "sandbox"
    here = f"http://127.0.0.1:{raw['NEXTPOD_INGEST_PORT']}"
    settings = Settings(
        mode=mode,
        api_key=key or "sandbox",
        api_key_file=key_file,
        account_id=raw["NEXTPOD_ACCOUNT_ID"],
        api_url=raw["NEXTPOD_API_URL"]
        or ("https://api.nextpod.io/v2" if key else f"http://127.0.0.1:{raw['NEXTPOD_SANDBOX_PORT']}/v2"),
        api_format=_one_of(raw, "NEXTPOD_API_FORMAT", "json", "form"),  # type: ignore[arg-type]
        api_auth=_one_of(raw, "NEXTPOD_API_AUTH", "basic", "form"),  # type: ignore[arg-type]
        gateway=_whole(raw, "NEXTPOD_GATEWAY", least=0) if raw["NEXTPOD_GATEWAY"] else None,
        proxy=raw["NEXTPOD_PROXY"] or None,
        ca_file=Path(raw["NEXTPOD_CA_FILE"]) if raw["NEXTPOD_CA_FILE"] else None,
        public_url=(raw["NEXTPOD_PUBLIC_URL"] or ("" if key else here)).rstrip("/"),
        webhook_token=raw["NEXTPOD_WEBHOOK_TOKEN"],
        webhook_tokens_before=tuple(raw["NEXTPOD_WEBHOOK_TOKEN_BEFORE"].replace(",", " ").split()),
        webhook_addresses=_addresses(raw, live=bool(key)),
        trusted_proxy=raw["NEXTPOD_TRUSTED_PROXY"] or None,
        database=Path(raw["NEXTPOD_DATABASE"] or ("data/nextpod.db" if key else "data/sandbox.db")),
        dashboard_address=raw["NEXTPOD_DASHBOARD_ADDRESS"],
        dashboard_port=_whole(raw, "NEXTPOD_DASHBOARD_PORT", least=1),
        ingest_address=raw["NEXTPOD_INGEST_ADDRESS"],
        ingest_port=_whole(raw, "NEXTPOD_INGEST_PORT", least=1),
        sandbox_port=_whole(raw, "NEXTPOD_SANDBOX_PORT", least=1),
        under_way=_whole(raw, "NEXTPOD_UNDER_WAY", least=1),
        timeout=_seconds(raw, "NEXTPOD_TIMEOUT_SECONDS"),
        lease=_seconds(raw, "NEXTPOD_LEASE_SECONDS"),
        held=_seconds(raw, "NEXTPOD_HELD_SECONDS"),
        rest=_seconds(raw, "NEXTPOD_REST_SECONDS"),
        fault_is_unknown=_one_of(raw, "NEXTPOD_FAULT_IS_UNKNOWN", "no", "yes") == "yes",
        no_report_hours=_seconds(raw, "NEXTPOD_NO_REPORT_HOURS"),
        overdue=_seconds(raw, "NEXTPOD_OVERDUE_SECONDS"),
        stop=_seconds(raw, "NEXTPOD_STOP_SECONDS"),
        mo_zone=_zone(raw, "NEXTPOD_MO_ZONE"),
        max_upload_mb=_whole(raw, "NEXTPOD_MAX_UPLOAD_MB", least=1),
        tide_file=Path(raw["NEXTPOD_TIDE_FILE"]) if raw["NEXTPOD_TIDE_FILE"] else None,
        backup_folder=Path(raw["NEXTPOD_BACKUP_FOLDER"]) if raw["NEXTPOD_BACKUP_FOLDER"] else None,
        backup_keep=_whole(raw, "NEXTPOD_BACKUP_KEEP", least=1),
        backup_age_recipient=raw["NEXTPOD_BACKUP_AGE_RECIPIENT"],
        dashboard_url=raw["NEXTPOD_DASHBOARD_URL"].rstrip("/"),
        smtp_url=raw["NEXTPOD_SMTP_URL"],
        alert_to=tuple(part.strip() for part in raw["NEXTPOD_ALERT_TO"].split(",") if part.strip()),
        alert_webhook=raw["NEXTPOD_ALERT_WEBHOOK"],
        alert_secret=raw["NEXTPOD_ALERT_SECRET"],
        log_level=_one_of(raw, "NEXTPOD_LOG_LEVEL", "debug", "info", "warning", "error"),
        log_format=_one_of(raw, "NEXTPOD_LOG_FORMAT", "text", "json"),
        metrics_token=raw["NEXTPOD_METRICS_TOKEN"],
        dispatch_metrics_address=raw["NEXTPOD_DISPATCH_METRICS_ADDRESS"],
        dispatch_metrics_port=_whole(raw, "NEXTPOD_DISPATCH_METRICS_PORT", least=0),
        company=oidc_settings.read(raw, dashboard_url=raw["NEXTPOD_DASHBOARD_URL"].rstrip("/")),
    )
    _refuse_unsafe(settings)
    return settings


def _refuse_unsafe(settings: Settings) -> None:
    url = urlsplit(settings.api_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise WrongSettings("NEXTPOD_API_URL must be an address such as https://api.nextpod.io/v2.")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise WrongSettings("NEXTPOD_API_URL must begin with https://: texts and the key would travel unprotected.")
    if settings.lease < settings.timeout * 2 + 10:
        raise WrongSettings(
            "NEXTPOD_LEASE_SECONDS must be at least twice NEXTPOD_TIMEOUT_SECONDS plus 10, "
            "or a request still under way would be judged lost."
        )
    _refuse_unsafe_alerts(settings)
    if settings.mode == "sandbox":
        if not is_loopback(url.hostname):
            raise WrongSettings(
                "Without NEXTPOD_API_KEY only the sandbox on this machine is spoken to; "
                "NEXTPOD_API_URL points elsewhere."
            )
        return
    # Shorter, and a lease is judged lost, or a rest ended, while the gateway may still be at work.
    for name, floor, value in (
        ("NEXTPOD_LEASE_SECONDS", 90.0, settings.lease),
        ("NEXTPOD_HELD_SECONDS", 600.0, settings.held),
        ("NEXTPOD_REST_SECONDS", 1200.0, settings.rest),
    ):
        if value < floor:
            raise WrongSettings(
                "{name} may be shortened in the sandbox only; {floor} is the least here.", name=name, floor=int(floor)
            )
    if not settings.public_url:
        raise WrongSettings(
            "NEXTPOD_PUBLIC_URL is not set. It is the https address at which Nextpod reaches the ingester; "
            "without it no delivery report could come back, so nothing is sent."
        )
    public = urlsplit(settings.public_url)
    if public.scheme != "https" and not is_loopback(public.hostname or ""):
        raise WrongSettings("NEXTPOD_PUBLIC_URL must begin with https://.")


def _refuse_unsafe_alerts(settings: Settings) -> None:
    desk = urlsplit(settings.dashboard_url)
    if settings.dashboard_url and (desk.scheme not in ("http", "https") or not desk.hostname or desk.query):
        raise WrongSettings("NEXTPOD_DASHBOARD_URL must be an address such as https://desk.example.no.")
    mail, hook = urlsplit(settings.smtp_url), urlsplit(settings.alert_webhook)
    if settings.smtp_url and (mail.scheme not in ("smtp", "smtps") or not mail.hostname):
        raise WrongSettings("NEXTPOD_SMTP_URL must be an address such as smtps://user:password@mail.example.no:465.")
    if bool(settings.smtp_url) != bool(settings.alert_to):
        raise WrongSettings("NEXTPOD_SMTP_URL and NEXTPOD_ALERT_TO belong together: set both, or neither.")
    if any(not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address) for address in settings.alert_to):
        raise WrongSettings("NEXTPOD_ALERT_TO must hold e-mail addresses, with commas between them.")
    if not settings.alert_webhook:
        return
    if not hook.hostname or not (hook.scheme == "https" or hook.scheme == "http" and is_loopback(hook.hostname)):
        raise WrongSettings("NEXTPOD_ALERT_WEBHOOK must begin with https://, or be on this machine.")
    if len(settings.alert_secret) < 16:
        raise WrongSettings(
            "NEXTPOD_ALERT_SECRET must hold 16 characters or more: they sign what NEXTPOD_ALERT_WEBHOOK is told."
        )


def read_api_key(path: Path) -> str:
    """The key in a file of its own, which can be replaced while all runs. Raises WrongSettings for one that can't be.

    A file that others can read is refused: with the key anybody sends at the account's cost.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise WrongSettings("The file {path} of NEXTPOD_API_KEY_FILE can be read by others. Run: chmod 600 {path}",
                                path=str(path))  # fmt: skip
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings("The file {path} of NEXTPOD_API_KEY_FILE can't be read.", path=str(path)) from error
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise WrongSettings("The file {path} of NEXTPOD_API_KEY_FILE must hold the key and nothing else.",
                            path=str(path))  # fmt: skip
    return key


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by name or number."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses(raw: Mapping[str, str], *, live: bool) -> tuple[str, ...]:
    given = raw["NEXTPOD_WEBHOOK_ADDRESSES"]
    if not given:
        # The document names 91.189.121.81 - 91.189.121.89, which is no CIDR block.
        return tuple(f"91.189.121.{last}" for last in range(81, 90)) if live else ("127.0.0.0/8", "::1/128")
    found = tuple(part.strip() for part in given.split(",") if part.strip())
    try:
        for part in found:
            ipaddress.ip_network(part)
    except ValueError as error:
        raise WrongSettings("NEXTPOD_WEBHOOK_ADDRESSES: {why}.", why=str(error)) from error
    return found


def _one_of(raw: Mapping[str, str], name: str, *allowed: str) -> str:
    value = raw[name].lower()
    if value not in allowed:
        raise WrongSettings(
            "{name} must be one of {allowed}; it is {value}.", name=name, allowed=", ".join(allowed), value=value
        )
    return value


def _whole(raw: Mapping[str, str], name: str, *, least: int) -> int:
    if not raw[name].isascii() or not raw[name].isdigit() or int(raw[name]) < least:
        raise WrongSettings(
            "{name} must be a whole number from {least} up; it is {value}.", name=name, least=least, value=raw[name]
        )
    return int(raw[name])


def _seconds(raw: Mapping[str, str], name: str) -> float:
    try:
        value = float(raw[name])
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise WrongSettings("{name} must be a number above zero; it is {value}.", name=name, value=raw[name])
    return value


def _zone(raw: Mapping[str, str], name: str) -> str:
    try:
        return ZoneInfo(raw[name]).key
    except Exception as error:
        raise WrongSettings(
            "{name} must be a time zone such as Europe/Oslo; it is {value}.", name=name, value=raw[name]
        ) from error
