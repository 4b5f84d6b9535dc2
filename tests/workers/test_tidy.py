"""What nobody needs any more is cleared away, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from service.model import Challenge, Invitation, Moderator, Post, Published, site
from service.model.engine import writing
from service.model.post import named
from service.model.session import IDLE, LONGEST
from service.model.session import Session as SignedIn
from service.people.invitations import SPAN
from service.values.address import parse
from workers.tidy import BATCH, tidy

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def published(engine: Engine, versions: dict[str, int], current: int = 3) -> None:
    """Bytes of a post under these names, of these versions."""
    with writing(engine) as session:
        owner, _, _ = site.add(session, [parse("https://blog.example/")], NOW)
        post = named(session, owner, parse("https://blog.example/post"), NOW)
        post.version = current
        for view, version in versions.items():
            session.add(Published(post_id=post.id, view=view, version=version, made_of="", etag='"x"', body=b"{}"))


def views(engine: Engine) -> list[str]:
    with writing(engine) as session:
        return list(session.scalars(select(Published.view).order_by(Published.view)))


def test_bytes_of_an_older_version_go_and_those_of_the_present_one_stay(engine: Engine) -> None:
    published(engine, {"a": 1, "b": 3, "c": 2})
    assert tidy(engine, NOW) == 2
    assert views(engine) == ["b"]
    assert tidy(engine, NOW) == 0


def test_however_many_there_are_they_go_batch_by_batch(engine: Engine) -> None:
    published(engine, {f"view-{number}": 1 for number in range(2 * BATCH + 1)})
    assert tidy(engine, NOW) == 2 * BATCH + 1
    assert views(engine) == []


def test_sessions_that_are_over_go_and_living_ones_stay(engine: Engine) -> None:
    second = timedelta(seconds=1)
    ages = {
        "lives": (IDLE, LONGEST),
        "idle": (IDLE + second, IDLE + second),
        "old": (second, LONGEST + second),
    }
    with writing(engine) as session:
        olga = Moderator(name="Olga", role="owner", password_hash="", created=NOW)
        session.add(olga)
        session.flush()
        for name, (idle, age) in ages.items():
            signed_in = {"moderator_id": olga.id, "csrf": "", "created": NOW - age, "seen": NOW - idle}
            session.add(SignedIn(token_hash=name, **signed_in))
    assert tidy(engine, NOW) == 2
    with writing(engine) as session:
        assert session.scalars(select(SignedIn.token_hash)).all() == ["lives"]


def test_challenges_and_invitations_go_when_they_are_over(engine: Engine) -> None:
    with writing(engine) as session:
        for number, until in enumerate((NOW, NOW - timedelta(seconds=1))):
            session.add(Challenge(hash=str(number), purpose="sign-in", until=until))
            session.add(
                Invitation(token_hash=str(number), whom="", role="owner", by="Olga", made=NOW - SPAN, until=until)
            )
    assert tidy(engine, NOW) == 2
    with writing(engine) as session:
        assert session.scalars(select(Challenge.hash)).all() == ["0"]
        assert session.scalars(select(Invitation.token_hash)).all() == ["0"]


def test_posts_stay(engine: Engine) -> None:
    published(engine, {"a": 1})
    tidy(engine, NOW)
    with writing(engine) as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 1
