"""Shapes in which pages come in real life, each a file of ``tests/web``, and what a moderator is told of it.

They are written in the style of what these programs put out; their people and words are made up. ``docs/reading.md``
shows them: ``python -m tests.workers.reading.shapes`` writes it anew, and a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.moderate.rules.words import NAMES
from service.moderate.telling import HIDDEN, PLACES
from service.values.address import parse
from service.values.evidence import Hiding, Place
from service.values.page import Page
from service.values.reading import Reading
from service.values.state import Relation
from workers.reading import read

TARGET = parse("https://blog.example/2026/slow-reading")
"""The post that all of them are about."""

WEB = Path(__file__).parents[2] / "web"
DOCUMENT = Path(__file__).parents[3] / "docs" / "reading.md"


@dataclass(frozen=True)
class Shape:
    """A page, and what is expected to be read of it."""

    path: str
    """Its address without the scheme, and its file below ``tests/web``."""
    what: str
    kind: str = "text/html; charset=utf-8"
    """The server's ``Content-Type``."""
    relation: Relation = Relation.MENTION
    rsvp: str | None = None
    author: str = ""
    author_url: str | None = None
    title: str = ""
    published: str | None = None
    excerpt: str = ""
    """How the words begin that a moderator reads first."""
    place: Place = Place.TEXT
    hidden: Hiding | None = None

    @property
    def page(self) -> Page:
        """The page as a fetch brings it."""
        address = parse(f"https://{self.path}")
        return Page(address, address, {"content-type": self.kind}, (WEB / self.path).read_bytes())

    def reading(self) -> Reading:
        found = read(self.page, [TARGET])
        assert isinstance(found, Reading), found
        return found


def excerpt(found: Reading) -> str:
    """What is said of the post: the sentence round the link, or a reply's own words."""
    link = found.evidence.link
    if link is None or found.entry.relation is not Relation.MENTION:
        return found.entry.text
    return link.before + (link.text or link.href) + link.after


