"""The widget in owners' pages, in a real browser: what readers see, on whatever page the tag stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.remote.webelement import WebElement

from service.values.state import Kind, State
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.host_pages import BLOG, Blog, the_thread_of_2011
from tests.support.threads import Says

HEADING = "8 réflexions sur «\u202fDe la lenteur\u202f»"
FRENCH = Reader(language="fr")


def drawn(browser: Browser, text: str = "", host: str = "reflections-thread") -> Any:
    """The shadow tree of a tag, once it says ``text``."""
    said = "return document.querySelector(arguments[0])?.shadowRoot?.textContent"
    browser.waits_for(lambda: text in (browser.run(said, host) or "\0"), f"{host} did not say {text!r}: {browser.text}")
    return browser.shadow(host)


def items(browser: Browser, tree: Any) -> list[WebElement]:
    return browser.all(".list > .item", within=tree)


def hosts(browser: Browser) -> set[str]:
    """Whom the page's loads went to."""
    return set(browser.run("return performance.getEntriesByType('resource').map(entry => new URL(entry.name).host)"))


def test_one_tag_shows_the_thread_where_it_stands(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    browser = open_browser(FRENCH)
    browser.open(blog.page("lenteur"))
    tree = drawn(browser, HEADING)
    assert browser.run("return document.querySelector('script').nextElementSibling.localName") == "reflections-thread"
    assert browser.find("h2", within=tree).text == HEADING
    assert len(items(browser, tree)) == 6 and len(browser.all(".item", within=tree)) == 8
    assert [label.text for label in browser.all(".label", within=tree)] == ["Pingback:"] * 4
    answer = browser.find(".replies > .item", "Claude", within=tree)
    assert "Auteur" in answer.text and "Gardez, gardez" in answer.text
    assert "14 octobre 2011" in items(browser, tree)[0].text
    assert tree.find_element("css selector", ".closed").text == "Les commentaires sont fermés."
    service = blog.served.url.removeprefix("http://")
    assert hosts(browser) == {service, f"{BLOG}:{blog.web.port}"}
    assert browser.complaints() == []
    browser.shoot("widget-2011")


def test_a_thread_is_an_ordered_list_with_headings_and_times(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    browser = open_browser(FRENCH)
    browser.open(blog.page("lenteur"))
    tree = drawn(browser, HEADING)
    replies = browser.find(".replies", within=tree)
    assert (replies.tag_name, replies.get_attribute("aria-label")) == ("ol", "Réponses à Jean-Luc Marchand")
    assert browser.find("section", within=tree).get_attribute("lang") == "fr"
    time = browser.find("time", within=tree)
    assert time.get_attribute("datetime") == "2011-10-14T09:30:00Z"
    assert {link.get_attribute("rel") for link in browser.all(".title, .content a", within=tree)} == {
        "nofollow ugc noopener noreferrer"
    }
    parts = browser.run(
        "return [...arguments[0].shadowRoot.querySelectorAll('.thread [class]')].every(e => e.part.length)",
        browser.find("reflections-thread"),
    )
    assert parts


def test_the_tag_of_two_works_as_a_module_too(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    script = f'<script type="module" src="{blog.served.url}/widget.js"></script>'
    browser = open_browser(FRENCH)
    browser.open(blog.page("lenteur", f"{script}<reflections-thread lang=en order=newest></reflections-thread>"))
    tree = drawn(browser, "8 reflections on “De la lenteur”")
    assert "Dix textes" in items(browser, tree)[0].text
    assert "November 17, 2012" in items(browser, tree)[0].text
    assert browser.complaints() == []


def test_every_kind_of_reflection_is_told_in_its_own_way(open_browser: OpenBrowser, blog: Blog) -> None:
    now = datetime.now(UTC)

    def web(relation: str, name: str, text: str = "", rsvp: str | None = None) -> Says:
        source = f"https://{name.lower()}.example/{relation}"
        return Says(text, name, Kind.WEBMENTION, State.APPROVED, source, relation, received=now, rsvp=rsvp)

    blog.served.threads.add(
        blog.post("tout", "<b>Tout</b> & rien"),
        Says("Bonjour", "Zoé", received=now - timedelta(minutes=5)),
        web("reply", "Bob", "Une *réponse*"),
        web("like", "Lila"),
        web("repost", "Tom"),
        web("rsvp", "Ana", rsvp="yes"),
        Says(kind=Kind.TRACKBACK, source="https://old.example/"),
        Says("<img src=x onerror=alert(1)>", "<i>Mallory</i>", author_url="javascript:alert(1)"),
    )
    browser = open_browser(FRENCH)
    browser.open(blog.page("tout"))
    tree = drawn(browser, "7 réflexions sur «\u202f<b>Tout</b> & rien\u202f»")
    texts = [item.text.replace("\n", " ") for item in items(browser, tree)]
    assert "il y a 5 minutes" in texts[0]
    assert "sur bob.example" in texts[1]
    assert texts[2].startswith("Lila a aimé ce billet.")
    assert texts[3].startswith("Tom a partagé ce billet.")
    assert texts[4].startswith("Ana viendra.")
    assert texts[5].startswith("Rétrolien\u202f: old.example")
    assert "<i>Mallory</i>" in texts[6] and "<img src=x" in texts[6]
    assert not browser.all("img, i, script", within=tree)
    browser.shoot("widget-kinds")
    assert browser.complaints() == []


def test_an_empty_thread_says_so(browser: Browser, blog: Blog) -> None:
    blog.post("vide")
    browser.open(blog.page("vide"))
    assert browser.find("p", within=drawn(browser, "Pas encore de réflexions.")).text == "Pas encore de réflexions."
    assert browser.complaints() == []


def test_five_hundred_reflections_come_page_by_page(browser: Browser, blog: Blog) -> None:
    post = blog.post("beaucoup")
    first, *rest = blog.served.threads.add(post, *[Says(f"mot{number}", "Ann") for number in range(500)])
    blog.served.threads.add(post, *[Says(f"rép{number}", "Bob", parent=first) for number in range(55)])
    address = blog.page("beaucoup")
    browser.open(address)
    tree = drawn(browser, "555 réflexions")
    assert len(items(browser, tree)) == 50
    browser.run("arguments[0].shadowRoot.querySelector('.list + .more').click()", browser.find("reflections-thread"))
    browser.waits_for(lambda: len(items(browser, tree)) == 100, "the second page did not come")
    active = browser.run("return arguments[0].shadowRoot.activeElement.textContent", browser.find("reflections-thread"))
    assert "mot50" in active
    browser.click(".item > .more", "Plus de réponses", within=tree)
    browser.waits_for(lambda: len(browser.all(".replies > .item", within=tree)) == 55, "the replies did not come")
    assert not browser.all(".item > .more", within=tree)

    browser.open("about:blank")
    browser.open(f"{address}#reflection-{rest[300].uid}")
    drawn(browser, "mot301")
    in_view = """return document.querySelector('reflections-thread').shadowRoot.querySelector('.sought')
        ?.getBoundingClientRect().top"""
    browser.waits_for(lambda: (top := browser.run(in_view)) is not None and 0 <= top < 700, "the item is not in view")
    assert browser.complaints() == []


def test_two_threads_and_many_counts_share_a_page(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    blog.served.threads.add(blog.post("autre", "Autre"), Says("x", "X"))
    links = "".join(f'<a href="/{path}"><reflections-count>?</reflections-count></a>' for path in ("lenteur", "autre"))
    browser.open(
        blog.page(
            "accueil",
            '<reflections-thread url="/lenteur"></reflections-thread><reflections-thread url="/autre" theme="dark">'
            f'</reflections-thread><p>{links}<reflections-count url="/nulle" lang="en"></reflections-count></p>'
            + blog.served.script,
        )
    )
    drawn(browser, HEADING)
    drawn(browser, "1 réflexion sur", "reflections-thread[theme]")
    said = "return [...document.querySelectorAll('reflections-count')].map(count => count.shadowRoot?.textContent)"
    expected = ["8 réflexions", "1 réflexion", "0 reflections"]
    browser.waits_for(lambda: browser.run(said) == expected, "the counts did not come")
    asked = browser.run("return performance.getEntriesByType('resource').filter(e => /counts/.test(e.name)).length")
    assert asked == 1
    assert browser.complaints() == []


def test_a_count_of_the_post_itself_leaves_the_thread_its_place(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    count = "<p><reflections-count></reflections-count></p>"
    browser.open(blog.page("lenteur", count + blog.served.script))
    drawn(browser, HEADING)
    assert browser.complaints() == []


def test_a_count_speaks_its_sites_language_as_the_thread_does(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    count = '<div lang="en"><reflections-count url="/lenteur"></reflections-count></div>'
    browser.open(blog.page("accueil", count + blog.served.script))
    said = "return document.querySelector('reflections-count').shadowRoot?.textContent"
    browser.waits_for(lambda: browser.run(said) == "8 réflexions", "the count did not speak French")


def test_an_overview_that_counts_other_pages_gets_no_thread(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    count = '<a href="/lenteur"><reflections-count></reflections-count></a>'
    browser.open(blog.page("accueil", count + blog.served.script))
    said = "return document.querySelector('reflections-count').shadowRoot?.textContent"
    browser.waits_for(lambda: browser.run(said), "the count did not come")
    assert browser.all("reflections-thread") == []


def test_a_host_that_browsers_take_for_none_hides_nobody_else(browser: Browser, blog: Blog) -> None:
    odd = Says("Odd", "", Kind.WEBMENTION, State.APPROVED, "http://xn--a.odd.example/", "mention")
    blog.served.threads.add(blog.post("drole", "Drôle"), Says("Bonjour", "Zoé"), odd)
    browser.open(blog.page("drole"))
    drawn(browser, "2 réflexions")
    assert browser.complaints() == []


STRICT = "default-src 'none'; style-src 'self'; img-src data:; script-src {0}; connect-src {0}"


@pytest.mark.parametrize(
    "further", ["", "; require-trusted-types-for 'script'; trusted-types reflections"], ids=["strict", "trusted types"]
)
def test_a_strict_page_needs_to_allow_the_service_alone(open_browser: OpenBrowser, blog: Blog, further: str) -> None:
    the_thread_of_2011(blog)
    browser = open_browser(FRENCH)
    browser.open(blog.page("lenteur", policy=STRICT.format(blog.served.url) + further))
    tree = drawn(browser, HEADING)
    assert browser.find(".content em", within=tree).text == "aussi"
    assert browser.complaints() == []


def test_a_page_that_lets_no_html_through_gets_the_words(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    browser = open_browser(FRENCH)
    none = "; require-trusted-types-for 'script'; trusted-types 'none'"
    browser.open(blog.page("lenteur", policy=STRICT.format(blog.served.url) + none))
    tree = drawn(browser, HEADING)
    assert "la lenteur est *aussi* une politesse" in browser.find(".content", within=tree).text


POLLUTED = """Object.prototype.method = "POST"; Object.prototype.lang = "de"; Object.prototype.get = () => 1;
Object.prototype.other = "x"; Object.prototype.one = "x"; Object.prototype.numeric = "always";
Object.prototype.timeZone = "x"; Object.prototype.mode = "closed"; Object.prototype.count = "x";"""


def test_a_hostile_page_changes_nothing(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    address = blog.page("lenteur")
    body = (
        f'<base href="https://elsewhere.invalid/x/"><script>{POLLUTED}</script>'
        f'<div class="post"><reflections-thread url="{address}"></reflections-thread></div>{blog.served.script}'
    )
    hostile = ".post * { all: unset !important; display: none !important } li { display: none } ol { color: #fff }"
    browser = open_browser(FRENCH)
    browser.open(blog.page("lenteur", body, look=hostile))
    tree = drawn(browser, HEADING)
    assert [item.is_displayed() for item in items(browser, tree)] == [True] * 6
    permalink = browser.find(".permalink", within=tree).get_attribute("href")
    assert permalink and permalink.startswith(address + "#reflection-")
    assert browser.complaints() == []
    browser.shoot("widget-hostile")


def test_the_thread_takes_the_pages_colours_and_font(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    style = "const s = getComputedStyle(arguments[0]); return [s.color, s.fontFamily]"
    seen = {}
    for name, reader in {"light": FRENCH, "dark": Reader(dark=True), "phone": Reader.on_a_phone()}.items():
        browser = open_browser(reader)
        browser.open(blog.page("lenteur"))
        tree = drawn(browser, HEADING)
        seen[name] = browser.run(style, browser.find(".content", within=tree))
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"
        browser.shoot(f"widget-{name}")
    assert seen["light"] == ["rgb(43, 38, 34)", "Georgia, serif"]
    assert seen["dark"][0] == "rgb(218, 212, 203)"


def test_nothing_that_a_reader_sees_moves_when_the_thread_comes(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    watch = """<script>window.shifts = 0; new PerformanceObserver(list => { for (const e of list.getEntries())
      shifts += e.value }).observe({type: "layout-shift", buffered: true})</script>"""
    browser.open(
        blog.page("lenteur", f'<p id="long"></p>{blog.served.script}', head=watch, look="#long { height: 95vh }")
    )
    drawn(browser, HEADING)
    assert browser.run("return shifts") == 0


def test_a_failure_is_said_and_can_be_tried_again(browser: Browser, blog: Blog) -> None:
    address = blog.page(
        "nouveau", '<reflections-thread url="https://unknown.example/"></reflections-thread>' + blog.served.script
    )
    browser.open(address)
    tree = drawn(browser, "n’ont pas pu être chargées")
    assert browser.find("[role=alert]", within=tree)
    blog.served.site("https://unknown.example/")
    browser.click("button", "Réessayer", within=tree)
    drawn(browser, "Pas encore de réflexions.")
    assert browser.complaints(r"status of 404") == []


def test_a_changed_address_brings_its_thread(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    blog.post("vide")
    browser.open(blog.page("vide"))
    drawn(browser, "Pas encore")
    browser.run("document.querySelector('reflections-thread').setAttribute('url', '/lenteur')")
    drawn(browser, HEADING)


def test_without_a_script_a_link_and_a_frame_show_the_thread(open_browser: OpenBrowser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    embedded = f"{blog.served.url}/embed?url={blog.web.url('/lenteur', BLOG)}"
    sandbox = "allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox"
    frame = f'<noscript><a href="{embedded}">Lire</a></noscript><iframe sandbox="{sandbox}" src="{embedded}"></iframe>'
    browser = open_browser(Reader(language="fr", javascript=False))
    browser.open(blog.page("lenteur", frame, look="iframe { width: 100%; height: 40rem; border: 0 }"))
    browser.driver.switch_to.frame(browser.find("iframe"))
    assert browser.find("h1").text == HEADING
    assert browser.find(".face").value_of_css_property("border-radius") == "50%"  # its style was let in
    browser.driver.switch_to.default_content()
    browser.click("a", "Lire")
    assert browser.find("h1").text == HEADING
    assert browser.find(".closed").text == "Les commentaires sont fermés."
    assert len(browser.all(".item")) == 8
    browser.shoot("embed-2011")
    assert browser.complaints() == []


def test_a_stranger_can_not_frame_the_thread(browser: Browser, blog: Blog) -> None:
    the_thread_of_2011(blog)
    embedded = f"{blog.served.url}/embed?url={blog.web.url('/lenteur', BLOG)}"
    browser.open(blog.web.page("/", f'<iframe src="{embedded}"></iframe>', host="127.0.0.66"))
    refused = browser.waits_for(lambda: browser.complaints(), "the frame was not refused")
    assert "frame-ancestors" in refused[0]
