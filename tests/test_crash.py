"""Killed at any moment, the desk texts nobody twice and forgets nobody: counted at the sandbox, per recipient."""

from pathlib import Path

from tests import chaos


def test_kills_at_any_moment_text_nobody_twice_and_lose_nobody(tmp_path: Path) -> None:
    desk = chaos.Desk(tmp_path, {"latency_ms": "20", "answers": "0"}, has_line=True)
    try:
        found = chaos.run(desk, alike=3_000, own=2_000, kills=32, seed=7, longest_life=0.3, dashboards=1)
    finally:
        desk.close()
    print(found)
    assert set(found.killed) == {"dispatch", "ingest", "dashboard", "line"} and found.kills >= 20
    assert found.presses > 0
    assert found.twice == 0
    assert found.lost == 0
    assert found.unknown <= found.unknown_most