SHAPES = (
    Shape(
        "ada.example/2026/03/on-being-slow.html",
        "WordPress, classic theme",
        kind="text/html; charset=UTF-8",
        author="Ada Marsh",
        author_url="https://ada.example/author/ada/",
        title="On being slow – Ada’s Notebook",
        published="2026-03-14T09:30:00+01:00",
        excerpt="There is a fine piece on reading slowly that says it better than I can. It made me put the",
    ),
    Shape(
        "carnet-de-lou.example/lire-sans-se-presser.html",
        "WordPress, block theme and SEO plugin (French)",
        kind="text/html; charset=UTF-8",
        author="Lou Bellanger",
        author_url="https://carnet-de-lou.example/author/lou/",
        title="Lire sans se presser",
        published="2026-04-02T06:15:00+00:00",
        excerpt="C’est ce billet sur la lecture lente qui m’a décidée : « on n’a pas lu un livre parce qu’on en a",
    ),
    Shape(
        "claude-super.example/2008/debat-2-0.html",
        "WordPress of 2008 (French, ISO-8859-1)",
        kind="text/html",
        title="Débat 2.0 : le retour « Le blog de Claude",
        excerpt="À lire pour s'en faire une idée, l'article d'en face, qui a le mérite d'être mesuré et qui ne",
    ),
    Shape(
        "nils.example/2026/05/re-slow-reading.html",
        "WordPress with IndieWeb plugins: a reply",
        kind="text/html; charset=UTF-8",
        relation=Relation.REPLY,
        author="Nils Holm",
        author_url="https://nils.example/",
        title="Re: Slow reading | Nils Holm",
        published="2026-05-20T21:04:00+02:00",
        excerpt="I like the image, but I have been lost in places too. Some books I cross as fast as I can, and I’m",
    ),
    Shape(
        "kitchen-table.example/2026/what-are-you-reading.html",
        "WordPress: in a reader’s comment",
        kind="text/html; charset=UTF-8",
        author="Marguerite O.",
        author_url="https://kitchen-table.example/author/marguerite/",
        title="What are you reading? – The Kitchen Table",
        published="2026-02-01T08:00:00-05:00",
        excerpt="Not a book, but this essay has kept me busy for a week.",
        place=Place.COMMENTS,
    ),
    Shape(
        "birdlog.example/2026/first-swift.html",
        "WordPress: in the blogroll",
        kind="text/html; charset=UTF-8",
        author="Imogen Tarr",
        author_url="https://birdlog.example/author/imogen/",
        title="First swift | Birdlog",
        published="2026-04-28T06:55:00+01:00",
        excerpt="Slow reading",
        place=Place.ASIDE,
    ),
    Shape(
        "long-now-ish.example/the-second-reading.html",
        "Ghost",
        author="Priya Raman",
        author_url="https://long-now-ish.example/author/priya/",
        title="The second reading",
        published="2026-05-02T14:05:00Z",
        excerpt="I took the idea, and the courage, from a post about reading slowly: “the book does not know how",
    ),
    Shape(
        "la-lettre-du-mardi.example/eloge-du-marque-page.html",
        "Ghost (French)",
        author="Anaïs Kervella",
        author_url="https://la-lettre-du-mardi.example/author/anais/",
        title="Éloge du marque-page",
        published="2026-06-09T05:30:00+02:00",
        excerpt="Un lecteur m’envoie cet éloge de la lenteur, écrit par quelqu’un qui corne ses pages — personne",
    ),
    Shape(
        "greenhousediary.example/2026/05/slow-seeds.html",
        "Blogger",
        kind="text/html; charset=UTF-8",
        author="Winifred",
        author_url="https://www.blogger.example/profile/0711",
        title="Slow seeds",
        published="2026-05-11T19:22:00+01:00",
        excerpt="I passed the time with an essay on slow reading, which could as well be about parsley.",
    ),
    Shape(
        "lesruchesdemarcel.example/2026/04/patience.html",
        "Blogger (French)",
        kind="text/html; charset=UTF-8",
        author="Marcel Aubin",
        author_url="https://www.blogger.example/profile/0711",
        title="Patience et miel de printemps",
        published="2026-04-19T10:05:00+02:00",
        excerpt="En attendant, j’ai lu ceci sur la lenteur : « ce qui mûrit ne se presse pas ». Les abeilles ne",
    ),
    Shape(
        "sysnotes.example/posts/reading-list.html",
        "Hugo, a theme with JSON-LD",
        kind="text/html",
        author="Jonas Feld",
        title="A reading list for people who run servers",
        published="2026-01-18T11:00:00+01:00",
        excerpt="Slow reading. Logs are read the way this person reads novels, or they are not read at all.",
    ),
    Shape(
        "hilltop.example/post/evening.html",
        "Hugo, a theme with Open Graph alone",
        kind="text/html",
        title="Evening",
        published="2026-06-21T21:30:00-04:00",
        excerpt="Somebody has written down why that is enough. I shall not add to it.",
    ),
    Shape(
        "petit-serveur.example/billets/lenteur.html",
        "Hugo, a bare theme (French)",
        kind="text/html",
        title="Lenteur · Petit serveur",
        published="2026-02-11",
        excerpt="J’ai retrouvé la même patience dans ce texte sur la lecture. L’auteur n’y parle pas d’informatique,",
    ),
    Shape(
        "octal.example/2026/02/08/notes-on-notes.html",
        "Jekyll",
        author="Teodora Ilić",
        title="Notes on notes",
        published="2026-02-08T00:00:00+00:00",
        excerpt="On the question mark, see Slow reading, which asks one on every page and answers none.",
    ),
    Shape(
        "tove.example/2026/entry.html",
        "Known: a reply",
        relation=Relation.REPLY,
        author="Tove Lind",
        author_url="https://tove.example/profile/me",
        title="Thank you, and a question",
        published="2026-05-04T08:31:09+00:00",
        excerpt="Thank you for this. I wonder, though: is there a book that is better read fast?",
    ),
    Shape(
        "sam-goes.example/2026/entry.html",
        "Known: an RSVP",
        relation=Relation.RSVP,
        rsvp="yes",
        author="Sam Okoro",
        author_url="https://sam-goes.example/profile/me",
        title="I'm going to the slow reading evening",
        published="2026-06-01T17:00:00+00:00",
        excerpt="I'm going to the slow reading evening. I'll bring the biscuits.",
    ),
    Shape(
        "etagere.example/2026/entry.html",
        "Known: a bookmark (French)",
        relation=Relation.BOOKMARK,
        author="Odile Fabre",
        author_url="https://etagere.example/profile/me",
        title="Lecture lente",
        published="2026-05-30T22:10:00+02:00",
        excerpt="À garder sous le coude : le passage sur les notes en marge est « à tomber ». #lecture",
    ),
    Shape(
        "lena.example/2026/03/22/still-on-page.html",
        "Micro.blog, a post without a title",
        author="Lena Voss",
        author_url="https://lena.example/",
        title="Still on page 40 of the… | Lena Voss",
        published="2026-03-22T13:05:44+01:00",
        excerpt="Still on page 40 of the same novel, and thanks to this post I’m no longer ashamed of it. 🐌",
    ),
    Shape(
        "lena.example/index.html",
        "Micro.blog, a front page of several",
        author="Lena Voss",
        author_url="https://lena.example/",
        title="Kerning for readers",
        published="2026-03-30T10:00:00+02:00",
        excerpt="Tight letters make fast eyes. If you want slow readers, give the words some air.",
    ),
    Shape(
        "bridge.example/comment/mastodon/1102/1103.html",
        "Mastodon by Bridgy: a reply",
        relation=Relation.REPLY,
        author="Iris Novak",
        author_url="https://social.example/@iris",
        title="@blog I read it aloud to my cat.",
        published="2026-05-03T19:12:47+00:00",
        excerpt="@blog I read it aloud to my cat. She fell asleep at the second paragraph, which I count as slow",
        hidden=Hiding.PROPERTY,
    ),
    Shape(
        "bridge.example/comment/mastodon/1102/1131.html",
        "Mastodon by Bridgy: a reply with a picture (French)",
        relation=Relation.REPLY,
        author="Maëlle Guéguen",
        author_url="https://mastodon.example/@maelle",
        title="@blog Et les BD, alors ?",
        published="2026-05-05T08:20:31+00:00",
        excerpt="@blog Et les BD, alors ? Une planche, ça se relit dix fois, et c’est toujours « trop court ».",
        hidden=Hiding.PROPERTY,
    ),
    Shape(
        "bridge.example/like/mastodon/1102/77.html",
        "Mastodon by Bridgy: a like",
        relation=Relation.LIKE,
        author="Ben Adeyemi",
        author_url="https://social.example/@ben",
        title="likes this.",
        published="2026-05-03T20:01:00+00:00",
        excerpt="likes this.",
        hidden=Hiding.PROPERTY,
    ),
    Shape(
        "bridge.example/repost/mastodon/1102/1109.html",
        "Mastodon by Bridgy: a boost",
        relation=Relation.REPOST,
        author="Carla Ricci",
        author_url="https://social.example/@carla",
        title="reposts this.",
        published="2026-05-04T06:30:10+00:00",
        excerpt="reposts this.",
        hidden=Hiding.PROPERTY,
    ),
    Shape(
        "mirabelle.example/jaime/2026-05-06.html",
        "A site of one’s own: a like (French)",
        relation=Relation.LIKE,
        author="Mirabelle Noël",
        author_url="https://mirabelle.example/",
        title="J’aime « Slow reading »",
        published="2026-05-06T23:58:00+02:00",
        excerpt="♥ Slow reading",
    ),
    Shape(
        "wander.example/rsvps/31.html",
        "A site of one’s own: interested, by an address",
        relation=Relation.RSVP,
        rsvp="interested",
        author_url="https://wander.example/about",
        title="Interested",
        published="2026-06-02T09:00:00-03:00",
        excerpt="I might come to the reading evening if the ferry runs.",
    ),
    Shape(
        "longform.example/@dmreyes/the-cost-of-skimming-9f3b.html",
        "Medium",
        author="Daniel M. Reyes",
        author_url="https://longform.example/@dmreyes",
        title="The Cost of Skimming",
        published="2026-04-07T15:21:03Z",
        excerpt="Then I read a post on reading slowly, twice, with a pencil. I can still tell you the shape of its",
    ),
    Shape(
        "postletters.example/p/attention-is-a-muscle.html",
        "A newsletter",
        author="Noor Haddad",
        author_url="https://substackish.example/@noorh",
        title="Attention is a muscle",
        published="2026-06-14T12:01:30+00:00",
        excerpt="You load, you rest, you load again. The best description of the resting I know is in Slow reading,",
    ),
    Shape(
        "marginalia-daily.tumblog.example/post/7731.html",
        "Tumblr",
        kind="text/html; charset=UTF-8",
        author="marginalia-daily",
        title="slow reading, again",
        published="2026-05-08T22:14:09+00:00",
        excerpt="ok so everyone is linking the article but the original post is so much better, the man has a whole",
    ),
    Shape(
        "papier-froisse.tumblog.example/post/7731.html",
        "Tumblr, a reblog (French)",
        kind="text/html; charset=UTF-8",
        author="papier-froisse",
        title="Papier froissé",
        published="2026-05-12T18:40:00+02:00",
        excerpt="Oui !! Et lisez aussi ceci, c’est long, c’est lent, c’est « exactement » ce qu’il faut un dimanche.",
    ),
    Shape(
        "typeboard.example/viewtopic-t-481.html",
        "phpBB",
        kind="text/html; charset=UTF-8",
        title="Which typeface for long texts? - Typeboard",
        published="2026-03-02T17:20:11+00:00",
        excerpt="Before you choose: how slow do you want them to read? Half of what we call legible is only familiar.",
    ),
    Shape(
        "talk.example/t/attention/932.html",
        "Discourse",
        author="gutta_percha",
        author_url="https://talk.example/u/gutta_percha",
        title="What do you do about attention?",
        published="2026-04-21T07:50:12+00:00",
        excerpt="By not finishing. I picked that up from Slow reading and have been happier since.",
    ),
    Shape(
        "forum-relieurs.example/viewtopic-id-88.html",
        "PunBB (French, windows-1252)",
        kind="text/html",
        title="Lire ou relier ? (Page 1) / Discussions / Le forum des relieurs",
        excerpt="Non ! Un œil là-dessus : « Lire lentement ». Depuis, je m’en tiens à deux pages, et je dors mieux —",
    ),
    Shape(
        "dailyplain.example/culture/the-quiet-return-of-reading.html",
        "A newspaper",
        author="Ruth Calloway",
        author_url="https://dailyplain.example/by/ruth-calloway",
        title="The quiet return of reading",
        published="2026-05-17T05:00:00-04:00",
        excerpt="The club traces itself to a blog post about slow reading that a librarian pinned to the door last",
    ),
    Shape(
        "lequotidien.example/culture/2026/lire-moins-vite.html",
        "A national newspaper (French)",
        kind="text/html; charset=UTF-8",
        author="Camille Rousset",
        author_url="https://lequotidien.example/signataires/camille-rousset/",
        title="« Lire moins vite, c’est lire tout court » : ces clubs où l’on se tait",
        published="2026-05-23T07:00:11+02:00",
        excerpt="Le règlement, affiché à l’entrée, tient en une citation tirée d’un billet de blog : « Un livre est",
    ),
    Shape(
        "echo-du-val.example/actu/bibliotheque-4411.html",
        "A local newspaper (French, ISO-8859-15)",
        kind="text/html",
        author="Josette Le Goff",
        title="Saint-Aubin. La bibliothèque ouvre une salle « sans écran »",
        published="2026-03-27",
        excerpt="Mme Guérin, bibliothécaire, dit en avoir eu l'idée en lisant un article sur la lecture lente. Coût",
    ),
    Shape(
        "plume-et-clavier.example/post/2026/04/25/Ralentir.html",
        "Dotclear (French)",
        kind="text/html; charset=UTF-8",
        author="Étienne Vasseur",
        title="Ralentir - Plume et clavier",
        published="2026-04-25T17:48:00+02:00",
        excerpt="On me signale un billet qui défend cette troisième lecture ; j’y souscris, à une espace fine près.",
    ),
    Shape(
        "revue-des-marges.example/Eloge-de-la-note.html",
        "SPIP (French)",
        author="Sidonie Arnaud",
        author_url="https://revue-des-marges.example/_Sidonie-Arnaud_",
        title="Éloge de la note - La revue des marges",
        published="2026-03-05T08:00:00Z",
        excerpt="L’auteur de Slow reading le dit avec plus d’élégance : « le crayon est la moitié de l’œil ».",
    ),
    Shape(
        "encyclo.example/wiki/Close_reading.html",
        "MediaWiki, a reference",
        kind="text/html; charset=UTF-8",
        author="Contributors to Encyclo",
        title="Close reading",
        published="2004-11-02T09:41:20Z",
        excerpt='^ "Slow reading". The Blog. 2026. Retrieved 2026-05-29.',
    ),
    Shape(
        "hondana.example/entry/20260410.html",
        "A diary (Japanese, Shift_JIS)",
        kind="text/html",
        author="水野あかり",
        title="ゆっくり読むということ - 本棚日記",
        excerpt="きっかけはこの記事だった。「本は距離ではなく、場所である」という一文が、ずっと頭に残っている。①急がない、②戻る、③書き写す。",
    ),
    Shape(
        "amtsblatt.example/vereine/lesekreis.html",
        "A word processor’s export (German, UTF-16)",
        kind="text/html",
        title="Lesekreis im Gemeindehaus – Rückblick",
        excerpt="Frau Übele brachte einen Aufsatz über das langsame Lesen mit, der großen Anklang fand. Für Kuchen",
    ),
    Shape(
        "perso.fournisseur.example/~jlmartin/lectures.html",
        "A personal page of the nineties (French, ISO-8859-1)",
        kind="text/html; charset=ISO-8859-1",
        title="Les lectures de Jean-Luc",
        excerpt="À lire à l'écran, une fois n'est pas coutume : un éloge de la lecture lente. Très juste sur les",
    ),
    Shape(
        "bakery-north.example/menu.html",
        "A shop, in its footer",
        title="Menu",
        excerpt="The words on our bags are from Slow reading, with thanks.",
        place=Place.FOOTER,
    ),
    Shape(
        "all-the-blogs.example/books.html",
        "A directory of links",
        title="Books and reading: 121 blogs | All the Blogs",
        excerpt="Slow reading",
        place=Place.LIST,
    ),
    Shape(
        "deals-4-you.example/watches.html",
        "Spam, off the screen",
        kind="text/html; charset=UTF-8",
        author="admin",
        title="Best cheap watches 2026 – TOP 10",
        excerpt="We like slow reading and another blog very much, nice post, keep it up.",
        hidden=Hiding.OFF_SCREEN,
    ),
    Shape(
        "api.example/notes/12.json",
        "JSON (jf2): a reply",
        kind="application/json",
        relation=Relation.REPLY,
        author="Kei Tanabe",
        author_url="https://api.example/",
        published="2026-05-09T16:20:00+09:00",
        excerpt="Seconded. The index alone is worth a slow afternoon.",
    ),
    Shape(
        "gopherish.example/phlog/2026-05-01.txt",
        "Plain text",
        kind="text/plain; charset=utf-8",
        excerpt="I have been reading about reading (is that allowed?), here: https://blog.example/2026/slow-reading.",
    ),
)


