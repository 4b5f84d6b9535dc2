"""A site whose posts are closed for some hours: each protocol says so in its own form, and what is known is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from service.model import Post, Site
from tests.receive.senders import SOURCE, Stored, Tracked, mention, ping, track
from tests.support.service import KnownSite

HOUR = timedelta(hours=1)


def test_a_closed_site_takes_nothing_new_whatever_a_post_says(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    assert mention(client).status_code == 201
    stored.change(Post, linkbacks_open=True)
    stored.change(Site, closed_until=datetime.now(UTC) + HOUR)
    (post,) = stored.posts()
    refused = mention(client, SOURCE + "/2")
    assert (refused.status_code, refused.text) == (400, "This page does not take any more.\n")
    assert ping(client, SOURCE + "/2") == 33
    assert track(client, post.id, url=SOURCE + "/2") == Tracked(1, "This page does not take any more.")
    assert mention(client, target=site.page("new")).status_code == 400
    assert stored.count(Post) == 1
    assert mention(client).status_code == 201, "else nothing could be withdrawn"


def test_it_takes_again_when_the_time_is_over(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    stored.change(Site, closed_until=datetime.now(UTC) - timedelta(seconds=1))
    assert mention(client).status_code == 201
