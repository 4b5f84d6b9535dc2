"""XML-RPC, as far as pingback needs it: a call whose parameters are strings, and answers.

The standard library's reader believes in document types and nests as deep as it is told (CVE-2003-1564,
CVE-2024-8176); this one takes neither, and turns nothing into a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from service.values import clean
from service.values.reason import Refused

MOST_ELEMENTS = 1000
"""Of a whole call, side by side or one inside the other."""

Value = str | int | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class Call:
    """A method and its parameters; one that is not a string is ``None``."""

    method: str
    parameters: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong: a code of Pingback 1.0 or of the fault code interoperability, and a sentence."""

    code: int
    words: str


def read(body: bytes) -> Call:
    """The call; :class:`Refused` where it is not well-formed (``malformed_call``, ``dtd``) or no call at all
    (``not_a_call``). The encoding is what the XML says, whatever the header does."""
    root = _tree(body)
    method = root.findtext("methodName", "").strip()
    if root.tag != "methodCall" or not method:
        raise Refused("not_a_call")
    return Call(method, tuple(_string(parameter) for parameter in root.iterfind("params/param")))


def answer(given: Value | Fault) -> str:
    """The response that gives a value, or says what was wrong."""
    if isinstance(given, Fault):
        content = f"<fault>{_value({'faultCode': given.code, 'faultString': given.words})}</fault>"
    else:
        content = f"<params><param>{_value(given)}</param></params>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<methodResponse>{content}</methodResponse>\n'


class _Bounded(TreeBuilder):
    """A tree of so many elements."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise Refused("malformed_call")
        return super().start(tag, attributes)


def _tree(body: bytes) -> Element:
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body.lstrip(b" \t\r\n"))
        root: Element = parser.close()
    except DTDForbidden:
        raise Refused("dtd") from None
    # An encoding that nobody knows is a LookupError, one of several bytes a ValueError.
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        raise Refused("malformed_call") from None
    return root


def _string(parameter: Element) -> str | None:
    """The string of ``<value><string>…``, or of ``<value>…``, which is one by default."""
    value = parameter.find("value")
    if value is None or len(value) > 1:
        return None
    inner = value[0] if len(value) else value
    if inner is not value and (inner.tag != "string" or len(inner)):
        return None
    return (inner.text or "").strip()


def _value(value: Value) -> str:
    if isinstance(value, str):
        inner = f"<string>{escape(clean.text(value))}</string>"
    elif isinstance(value, int):
        inner = f"<int>{value}</int>"
    elif isinstance(value, Mapping):
        members = (f"<member><name>{escape(name)}</name>{_value(of)}</member>" for name, of in value.items())
        inner = f"<struct>{''.join(members)}</struct>"
    else:
        inner = f"<array><data>{''.join(map(_value, value))}</data></array>"
    return f"<value>{inner}</value>"
