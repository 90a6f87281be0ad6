"""Settings of the sandbox, read once from `NEXTPOD_SANDBOX_*`; none of the desk's own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

DEFAULTS: dict[str, str] = {
    "NEXTPOD_SANDBOX_PORT": "8503",
    "NEXTPOD_SANDBOX_DATABASE": "data/sandbox-gateway.db",
    "NEXTPOD_SANDBOX_SPEED": "1",
    "NEXTPOD_SANDBOX_SEED": "1",
    "NEXTPOD_SANDBOX_ANSWERS": "0.15",
    "NEXTPOD_SANDBOX_BALANCE": "",
    "NEXTPOD_SANDBOX_FAILURES": "10",
    "NEXTPOD_SANDBOX_LATENCY_MS": "0",
    "NEXTPOD_SANDBOX_MO_URL": "",
    "NEXTPOD_SANDBOX_MO_METHOD": "JSON",
    "NEXTPOD_SANDBOX_SHORT_CODE": "2345",
    "NEXTPOD_SANDBOX_HOSTS": "",
}

LOCK_OUT_SECONDS = 20 * 60  # "The session has been blocked for the next 20 minutes"


class WrongSetting(Exception):
    """A variable that can't be used, as a sentence for the person who set it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked values. `speed` divides every delay of the simulated world and the lock-out; nothing else does."""

    port: int
    database: Path
    speed: float
    seed: str
    answers: float  # share of delivered texts that a person answers, 0 to 1
    balance: int | None  # SMS parts a key may spend; None is a postpaid account
    failures: int  # failed requests within the window that lock a key out
    latency: float  # seconds before every answer of the API
    mo_url: str  # empty: learned from the last dlr_url
    mo_method: Literal["JSON", "FORM"]
    short_code: str
    hosts: frozenset[str]  # besides loopback, where reports may go

    @property
    def lock_out(self) -> float:
        """Seconds for which a key is locked out, and the window in which its failures are counted."""
        return LOCK_OUT_SECONDS / self.speed


def load(env: Mapping[str, str] | None = None) -> Settings:
    """The settings in `env` (the process environment when None). Raises WrongSetting with a sentence."""
    given = os.environ if env is None else env
    raw = {name: given.get(name, "").strip() or default for name, default in DEFAULTS.items()}
    method = raw["NEXTPOD_SANDBOX_MO_METHOD"].upper()
    if method not in ("JSON", "FORM"):
        raise WrongSetting(f"NEXTPOD_SANDBOX_MO_METHOD must be JSON or FORM; it is {method}.")
    answers = _number(raw, "NEXTPOD_SANDBOX_ANSWERS")
    if answers > 1:
        raise WrongSetting("NEXTPOD_SANDBOX_ANSWERS is a share and must be between 0 and 1.")
    speed = _number(raw, "NEXTPOD_SANDBOX_SPEED")
    if speed == 0:
        raise WrongSetting("NEXTPOD_SANDBOX_SPEED divides every delay and must be above zero.")
    return Settings(
        port=_whole(raw, "NEXTPOD_SANDBOX_PORT", most=65535),
        database=Path(raw["NEXTPOD_SANDBOX_DATABASE"]),
        speed=speed,
        seed=raw["NEXTPOD_SANDBOX_SEED"],
        answers=answers,
        balance=_whole(raw, "NEXTPOD_SANDBOX_BALANCE") if raw["NEXTPOD_SANDBOX_BALANCE"] else None,
        failures=max(1, _whole(raw, "NEXTPOD_SANDBOX_FAILURES")),
        latency=_number(raw, "NEXTPOD_SANDBOX_LATENCY_MS") / 1000,
        mo_url=raw["NEXTPOD_SANDBOX_MO_URL"],
        mo_method=method,  # type: ignore[arg-type]
        short_code=raw["NEXTPOD_SANDBOX_SHORT_CODE"],
        hosts=frozenset(host.strip().lower() for host in raw["NEXTPOD_SANDBOX_HOSTS"].split(",") if host.strip()),
    )


def _whole(raw: Mapping[str, str], name: str, most: int = 10**12) -> int:
    text = raw[name]
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise WrongSetting(f"{name} must be a whole number from 0 to {most}; it is {text}.")
    return int(text)


def _number(raw: Mapping[str, str], name: str) -> float:
    try:
        value = float(raw[name])
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise WrongSetting(f"{name} must be a number from zero up; it is {raw[name]}.")
    return value
