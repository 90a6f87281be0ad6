import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextpod_core import bodies, intake, quarantine
from nextpod_core.db import transaction
from tests.receiving import NOW, open_store

NAMES = [
    "id", "to", "from", "msg", "reference", "status_code", "status_text", "status_updated", "sent_time", "keyword",
    "sub_keyword", "keyword_rules", "mcc", "mnc", "msg_parts", "operator_status_code", "received_time",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(NAMES) | st.text(), anything).map(lambda found: json.dumps(found).encode())
texts = st.dictionaries(st.sampled_from(NAMES), st.text(st.characters()), min_size=3)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=30)), max_size=8).map(
    lambda found: b"&".join(name.encode() + b"=" + value for name, value in found)
)
hostile = st.binary(max_size=200) | objects | texts.map(lambda found: json.dumps(found).encode()) | pairs


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db = open_store(tmp_path_factory.mktemp("store"))
    yield db
    db.close()


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(["dlr", "mo"]), body=hostile, query=st.just(b"") | pairs, label=st.text(max_size=30))
def test_anything_at_all_is_understood_or_put_aside_and_can_be_stored(db, kind, body, query, label):
    event = quarantine.read(
        kind, body=body, query=query, content_type=label, arrived=NOW, source="127.0.0.1", zone="Europe/Oslo"
    )
    with transaction(db):
        intake.keep(db, [event], now=NOW)


@pytest.mark.parametrize(
    ("text", "zone", "found"),
    [
        ("2019-08-28T15:00:08Z", "UTC", 1_567_004_408_000),
        ("2019-08-28 15:00:08+02:00", "UTC", 1_566_997_208_000),
        ("2019-08-28T15:00:08", "Europe/Oslo", 1_566_997_208_000),
        ("2019-08-28t15:00:08z", "UTC", 1_567_004_408_000),
        ("0000-01-01T00:00:00Z", "UTC", None),
        ("28.08.2019 15:00", "UTC", None),
        ("", "UTC", None),
        (None, "UTC", None),
    ],
)
def test_times_are_read_in_the_zone_they_name_or_else_in_the_one_that_is_set(text, zone, found):
    assert bodies.time_ms(text, zone=zone) == found


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ("msg=Blåbær".encode(), ""),
        ("msg=Blåbær".encode("cp1252"), ""),
        ("msg=Blåbær".encode("latin-1"), "application/x-www-form-urlencoded; charset=ISO-8859-1"),
        (b"msg=Bl%C3%A5b%C3%A6r", "text/plain"),
        (b"msg=Bl%E5b%E6r", "application/json"),
        ('\ufeff{"msg": "Blåbær"}'.encode(), "application/x-www-form-urlencoded"),
        (b'{"MSG": "Bl\\u00e5b\\u00e6r"}', ""),
    ],
)
def test_nordic_letters_come_through_in_every_writing(body, label):
    assert bodies.fields(body, query=b"", content_type=label) == {"msg": "Blåbær"}
