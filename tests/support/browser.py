"""A real browser: Debian's Chromium, driven without a screen.

What its console said is kept, so that a test can see that nothing was refused (a policy, a script, a page).
Pictures are taken for who names a folder for them in the environment, as ``SCREENSHOTS``.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from urllib3.exceptions import HTTPError

from tests.support.programs import program
from tests.support.waiting import until

PATIENCE = 15.0
"""Seconds that a page has to become what a test waits for; the machine may be busy with other things."""

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
)


MOST_IDLE = 3
"""Browsers that wait for the next test; each takes some memory."""

Kind = tuple[str, bool]

FORGOTTEN: Mapping[str, dict[str, str]] = {
    "Network.clearBrowserCookies": {},
    "Network.clearBrowserCache": {},
    "Storage.clearDataForOrigin": {"origin": "*", "storageTypes": "all"},
}
"""What takes everything away that a browser remembers."""


@dataclass(frozen=True)
class Reader:
    """Who sits before the browser: by what, and in which language."""

    width: int = 1280
    height: int = 900
    phone: bool = False
    dark: bool = False
    language: str = "en"
    javascript: bool = True

    @property
    def kind(self) -> Kind:
        """What a browser is told when it starts."""
        return self.language, self.javascript

    @classmethod
    def on_a_phone(cls, **further: Any) -> Reader:
        return cls(width=390, height=844, phone=True, **further)


class Browser:
    """One Chromium window, as one reader sees it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self._said: list[dict[str, Any]] = []

    def open(self, url: str) -> None:
        self.driver.get(url)

    def find(self, selector: str, text: str = "", within: Any = None) -> WebElement:
        """The first visible element of a CSS selector, with this in its text; waited for."""

        def found() -> WebElement | None:
            for element in (within or self.driver).find_elements(By.CSS_SELECTOR, selector):
                try:
                    if element.is_displayed() and text in element.text:
                        return element
                except WebDriverException as failed:
                    if not _is_gone(failed):
                        raise
            return None

        return until(found, PATIENCE, f"no {selector} with {text!r} came up on {self.driver.current_url}\n{self.text}")

    def all(self, selector: str, within: Any = None) -> list[WebElement]:
        """What is there now, in the order of the page."""
        return list((within or self.driver).find_elements(By.CSS_SELECTOR, selector))

    def shadow(self, selector: str) -> Any:
        """The shadow tree of a custom element, to look ``within``; waited for."""
        host = self.find(selector)
        return until(lambda: self.run("return arguments[0].shadowRoot", host), PATIENCE, f"{selector} drew nothing")

    def click(self, selector: str, text: str = "", within: Any = None) -> None:
        def clicked() -> bool:
            try:
                self.find(selector, text, within).click()
            except WebDriverException as failed:
                if not _is_gone(failed):
                    raise
                return False
            return True

        until(clicked, PATIENCE, f"{selector} with {text!r} did not stay to be clicked")

    def fill(self, selector: str, value: str, within: Any = None) -> None:
        field = self.find(selector, within=within)
        field.clear()
        field.send_keys(value)

    def choose(self, selector: str, value: str) -> None:
        Select(self.find(selector)).select_by_value(value)

    def press(self, *keys: str) -> None:
        """Keys for whatever has the focus: ``"j"``, ``Keys.TAB``."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def waits_for(self, condition: Callable[[], Any], what: str) -> Any:
        return until(condition, PATIENCE, what)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    @property
    def text(self) -> str:
        """All that a reader can read on the page now."""
        try:
            return self.driver.find_element(By.TAG_NAME, "body").text
        except (NoSuchElementException, StaleElementReferenceException):  # it is just becoming another page
            return ""

    @property
    def url(self) -> str:
        return self.driver.current_url

    def complaints(self, *expected: str) -> list[str]:
        """What the console holds against the pages so far: errors, refused scripts and styles, missing files.

        ``expected`` are patterns of what a test provokes itself.
        """
        self._said += self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        severe = [str(entry["message"]) for entry in self._said if entry["level"] in ("SEVERE", "WARNING")]
        # Chromium looks for an icon by itself; that the tests' own web has none is nobody's fault.
        ours = (*expected, r"/favicon\.ico ")
        return [message for message in severe if not any(re.search(pattern, message) for pattern in ours)]

    def shoot(self, name: str, selector: str = "") -> None:
        """A picture of the whole page, or of one element, where there is a folder for it."""
        if "SCREENSHOTS" not in os.environ:
            return
        folder = Path(os.environ["SCREENSHOTS"])
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.png"
        if selector:
            self.find(selector).screenshot(str(file))
        else:
            whole = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": whole["width"], "height": min(whole["height"], 6000), "scale": 1}
            shot = self.driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip}
            )
            file.write_bytes(base64.b64decode(shot["data"]))


class Chromiums:
    """Those that run: a start costs a second, so what one test has read with the next one has too.

    Only what has to be said at the start is the same for them; all else is said to a window.
    """

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._idle: list[tuple[Kind, webdriver.Chrome]] = []

    def take(self, reader: Reader) -> webdriver.Chrome:
        """One for this reader alone, with nothing remembered."""
        found = next((one for one in self._idle if one[0] == reader.kind), None)
        if found:
            self._idle.remove(found)
        driver = found[1] if found else _start(reader, self._folder("chromium"))
        _show(driver, reader)
        return driver

    def give_back(self, driver: webdriver.Chrome, reader: Reader) -> None:
        """It forgets, and waits for the next; one that can't is ended, and where there are many the one least used."""
        try:
            _forget(driver)
        except (WebDriverException, HTTPError):
            driver.quit()
        else:
            self._idle.append((reader.kind, driver))
        while len(self._idle) > MOST_IDLE:
            self._idle.pop(0)[1].quit()

    def close(self) -> None:
        for _, driver in self._idle:
            driver.quit()