INTRODUCTION = """# What is read of a page

A source is read once. First its link is looked for, in the stream of its tags; only where it is found does the rest
count:

1. **Microformats** (microformats2, and hAtom and hCard of older themes): what the page is to your post (a reply, like,
   repost, bookmark, an answer to an invitation, a mention), its author by the authorship algorithm, name, summary,
   content, pictures, dates with their offsets, syndication and categories. Of several entries the one that has the
   link speaks.
2. What they do not say is taken from **what the page tells of itself**: `<title>` (without the site’s name where the
   page tells that too), Open Graph, JSON-LD, `<meta>`, `<time>`, `rel="author"`.
3. **The sentence round the link** is always kept, with where it stands: in the text, among the comments, beside the
   text, in a menu, header or footer, in a list of a hundred links or more; and whether a person can see it at all, as
   far as attributes and inline styles tell. Of several links one in the text that everybody can see is shown first.

JSON (jf2 and microformats2) and plain text are read likewise. Text is decoded as browsers do it, by the names of the
WHATWG alone: byte order mark, then the server’s charset, then the page’s own.

What does not fit is said, not hidden: an author’s address, a page’s own address or its canonical address on another
host. All of an item’s evidence takes 16 KB at most.

# Forty-six pages as a moderator sees them

![The queue with a dozen of them](pictures/shapes.png)

Made-up pages in the shapes that programs and people really put out; the files are in `tests/web`. An empty field is
one that the page does not tell: nothing is guessed.

| page | what it is | its author | title | published | what is read first | the link stands |
| --- | --- | --- | --- | --- | --- | --- |
"""


def document() -> str:
    """``docs/reading.md``."""
    return INTRODUCTION + "".join(_row(shape) for shape in SHAPES)


def _row(shape: Shape) -> str:
    found = shape.reading()
    entry, link = found.entry, found.evidence.link
    assert link is not None
    what = NAMES[entry.relation] + (f": {entry.rsvp}" if entry.rsvp else "")
    words = " ".join(excerpt(found).split())
    words = words if len(words) <= 120 else words[:120].rstrip() + "…"
    stands = PLACES[link.place] + (f". {HIDDEN[link.hidden]}" if link.hidden else "")
    cells = (shape.what, what, entry.author.name, entry.title, entry.published or "", words, stands)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
