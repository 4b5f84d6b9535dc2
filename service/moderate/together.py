"""Why items belong together, in words."""

from __future__ import annotations

from service.decide.folds import Bond
from service.languages import ngettext
from service.moderate.queue import Row
from service.moderate.telling import relation
from service.values.address import Address


def words(row: Row) -> str:
    """``5 items say nearly the same``, ``3 items from ada.example``."""
    number = len(row.items)
    if row.bond is Bond.TEXT and row.same:
        return ngettext("%(num)s item says the same", "%(num)s items say the same", number)
    if row.bond is Bond.TEXT:
        return ngettext("%(num)s item says nearly the same", "%(num)s items say nearly the same", number)
    if row.bond is Bond.VERDICT and row.spam:
        return ngettext("%(num)s item is probably spam", "%(num)s items are probably spam", number)
    if row.bond is Bond.VERDICT:
        return ngettext("%(num)s item is probably good", "%(num)s items are probably good", number)
    host = _host(row.first.page)
    if row.wordless:
        return ngettext(
            "%(num)s item from %(host)s: %(type)s",
            "%(num)s items from %(host)s: %(type)s",
            number,
            host=host,
            type=relation(row.first.type),
        )
    return ngettext("%(num)s item from %(host)s", "%(num)s items from %(host)s", number, host=host)


def _host(page: Address | None) -> str:
    return page.host.removeprefix("www.") if page else ""
