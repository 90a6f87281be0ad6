"""
The dashboard in a real browser, for tests and for pictures: a server of its own, pages opened and waited for.

    with browser.desk(tmp_path) as desk:
        page = desk.open("/compose", language="nb", dark=True, width=browser.PHONE)
        page.screenshot(path="compose.png")

By hand: `python -m tests.browser /compose --out pictures` draws a page of the running desk, light, dark and on a phone.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = 1440, 390
# A browser that asks for nothing by itself, so that every request seen is the page's own.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
DONE = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@dataclass(slots=True)
class Desk:
    """A dashboard that runs, and a browser to look at it with. `requests` are all addresses that were asked for;
    `cookies` come along from the start."""

    address: str
    browser: Browser
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)

    def context(self, *, language: str = "en", dark: bool = False, width: int = DESKTOP, height: int = 1000,
                ) -> BrowserContext:  # fmt: skip
        """A fresh browser session."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale={"nb": "nb-NO", "en": "en-GB"}[language],
            timezone_id="Europe/Oslo",
            reduced_motion="reduce",
        )
        context.add_cookies(
            [{"name": name, "value": value, "url": self.address} for name, value in self.cookies.items()]
        )
        return context

    def open(self, path: str = "/", *, language: str = "en", dark: bool = False, width: int = DESKTOP,
             height: int = 1000) -> Page:  # fmt: skip
        """The page at `path` in a fresh browser session, once its script is done."""
        page = self.context(language=language, dark=dark, width=width, height=height).new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda line: self._complain(line.text) if line.type == "error" else None)
        page.on(
            "response", lambda answer: self._complain(f"{answer.status} {answer.url}") if answer.status > 399 else None
        )
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.goto(self.address + path)
        wait(page)
        return page

    def _complain(self, text: str) -> None:
        # At the address of a page Streamlit's client tries that address as its base first, is told 404, and goes on.
        if not re.search(r"/\w+/_stcore/", text) and not text.startswith("Failed to load resource"):
            self.complaints.append(text)


def wait(page: Page, timeout: float = 20.0) -> None:
    """Until the script of the page has run, what it drew stands still and the fonts are there."""
    page.wait_for_selector(DONE, timeout=timeout * 1000)
    page.wait_for_selector("[data-testid=stAppViewContainer] h1, [role=alert]", timeout=timeout * 1000)
    until(page, "document.fonts.status === 'loaded' && !document.querySelector('[data-testid=stSkeleton]')")
    # Charts and tables are canvases: they are there when two frames in a row were drawn without a longer task.
    page.evaluate("() => new Promise(done => requestIdleCallback(() => requestAnimationFrame(done), {timeout: 2000}))")


def until(page: Page, expression: str, timeout: float = 20.0) -> None:
    """Until this is true in the page. Playwright's own way evaluates text in the page, which its policy forbids."""
    deadline = time.monotonic() + timeout
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"never true: {expression}")
        page.wait_for_timeout(25)


def review(page: Page, *, then: str, seconds: float = 90) -> None:
    """Press *Review*, once, and wait until the button `then` can be pressed."""
    button, wanted = page.locator(".st-key-compose_review button"), page.locator(f".st-key-{then} button")
    expect(button).to_be_enabled(timeout=seconds * 1000)
    button.click()
    expect(wanted).to_be_enabled(timeout=seconds * 1000)


def press_while_the_page_moves(page: Page, button: Locator) -> float:
    """Press as a person does, who holds the button down for a moment, until it stands elsewhere; by how far."""
    button.scroll_into_view_if_needed()
    before = button.bounding_box()
    page.mouse.move(before["x"] + 20, before["y"] + 15)
    page.mouse.down()
    deadline = time.monotonic() + 2.5
    moved = 0.0
    while abs(moved) < before["height"] and time.monotonic() < deadline:
        page.wait_for_timeout(50)
        now = button.bounding_box()
        moved = now["y"] - before["y"] if now else 0.0
    page.mouse.up()
    return moved


def picture(page: Page, path: Path) -> Path:
    """The page as it stands, as long as it is. Streamlit scrolls inside, so the window is made as high as the page."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": max(height, 700)})
    wait(page)
    page.wait_for_timeout(300)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    return path


@contextlib.contextmanager
def desk(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """A dashboard on a free port with a database of its own in `folder`, and a browser; both end with the block."""
    port = free_port()
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")} | {
        "NEXTPOD_DATABASE": str(folder / "desk.db"),
        **(env or {}),
        "NEXTPOD_DASHBOARD_PORT": str(port),
    }
    migrate = [sys.executable, "-m", "nextpod_core", "migrate"]
    subprocess.run(migrate, cwd=ROOT, env=surroundings, check=True, capture_output=True)
    with serving(surroundings, port, folder / "dashboard.log") as address, looking(address) as shown:
        yield shown


@contextlib.contextmanager
def serving(env: Mapping[str, str], port: int, log: Path) -> Iterator[str]:
    """`python app.py` until the block ends; its address."""
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=dict(env), stdout=out, stderr=out)
    try:
        address = f"http://127.0.0.1:{port}"
        until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def looking(address: str) -> Iterator[Desk]:
    """A browser before the dashboard at `address`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield Desk(address, browser)
        finally:
            browser.close()


def until_healthy(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 40.0) -> None:
    """Wait for the server's own word that it is ready. Raises with its log when it ended or never came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the dashboard did not start: {log.read_text()[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Pictures of a page of the running desk.")
    parser.add_argument("path", nargs="+")
    parser.add_argument("--out", type=Path, default=Path(".screenshots"))
    parser.add_argument("--address", default="http://127.0.0.1:8501")
    parser.add_argument("--language", default="en", choices=["en", "nb"])
    asked = parser.parse_args()
    with looking(asked.address) as shown:
        for path in asked.path:
            name = path.strip("/").split("?")[0].replace("/", "-") or "overview"
            for look, dark, width in (("light", False, DESKTOP), ("dark", True, DESKTOP), ("phone", False, PHONE)):
                page = shown.open(path, language=asked.language, dark=dark, width=width)
                print(picture(page, asked.out / f"{name}_{look}.png"))
    print(
        "\n".join(sorted({"outside: " + seen for seen in shown.requests if asked.address.split("//")[1] not in seen}))
    )
    print("\n".join(dict.fromkeys(shown.complaints)))
