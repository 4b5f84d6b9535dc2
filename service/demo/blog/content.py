"""What the demo blog tells: a French blog of 2011 and four others that link to it. All of them are invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Blog:
    """One of the blogs; ``name`` is its colours' name too."""

    name: str
    title: str
    tagline: str
    home: str


@dataclass(frozen=True, slots=True)
class Post:
    """A page of one of the blogs. Its words stand in ``templates/posts/``, under its own ``name``."""

    name: str
    blog: Blog
    path: str
    title: str
    author: str
    published: str
    """RFC 3339."""
    day: str
    """The same for readers."""
    head: str = ""
    """Its ``<title>``, where that says more, as blogs had it: post « blog | author."""


MEGAPHONE = Blog("megaphone", "Le mégaphone de papier", "Carnet d’une citoyenne connectée", "/")
YOURS = Blog("yours", "Chez vous", "Un blog tout neuf, le vôtre", "/ecrire/")
WRITTEN = "/chez-vous/"
"""Under which the newcomer's posts stand."""

FAMOUS = Post(
    "debat",
    MEGAPHONE,
    "/2011/10/debat-2-0/",
    "Débat 2.0 : la démocratie dans un fil de commentaires ?",
    "Hélène Vautrin",
    "2011-10-14T09:12:00+02:00",
    "14 octobre 2011",
)
OPEN = Post(
    "ouvert",
    MEGAPHONE,
    "/2011/11/ce-billet-reste-ouvert/",
    "Ce billet reste ouvert",
    "Hélène Vautrin",
    "2011-11-02T18:40:00+01:00",
    "2 novembre 2011",
)

ECHOES: Sequence[Post] = (
    Post(
        "infocite",
        Blog("infocite", "InfoCité’s Blog", "Données, cité, citoyens", "/infocite/debat-2-0-et-les-donnees/"),
        "/infocite/debat-2-0-et-les-donnees/",
        "Débat 2.0 : ouvrir les données ne suffit pas",
        "Marin Delcourt",
        "2011-10-14T16:05:00+02:00",
        "14 octobre 2011",
        "Débat 2.0 : ouvrir les données ne suffit pas « InfoCité’s Blog | Marin Delcourt",
    ),
    Post(
        "rivages",
        Blog("rivages", "Rivages numériques", "Le Web vu du littoral", "/rivages/commenter-c-est-participer/"),
        "/rivages/commenter-c-est-participer/",
        "Commenter, c’est déjà participer",
        "Solène Kerbrat",
        "2011-10-15T08:30:00+02:00",
        "15 octobre 2011",
        "Commenter, c’est déjà participer « Rivages numériques",
    ),
    Post(
        "vendredi",
        Blog("vendredi", "Le lien du vendredi", "Dix pages à lire, pas une de plus", "/vendredi/revue-de-web-42/"),
        "/vendredi/revue-de-web-42/",
        "Revue de Web nº 42 : trolls, débats et biens communs",
        "Le lien du vendredi",
        "2011-10-21T12:00:00+02:00",
        "21 octobre 2011",
        "Revue de Web nº 42 : trolls, débats et biens communs | Le lien du vendredi",
    ),
    Post(
        "chroniques",
        Blog(
            "chroniques",
            "Chroniques d’un modérateur",
            "Ce que l’on ne publie pas",
            "/chroniques/faut-il-fermer-les-commentaires/",
        ),
        "/chroniques/faut-il-fermer-les-commentaires/",
        "Faut-il fermer les commentaires ?",
        "Basile Quentin",
        "2011-10-28T21:15:00+02:00",
        "28 octobre 2011",
        "Faut-il fermer les commentaires ? » Chroniques d’un modérateur",
    ),
)
"""The posts that pinged the famous one, in the order in which they came."""

POSTS: Mapping[str, Post] = MappingProxyType({post.path: post for post in (FAMOUS, OPEN, *ECHOES)})
"""Path → post."""

FIRST, SECOND = "/guide/1", "/guide/2"
STEPS: Mapping[str, str] = MappingProxyType({FIRST: FAMOUS.path, SECOND: OPEN.path})
"""Where the guide leads. It stands on every page, and must not be taken for what their authors link to."""
