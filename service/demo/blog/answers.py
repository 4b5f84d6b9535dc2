"""What a request means: which page it asks for, or what a form does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from service.demo.blog import content
from service.demo.blog.discover import Protocol
from service.demo.blog.pages import Blogs
from service.demo.blog.send import Sent, send
from service.demo.blog.written import LONGEST_AUTHOR, LONGEST_TEXT, LONGEST_TITLE, MOST, Full, Written
from service.languages import gettext, spoken
from service.values import clean

FORM = content.YOURS.home
DELETED = "deleted"
"""The query of the form's page after a post was deleted."""

PROTOCOLS: Mapping[str, Protocol] = {"webmention": "webmention", "pingback": "pingback"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or where to go on."""

    page: str = ""
    status: HTTPStatus = HTTPStatus.OK
    location: str = ""


def refusal(blogs: Blogs, status: HTTPStatus, sentence: str) -> Answer:
    """One sentence."""
    return Answer(blogs.said(sentence), status)


def read(blogs: Blogs, path: str, query: str) -> Answer:
    """The page at this path. A newcomer's post that is not there is gone: its address is never given again."""
    if path == content.MEGAPHONE.home:
        return Answer(blogs.home())
    if path == FORM:
        return Answer(blogs.write(deleted=query == DELETED))
    if path in content.STEPS:
        return Answer(status=HTTPStatus.FOUND, location=content.STEPS[path])
    if path in content.POSTS:
        return Answer(blogs.post(content.POSTS[path]))
    post = _written(blogs, path)
    if post is not None:
        return Answer(blogs.written(post))
    if path.startswith(content.WRITTEN):
        return refusal(blogs, HTTPStatus.GONE, gettext("This post was deleted."))
    return refusal(blogs, HTTPStatus.NOT_FOUND, gettext("There is no such page."))


def write(blogs: Blogs, path: str, form: Mapping[str, str]) -> Answer:
    """Publishes and sends, sends again, or deletes and sends again."""
    if path == FORM:
        return _publish(blogs, form)
    post = _written(blogs, path)
    if post is None:
        return read(blogs, path, "")
    if "delete" in form:
        blogs.desk.delete(post)
        _send(blogs, post, post.sent.protocol if post.sent else "webmention")
        return _see(f"{FORM}?{DELETED}")
    return _tell(blogs, post, form)


def _publish(blogs: Blogs, form: Mapping[str, str]) -> Answer:
    given = {
        "title": clean.line(form.get("title", ""), LONGEST_TITLE),
        "author": clean.line(form.get("author", ""), LONGEST_AUTHOR),
        "text": clean.text(form.get("text", "")).strip(),
    }
    if not all(given.values()):
        return _again(blogs, gettext("A post has a title, an author and some words."), given)
    if len(given["text"]) > LONGEST_TEXT:
        return _again(blogs, gettext("That is too long: %(number)s characters at most.", number=LONGEST_TEXT), given)
    try:
        post = blogs.desk.add(**given, locale=spoken(), made=datetime.now(UTC).isoformat(timespec="seconds"))
    except Full:
        return _again(blogs, gettext("There are %(number)s posts: delete one of them first.", number=MOST), given)
    return _tell(blogs, post, form)


def _tell(blogs: Blogs, post: Written, form: Mapping[str, str]) -> Answer:
    blogs.desk.told(post, _send(blogs, post, PROTOCOLS.get(form.get("protocol", ""), "webmention")))
    return _see(post.path)


def _send(blogs: Blogs, post: Written, protocol: Protocol) -> Sent:
    return send(protocol, blogs.own + post.path, blogs.own + content.OPEN.path)


def _again(blogs: Blogs, wrong: str, given: Mapping[str, str]) -> Answer:
    return Answer(blogs.write(wrong, given=given), HTTPStatus.BAD_REQUEST)


def _see(path: str) -> Answer:
    return Answer(status=HTTPStatus.SEE_OTHER, location=path)


def _written(blogs: Blogs, path: str) -> Written | None:
    within = path.removeprefix(content.WRITTEN)
    return None if within == path or not path.endswith("/") else blogs.desk.post(within[:-1])
