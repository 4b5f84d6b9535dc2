"""The pages: the blogs in French, and the guide beside them in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from service.demo.blog import content, written
from service.demo.blog.introduce import Introduction
from service.demo.blog.written import Desk, Written
from service.languages import DEFAULT, gettext, locales, ngettext, resolve, spoken
from service.values.clean import plain

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Blogs:
    """What all pages know."""

    own: str
    """Our own address, without a slash at its end."""
    service: str
    """The service's, alike."""
    desk: Desk
    introduction: Introduction

    def home(self) -> str:
        return self._page("home.html", content.MEGAPHONE, posts=(content.OPEN, content.FAMOUS))

    def post(self, post: content.Post) -> str:
        """One of the invented posts."""
        target = self.own + content.FAMOUS.path
        words = _pages().get_template(f"posts/{post.name}.html").render(own=self.own, target=target)
        first = self.introduction if post is content.FAMOUS else Introduction()
        return self._page("post.html", post.blog, post=post, words=Markup(words), introduction=first)  # noqa: S704

    def write(self, wrong: str = "", given: Mapping[str, str] | None = None, deleted: bool = False) -> str:
        """The form; with what was ``given`` and a sentence where that was ``wrong``."""
        return self._page("write.html", content.YOURS, wrong=wrong, deleted=deleted, given=given or {}, limits=written)

    def written(self, post: Written) -> str:
        """A newcomer's post, with what became of its last sending."""
        day = format_date(datetime.fromisoformat(post.made), format="long", locale=post.locale.replace("-", "_"))
        return self._page("written.html", content.YOURS, post=post, words=plain(post.text), day=day, sent=post.sent)

    def said(self, sentence: str) -> str:
        """A page that says one sentence: not there, not allowed, no longer there."""
        return self._page("said.html", content.MEGAPHONE, sentence=sentence)

    def _page(self, template: str, blog: content.Blog, **further: Any) -> str:
        return (
            _pages()
            .get_template(template)
            .render(
                blogs=self, blog=blog, content=content, locale=spoken(), own=self.own, service=self.service, **further
            )
        )


def language(accepted: str) -> str:
    """The reader's language of those that we speak (``Accept-Language``, in the order in which browsers give it)."""
    return next(_spoken_of(accepted), DEFAULT)


def _spoken_of(accepted: str) -> Iterator[str]:
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip()
        locale = resolve(tag) if tag else ""
        if locale in locales() and locale.partition("-")[0] == tag.partition("-")[0].lower():
            yield locale


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return pages
