"""People in a real browser, with a virtual authenticator: passkeys, invitations, and pages that fit everywhere."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from service.model import Site
from service.model.engine import writing
from service.people import moderators
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.host_pages import Served
from tests.support.service import SignIn

_numbers = itertools.count(1)

TOUCH = 44
"""CSS pixels that a finger needs."""


def someone(served: Served, role: str = "owner") -> SignIn:
    """Somebody new in the running service, who decides on a site of his own."""
    number = next(_numbers)
    who = SignIn(f"Olga {role} {number}", "a pass phrase of her own")
    site = served.site(f"https://people-{number}.example/", "en")
    with writing(served.engine) as session:
        moderators.add(session, who.name, role, [session.get_one(Site, site.id)], who.password, datetime.now(UTC))
    return who


def with_passkeys(browser: Browser) -> Browser:
    """The browser gets a device that its person unlocks by finger."""
    device = VirtualAuthenticatorOptions(
        transport=VirtualAuthenticatorOptions.Transport.INTERNAL, has_resident_key=True, has_user_verification=True
    )
    device.is_user_verified = True
    browser.driver.add_virtual_authenticator(device)
    return browser


def named(served: Served) -> str:
    """The service's address on loopback that has a name."""
    return served.url.replace("127.0.0.1", "localhost")


def sign_in(browser: Browser, at: str, who: SignIn, path: str = "/admin/me") -> None:
    browser.open(f"{at}/admin/sign-in?next={path}")
    browser.fill("input[name=name]", who.name)
    browser.fill("input[name=password]", who.password)
    browser.click("button.main")
    browser.find("nav.self")


def fits(browser: Browser, page: str) -> None:
    """Nothing is wider than the screen, and all that one presses is large enough."""
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{page} is too wide"
    for target in browser.all("main :is(button, .button, .pick), input:not([type=radio], [type=checkbox])"):
        if target.is_displayed():
            assert target.size["height"] >= TOUCH, f"{page}: {target.get_attribute('outerHTML')}"
    browser.shoot(f"people-{page}")


def sign_out(browser: Browser) -> None:
    browser.click("nav.self button")
    browser.find("input[name=password]")


def test_a_passkey_is_made_used_and_removed(open_browser: OpenBrowser, served: Served) -> None:
    owner, at = someone(served), named(served)
    browser = with_passkeys(open_browser())
    browser.open(f"{served.url}/admin/sign-in")  # by its number, for which there are no passkeys
    browser.find("input[name=password]")
    assert not browser.all("[data-ask]")[0].is_displayed()
    browser.open(f"{at}/admin/sign-in")
    browser.click("button", "Sign in with a passkey")  # of which there is none yet
    browser.find("[data-failed]", "Nothing was signed.")
    fits(browser, "sign-in")
    sign_in(browser, at, owner)
    browser.click("button", "Add a passkey")
    browser.find(".said.good", "Your passkey is kept.")
    browser.find(".rows strong", "Chrome on Linux")
    browser.click("button", "Add a passkey")
    browser.find("[data-failed]", "This device has a passkey of yours already.")
    browser.click("summary")
    fits(browser, "me")
    sign_out(browser)
    browser.click("button", "Sign in with a passkey")
    browser.find("nav.self", owner.name)
    browser.open(f"{at}/admin/me")
    browser.find(".rows", "used")
    browser.click("summary")
    browser.click("button", "Remove this passkey")
    browser.find(".said.good", "This passkey opens nothing any more.")
    sign_out(browser)
    browser.click("button", "Sign in with a passkey")
    browser.find(".said.bad", "This passkey is not known here")
    assert browser.complaints("422") == []


def test_who_is_invited_joins_by_a_passkey_on_a_phone(open_browser: OpenBrowser, served: Served) -> None:
    """The owner's browser runs no scripts."""
    owner, at = someone(served), named(served)
    desk = open_browser(Reader(javascript=False))
    phone = with_passkeys(open_browser(Reader.on_a_phone(language="fr", dark=True)))
    sign_in(desk, at, owner)
    desk.find("[data-without]", f"at {at}.")
    assert not desk.all("[data-ask]")[0].is_displayed()
    desk.click("nav.rooms a", "People")
    desk.fill("input[name=whom]", "Anaïs")
    desk.click("section label.pick", "as an owner")
    desk.click("button", "Make a link")
    link = desk.find("code.link").text.replace("127.0.0.1", "localhost")
    row = next(row for row in desk.all(".rows li") if owner.name in row.text)
    desk.click("summary", within=row)
    desk.find("button", f"Remove {owner.name}", within=row)
    fits(desk, "everyone")
    phone.open(link)
    name = f"Anaïs {next(_numbers)}"
    phone.fill("input[name=name]", owner.name)
    phone.click("button", "Rejoindre par clé d’accès")
    phone.find("[data-failed]", "Quelqu’un porte déjà ce nom ici.")
    fits(phone, "join-phone-dark-fr")
    phone.fill("input[name=name]", name)
    phone.click("button", "Rejoindre par clé d’accès")
    phone.find(".said.good", "Bienvenue.")
    phone.find("h1", name)
    fits(phone, "me-phone-dark-fr")
    phone.click("nav.rooms a", "Équipe")
    phone.find(".rows li", name)
    phone.click("summary")
    fits(phone, "everyone-phone-dark-fr")
    sign_out(phone)
    fits(phone, "sign-in-phone-dark-fr")
    phone.click("button", "Se connecter par clé d’accès")
    phone.find("nav.self")
    assert phone.complaints("422") == []
