"""The pictures of the documentation, from the running product: a practice desk with a past, in both languages.

python -m tests.pictures            # docs/pictures/*.png and docs/nb/pictures/*.png
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser import ROOT, free_port, looking, serving, wait

PAGES = {
    "overview": "/", "compose": "/compose", "campaigns": "/campaigns", "delivery": "/analytics", "inbox": "/inbox",
    "suppressions": "/suppressions", "health": "/health",
}  # fmt: skip
PLACES = {"en": ROOT / "docs" / "pictures", "nb": ROOT / "docs" / "nb" / "pictures"}


def main() -> None:
    """Make a desk, fill it, draw every page, and leave nothing running."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")} | {
            "NEXTPOD_DATABASE": str(folder / "desk.db"), "NEXTPOD_DASHBOARD_PORT": str(port),
            "NEXTPOD_INGEST_PORT": str(free_port()), "NEXTPOD_SANDBOX_PORT": str(free_port()),
        }  # fmt: skip
        command = [sys.executable, "-m", "nextpod_core"]
        for words in (["migrate"], ["demo", "--messages", "200000", "--seed", "17"], ["backup"]):
            subprocess.run([*command, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        beside = [
            subprocess.Popen([*command, words], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
            for words in ("ingest", "dispatch")
        ]
        try:
            with serving(env, port, folder / "log") as address, looking(address) as desk:
                for language, place in PLACES.items():
                    place.mkdir(parents=True, exist_ok=True)
                    for page_name, path in PAGES.items():
                        page = desk.open(path, language=language, height=900)
                        page.wait_for_timeout(800)
                        wait(page)
                        page.screenshot(path=place / f"{page_name}.png")
                        page.context.close()
                        print(place / f"{page_name}.png")
        finally:
            for process in beside:
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
