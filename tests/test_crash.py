"""Killed at any moment, the desk texts nobody twice and forgets nobody: counted at the sandbox, per recipient."""

from pathlib import Path

from tests import chaos


def test_forty_kills_text_nobody_twice_and_lose_nobody(tmp_path: Path) -> None:
    desk = chaos.Desk(tmp_path, {"latency_ms": "20", "answers": "0"})
    try:
        found = chaos.run(desk, alike=4_000, own=2_500, kills=40, seed=7, longest_life=0.4)
    finally:
        desk.close()
    print(found)
    assert found.kills >= 40
    assert found.twice == 0
    assert found.lost == 0
    assert found.unknown <= found.unknown_most
