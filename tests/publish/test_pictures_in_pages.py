"""Authors' pictures in browsers, readers' and moderators': from our own address, and initials where there is none."""

from __future__ import annotations

import pytest

from service.values.state import Kind
from tests.publish.test_widget_in_pages import drawn, hosts
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Came, Desk
from tests.support.host_pages import BLOG, Blog
from tests.support.pictures import face, shows
from tests.support.threads import Says

NAMES = ("Ada Marsh", "Jean-Luc Marchand", "Odile Ferrandon")


def talk(blog: Blog, path: str) -> None:
    """A thread of four, two of whom have a picture."""
    post = blog.post(path)
    first, *_ = threads = blog.served.threads.add(
        post,
        Says("On lit plus lentement encore, et c’est bien ainsi.", NAMES[0]),
        Says(
            "J’y réponds chez moi, avec quelques livres de plus.",
            NAMES[1],
            Kind.WEBMENTION,
            source="https://marchand.example/412",
            relation="reply",
        ),
        Says("Merci.", NAMES[2]),
    )
    blog.served.threads.add(post, Says("Gardez, gardez.", "Claude", owner=True, parent=first))
    shows(blog.served.engine, threads[0], face(colour="#2f6f73"), f"https://ada.example/{path}.png")
    shows(blog.served.engine, threads[1], face("JPEG", colour="#7a3b69"), f"https://marchand.example/{path}.jpg")


@pytest.mark.parametrize(
    ("name", "reader"),
    {"desk": Reader(language="fr"), "phone": Reader.on_a_phone(language="fr")}.items(),
)
def test_the_widget_shows_pictures_and_initials(
    open_browser: OpenBrowser, blog: Blog, name: str, reader: Reader
) -> None:
    talk(blog, f"portraits-{name}")
    browser = open_browser(reader)
    browser.open(blog.page(f"portraits-{name}"))
    tree = drawn(browser, "Gardez, gardez.")
    faces = browser.all(".face", within=tree)
    assert [bool(one.find_elements("css selector", "img")) for one in faces] == [True, False, True, False]
    pictures = browser.all(".face img", within=tree)
    browser.waits_for(
        lambda: all(browser.run("return arguments[0].naturalWidth", one) == 96 for one in pictures), "no picture came"
    )
    assert {(one.size["width"], one.size["height"]) for one in (*faces, *pictures)} == {
        (faces[1].size["width"], faces[1].size["width"])
    }
    service = blog.served.url.removeprefix("http://")
    assert hosts(browser) == {service, f"{BLOG}:{blog.web.port}"}
    assert browser.complaints() == []
    browser.shoot(f"pictures-{name}")


def test_a_page_that_lets_no_picture_in_shows_initials(open_browser: OpenBrowser, blog: Blog) -> None:
    talk(blog, "strict")
    browser = open_browser(Reader(language="fr"))
    service = blog.served.url
    browser.open(blog.page("strict", policy=f"img-src 'self'; script-src {service}; connect-src {service}"))
    tree = drawn(browser, "Gardez, gardez.")
    first = browser.find(".face", within=tree)
    browser.waits_for(lambda: not browser.all("img", within=tree), "a broken picture stays")
    assert first.text == "AM"
    browser.shoot("pictures-strict")


@pytest.mark.parametrize(("name", "reader"), {"desk": Reader(), "phone": Reader.on_a_phone()}.items())
def test_the_queue_shows_pictures_and_initials(
    open_browser: OpenBrowser, blog: Blog, name: str, reader: Reader
) -> None:
    desk = Desk(blog.served.engine, blog.served.site(f"https://faces-{name}.example/", "en"))
    who = desk.moderator(f"Nora {name}")
    with_one = desk.came(Came())
    desk.came(Came("Re: Reading slowly", "Jean-Luc Marchand", "https://marchand.example/notes/412"))
    shows(desk.engine, with_one, face(colour="#2f6f73"), f"https://ada.example/queue-{name}.png")
    browser = open_browser(reader)
    browser.open(blog.served.url + "/admin/")
    browser.fill("input[name=name]", who.name)
    browser.fill("input[name=password]", who.password)
    browser.click("main button")
    image = browser.find("img.face")
    browser.waits_for(lambda: browser.run("return arguments[0].naturalWidth", image) == 96, "no picture came")
    assert browser.find("span.face").text == "JM"
    assert browser.find("span.face").size == image.size
    assert browser.complaints() == []
    browser.shoot(f"queue-pictures-{name}")
