"""Whatever is sent, no endpoint breaks, and nothing but a claim is stored."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receive.senders import SOURCE, TARGET, on_sqlite, outcome, ping
from tests.support.service import KnownSite

FORM = "application/x-www-form-urlencoded"

words = st.text(max_size=60) | st.sampled_from(
    [
        SOURCE,
        TARGET,
        "http://[::1]/",
        "https://blog.example/\ud800",
        "//",
        "http://%/",
        "https://blog.example:99999/",
        "\x00",
    ]
)
names = st.sampled_from(["source", "target", "url", "title", "excerpt", "blog_name", "charset", "vouch", "code"])
kinds = st.sampled_from(
    [FORM, f"{FORM}; charset=utf-16", f"{FORM}; charset=\x01", "text/xml", "multipart/form-data; boundary=a", ""]
)
accepts = st.sampled_from(["", "*/*", "application/json", "text/html,application/xhtml+xml", ";q=,"]) | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=20
)
forms = st.lists(st.tuples(names, words), max_size=6).map(
    lambda pairs: urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs]).encode()
)
bodies = st.binary(max_size=300) | forms
paths = (
    st.sampled_from(["/webmention", "/pingback", "/trackback/1"])
    | words.map(lambda text: "/webmention/" + quote(text, safe="", errors="replace"))
    | words.map(lambda text: "/trackback/" + quote(text, safe="", errors="replace"))
)
methods = st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS", "PUT"])


def elements(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        words.map(lambda text: text.replace("<", "&lt;")),
        lambda inner: st.builds(
            lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", names, st.lists(inner, max_size=3)
        ),
        max_leaves=12,
    )


calls = elements(
    st.sampled_from(
        ["methodCall", "methodName", "params", "param", "value", "string", "int", "array", "data", "struct", "nil"]
    )
).map(lambda inner: f"<methodCall><methodName>pingback.ping</methodName><params>{inner}</params></methodCall>")


quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@quick
@given(method=methods, path=paths, body=bodies, kind=kinds, accept=accepts, query=st.binary(max_size=30))
def test_no_request_breaks_an_endpoint(
    client: FlaskClient, site: KnownSite, method: str, path: str, body: bytes, kind: str, accept: str, query: bytes
) -> None:
    answer = client.open(
        path, method=method, data=body, content_type=kind, headers={"Accept": accept}, query_string=quote(query)
    )
    assert answer.status_code < 500, (answer.status_code, answer.text)


@quick
@given(source=words, target=words)
def test_no_pair_of_addresses_breaks_an_endpoint(
    client: FlaskClient, site: KnownSite, source: str, target: str
) -> None:
    body = urlencode(
        {"source": source.encode("utf-8", "surrogatepass"), "target": target.encode("utf-8", "surrogatepass")}
    )
    assert client.post("/webmention", data=body, content_type=FORM).status_code in (201, 400)
    ping(client, "".join(filter(str.isprintable, source)), "".join(filter(str.isprintable, target)))


@on_sqlite
@quick
@given(call=calls)
def test_no_call_breaks_the_reader(client: FlaskClient, site: KnownSite, call: str) -> None:
    said = outcome(client.post("/pingback", data=call.encode("utf-8", "surrogatepass")))
    assert isinstance(said, str) or said in (-32700, -32602, 0, 16, 33, 48)
