"""The four comments under the demo's famous post, as they stood there in 2011. The people are invented."""

from __future__ import annotations

from dataclasses import dataclass

from service.demo.blog.content import FAMOUS


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its replies; ``words`` are Markdown."""

    name: str
    published: str
    words: str
    owner: bool = False
    replies: tuple[Comment, ...] = ()


COMMENTS = (
    Comment(
        "Yannick",
        "2011-10-14T11:26:00+02:00",
        "Mille personnes qui se répondent, d’accord. Mais qui lit les mille ?  \n"
        "Au-delà de trente commentaires, je ne lis plus que les premiers et les miens.",
        replies=(
            Comment(
                FAMOUS.author,
                "2011-10-14T12:03:00+02:00",
                "Moi, je les lis tous : c’est tout l’intérêt d’un petit blog. Et si un jour ils sont mille, "
                "nous serons plusieurs à modérer.",
                owner=True,
            ),
        ),
    ),
    Comment(
        "Odile Ferrandon",
        "2011-10-14T19:48:00+02:00",
        "Dans ma commune, le « débat en ligne » a duré trois semaines. Soixante-deux messages, **aucune réponse "
        "d’un élu**. Votre première règle devrait être affichée dans la salle du conseil.",
        replies=(
            Comment(
                "Maxence T.",
                "2011-10-16T22:17:00+02:00",
                "Chez nous, un adjoint a répondu, une fois, à une heure du matin. On en parle encore :-)",
            ),
        ),
    ),
)
