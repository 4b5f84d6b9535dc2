"""Every sentence that a person reads, in the reader's language: gettext catalogues read at start, without Flask.

A folder for each locale holds one ``.po`` file for each room that speaks (``fr/moderate.po``, ``fr/widget.po``); there
is no compile step. Pages write ``gettext("Sign in")`` with the English sentence as its own key; what has a name of its
own (``reason.no_link``, ``widget.closed``) stands in ``en/`` too.
"""

from service.languages.catalogue import DEFAULT, Catalogue, catalogue, locales, resolve
from service.languages.reasons import sentence
from service.languages.speech import gettext, ngettext, speaking, spoken
from service.languages.widget import words

__all__ = [
    "DEFAULT",
    "Catalogue",
    "catalogue",
    "gettext",
    "locales",
    "ngettext",
    "resolve",
    "sentence",
    "speaking",
    "spoken",
    "words",
]
