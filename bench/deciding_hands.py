"""Who decides, simulated: eyes that see only what is on the screen, and hands on keys, a mouse or a touch screen.

The page is a real one in Chromium, and so is its time; a person's is added to it, by a model that is that of all rows.
What the page does while somebody reads costs nothing, as long as it is done by then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.values.state import State
from tests.support.browser import Browser, Reader

FIRST, SAME, OTHER = 1.5, 0.3, 0.75
"""Seconds that reading takes: an item, and in a fold each further one that says the same, or something else."""

KEY, TAP = 0.2, 0.7
POINT, PRESS = 1.1, 0.2
"""Of a click: to move the pointer to where it is to press, and to press (Card, Moran and Newell, 1983)."""

BUTTONS: Mapping[State, str] = {State.APPROVED: "approve", State.SPAM: "spam"}
LETTERS: Mapping[str, str] = {"approve": "a", "spam": "s", "fold": "f", "next": "j"}

Box = Sequence[float]
"""Left, top, right and bottom, in pixels of the screen."""


@dataclass
class Time:
    """What it took so far, in seconds."""

    person: float = 0.0
    page: float = 0.0
    waits: list[float] = field(default_factory=list)
    """Seconds from each act until the next row is shown and has the focus."""
    acts: int = 0
    scrolls: int = 0

    @property
    def whole(self) -> float:
        return self.person + self.page


@dataclass(frozen=True)
class Row:
    """What one looks at: an item, or several that belong together."""

    items: Sequence[tuple[str, bool]]
    """Of each its id, and whether the page says that it says the same as the first."""
    hidden: Sequence[float]
    """How far down the ends of words lie that were not on the screen yet."""
    folded: bool
    buttons: Mapping[str, Box | None]


class Hands(ABC):
    """One way to decide."""

    name: str
    reader: Reader

    def __init__(self, browser: Browser, time: Time) -> None:
        self.browser = browser
        self.time = time

    @abstractmethod
    def begin(self) -> None:
        """What is done once the list is there."""

    @abstractmethod
    def decide(self, row: Row, to: State) -> None:
        """About all of a row at once."""

    @abstractmethod
    def take_out(self, odd: Sequence[str], to: State) -> None:
        """Decides about these of a fold by themselves, or has its items come one by one."""

    @abstractmethod
    def scroll(self, row: Row) -> None:
        """By about a screen, to see more of a row."""

    def see(self, what: str) -> Any:
        """What ``bench/deciding.js`` says."""
        return self.browser.run(f"return window.bench.{what}")

    def cdp(self, command: str, **what: Any) -> Any:
        return self.browser.driver.execute_cdp_cmd(command, what)

    def spent(self, seconds: float, until: str = "came()") -> None:
        """An act took so long, and the page what it took until it had come about."""
        wait = self.see(until) / 1000
        self.time.person += seconds
        self.time.page += wait
        self.time.acts += 1
        if until == "came()":
            self.time.waits.append(wait)

    def scrolled(self, seconds: float) -> None:
        self.time.scrolls += 1
        self.spent(seconds, "still()")

    def further(self, row: Row) -> float:
        """By how many pixels one scrolls to see more of a row: no further than to its end, nor past anything."""
        screen = self.browser.run("return innerHeight")
        first, last = min(row.hidden), max(row.hidden)
        return float(first - 0.2 * screen if first < 0 else min(0.75 * screen, last - 0.75 * screen))


class Keyboard(Hands):
    """At a desk, with what keys do by default."""

    name = "keys"
    reader = Reader()

    def begin(self) -> None:
        self._press("next", "drawn()")

    def decide(self, row: Row, to: State) -> None:
        self._press(BUTTONS[to])

    def take_out(self, odd: Sequence[str], to: State) -> None:
        self._press("fold", "drawn()")
        self._press("next")

    def scroll(self, row: Row) -> None:
        self._type(" ", "Space", 32)
        self.scrolled(KEY)

    def _press(self, act: str, until: str = "came()") -> None:
        letter = LETTERS[act]
        self._type(letter, f"Key{letter.upper()}", ord(letter.upper()))
        self.spent(KEY, until)

    def _type(self, text: str, code: str, number: int) -> None:
        key = {"key": text, "code": code, "windowsVirtualKeyCode": number}
        self.cdp("Input.dispatchKeyEvent", type="keyDown", text=text, **key)
        self.cdp("Input.dispatchKeyEvent", type="keyUp", **key)


class Mouse(Hands):
    """At a desk, with a pointer that is where it was until it has to be elsewhere."""

    name = "mouse"
    reader = Reader()
    at = (0.0, 0.0)

    def begin(self) -> None:
        """The pointer lies where the list was opened: anywhere."""

    def decide(self, row: Row, to: State) -> None:
        self._click(row.buttons[BUTTONS[to]])

    def take_out(self, odd: Sequence[str], to: State) -> None:
        for uid in odd:
            self._click(self.see(f"place('#item-{uid} input.pick')"), "drawn()")
        self._click(self.see(f"place('#chosen [value={BUTTONS[to]}]')"), "drawn()")

    def scroll(self, row: Row) -> None:
        x, y = self.at
        self.cdp("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=self.further(row))
        self.scrolled(POINT + PRESS)

    def _click(self, box: Box | None, until: str = "came()") -> None:
        assert box, "what is to be clicked is not on the screen"
        left, top, right, bottom = box
        x, y = self.at
        there = left <= x <= right and top <= y <= bottom
        if not there:
            self.at = x, y = (left + right) / 2, (top + bottom) / 2
            self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        press = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.cdp("Input.dispatchMouseEvent", type="mousePressed", **press)
        self.cdp("Input.dispatchMouseEvent", type="mouseReleased", **press)
        self.spent(PRESS if there else POINT + PRESS, until)


class Touch(Hands):
    """On a phone, with a finger."""

    name = "touch"
    reader = Reader.on_a_phone()

    def begin(self) -> None:
        """One is at the first row."""

    def decide(self, row: Row, to: State) -> None:
        self._tap(row.buttons[BUTTONS[to]])

    def take_out(self, odd: Sequence[str], to: State) -> None:
        for uid in odd:
            self._tap(self.see(f"place('#item-{uid} input.pick')"), "drawn()")
        self._tap(self.see(f"place('#chosen [value={BUTTONS[to]}]')"), "drawn()")

    def scroll(self, row: Row) -> None:
        self.cdp(
            "Input.synthesizeScrollGesture",
            x=self.reader.width / 2,
            y=self.reader.height * 0.7,
            yDistance=-self.further(row),
            speed=4000,
            gestureSourceType="touch",
            preventFling=True,
        )
        self.scrolled(TAP)

    def _tap(self, box: Box | None, until: str = "came()") -> None:
        assert box, "what is to be tapped is not on the screen"
        left, top, right, bottom = box
        point = {"x": (left + right) / 2, "y": (top + bottom) / 2}
        self.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
        self.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.spent(TAP, until)


WAYS: Sequence[type[Hands]] = (Keyboard, Mouse, Touch)
