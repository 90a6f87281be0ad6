"""Settings: what may be set, what is refused, and that `.env.example` tells the truth about it."""

import re
from pathlib import Path

import pytest

from nextpod_core import errors, settings
from nextpod_core.sandbox import settings as sandbox

ROOT = Path(__file__).resolve().parents[1]
LIVE = {"NEXTPOD_API_KEY": "a-key", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}


def test_the_example_lists_every_setting_once_with_its_default():
    lines = re.findall(r"^#?(NEXTPOD_\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert len(lines) == len(dict(lines))
    assert dict(lines) == {**settings.DEFAULTS, **sandbox.DEFAULTS}


def test_every_setting_of_the_example_has_a_sentence_above_it():
    text = (ROOT / ".env.example").read_text()
    told = re.findall(r"^# [^\n]+\n#?(NEXTPOD_\w+)=", text, re.MULTILINE)
    assert set(told) == {*settings.DEFAULTS, *sandbox.DEFAULTS}


def test_no_file_names_a_setting_that_is_not_listed():
    known = {*settings.DEFAULTS, *sandbox.DEFAULTS}
    files = [*ROOT.glob("nextpod_core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py", ROOT / "Makefile"]
    named = {name for file in files for name in re.findall(r"NEXTPOD_[A-Z_]*[A-Z]\b(?!_)", file.read_text())}
    assert named - known == set()


def test_nothing_set_means_the_sandbox_on_this_machine():
    given = settings.load({})
    assert (given.mode, given.api_url) == ("sandbox", "http://127.0.0.1:8503/v2")
    assert (given.database, given.key_file) == (Path("data/sandbox.db"), Path("data/sandbox.key"))


def test_a_key_makes_it_live():
    given = settings.load(LIVE)
    assert (given.mode, given.api_url, given.database) == ("live", "https://api.nextpod.io/v2", Path("data/nextpod.db"))


def test_secrets_are_not_printed():
    given = settings.load({**LIVE, "NEXTPOD_WEBHOOK_TOKEN": "a-token"})
    assert "a-key" not in repr(given)
    assert "a-token" not in repr(given)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({**LIVE, "NEXTPOD_PUBLIC_URL": ""}, "NEXTPOD_PUBLIC_URL"),
        ({**LIVE, "NEXTPOD_PUBLIC_URL": "http://sms.example.no"}, "https"),
        ({**LIVE, "NEXTPOD_API_URL": "http://api.nextpod.io/v2"}, "https"),
        ({**LIVE, "NEXTPOD_LEASE_SECONDS": "71"}, "NEXTPOD_LEASE_SECONDS"),
        ({**LIVE, "NEXTPOD_REST_SECONDS": "60"}, "NEXTPOD_REST_SECONDS"),
        ({"NEXTPOD_API_URL": "https://api.nextpod.io/v2"}, "NEXTPOD_API_KEY"),
        ({"NEXTPOD_API_URL": "nextpod"}, "NEXTPOD_API_URL"),
        ({"NEXTPOD_API_FORMAT": "xml"}, "json, form"),
        ({"NEXTPOD_DASHBOARD_PORT": "80a"}, "NEXTPOD_DASHBOARD_PORT"),
        ({"NEXTPOD_DASHBOARD_PORT": "²"}, "NEXTPOD_DASHBOARD_PORT"),
        ({"NEXTPOD_TIMEOUT_SECONDS": "nan"}, "NEXTPOD_TIMEOUT_SECONDS"),
        ({"NEXTPOD_TIMEOUT_SECONDS": "60"}, "NEXTPOD_LEASE_SECONDS"),
        ({"NEXTPOD_MO_ZONE": "Oslo"}, "Europe/Oslo"),
        ({"NEXTPOD_WEBHOOK_ADDRESSES": "91.189.121.81-89"}, "NEXTPOD_WEBHOOK_ADDRESSES"),
    ],
)
def test_what_is_wrong_or_unsafe_is_refused_with_a_sentence(env, said):
    with pytest.raises(errors.WrongSettings, match=re.escape(said)):
        settings.load(env)
