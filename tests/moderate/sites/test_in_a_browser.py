"""An owner moves a site in a real browser, on a dark phone, in French, without JavaScript."""

from __future__ import annotations

from service.people.roles import OWNER
from service.values.state import State
from tests.moderate.test_in_a_browser import enter
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served


def test_a_site_is_seen_changed_and_moved(open_browser: OpenBrowser, served: Served) -> None:
    desk = Desk(served.engine, served.site("https://moves.example/carnets/", "fr"))
    item = desk.came(state=State.APPROVED)
    browser = open_browser(Reader.on_a_phone(javascript=False, dark=True, language="fr"))
    enter(browser, served, desk.moderator("Olga déménage", role=OWNER), "/admin/sites")
    browser.click(f".standing a[href$='/sites/{desk.site.id}']")
    browser.fill("#main input[name=name]", "Carnets lents")
    browser.click("main button", "Enregistrer")
    browser.find(".said.good")
    browser.find("h1", "Carnets lents")
    browser.click("a.button", "Déménager le site")
    browser.fill("input[name=to]", "https://elsewhere.example/")
    browser.click("main button", "Voir ce qui déménagerait")
    browser.find("#planned", "1 billet")
    browser.click("#planned button", "Déménager le site")
    browser.find("h1", "Le site a déménagé")
    browser.click("main button", "Tout annuler")
    browser.find("h1", "Le déménagement est annulé")
    assert desk.version(item) == 3, "its readers were given it anew, twice"
    assert browser.complaints() == []