@pytest.fixture(scope="session")
def chromiums(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromiums]:
    """Those of the session."""
    with closing(Chromiums(tmp_path_factory.mktemp)) as chromiums:
        yield chromiums


OpenBrowser = Callable[..., Browser]


@pytest.fixture
def open_browser(chromiums: Chromiums) -> Iterator[OpenBrowser]:
    """``open_browser(Reader(…))``: a window for such a reader, with nothing remembered."""
    with ExitStack() as ends:

        def open_(reader: Reader | None = None) -> Browser:
            reader = reader or Reader()
            driver = chromiums.take(reader)
            ends.callback(chromiums.give_back, driver, reader)
            return Browser(driver)

        yield open_


@pytest.fixture
def browser(open_browser: OpenBrowser) -> Browser:
    """A window at a desk, in English, with nothing remembered."""
    return open_browser()


def _start(reader: Reader, profile: Path) -> webdriver.Chrome:
    """A Chromium that speaks the reader's language, and runs scripts if he has them run."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium")
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}", f"--lang={reader.language}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    preferences: dict[str, Any] = {"intl.accept_languages": reader.language}
    if not reader.javascript:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    return webdriver.Chrome(options, Service(program("chromedriver", "chromium-driver")))


def _show(driver: webdriver.Chrome, reader: Reader) -> None:
    """A window as this reader has it."""
    driver.set_window_size(reader.width, reader.height)
    if reader.phone:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": reader.width, "height": reader.height, "deviceScaleFactor": 2, "mobile": True},
        )
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    if reader.dark:
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})


def _forget(driver: webdriver.Chrome) -> None:
    """Leaves one window that never was anywhere, and neither cookies nor files nor what pages have stored."""
    for left in driver.window_handles[1:]:
        driver.switch_to.window(left)
        driver.close()
    (last,) = driver.window_handles
    driver.switch_to.window(last)
    driver.switch_to.new_window("window")
    new = driver.current_window_handle
    driver.switch_to.window(last)
    driver.close()
    driver.switch_to.window(new)
    for command, what in FORGOTTEN.items():
        driver.execute_cdp_cmd(command, what)
    driver.get_log("browser")  # type: ignore[no-untyped-call]


__all__ = ["Browser", "Keys", "OpenBrowser", "Reader", "browser", "open_browser"]


def _is_gone(failed: WebDriverException) -> bool:
    """Whether the page has put another element in the place of one that was just found."""
    return isinstance(failed, StaleElementReferenceException) or "Node with given id" in str(failed.msg)
