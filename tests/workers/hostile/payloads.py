"""Script in every field: what a page may say that somebody's browser could run, and pages that say it everywhere."""

from __future__ import annotations

import json
from html import escape

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT\t>",
    '"><script>alert(1)</script>',
    "'><script src=//{c}/a.js></script>",
    "</title></textarea></style></script><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=//{c}/pixel.gif>",
    '<img srcset="//{c}/pixel.gif 1x" alt="x">',
    "<img/src='x'/onerror='alert(1)'>",
    '<img """><script>alert(1)</script>">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zy8+#x'/></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src=//{c}/a.swf>",
    "<video src=//{c}/v poster=//{c}/p autoplay onplay=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<link rel=stylesheet href=//{c}/a.css>",
    "<style>@import '//{c}/b.css'; body {background: url(//{c}/c.png)}</style>",
    "<meta http-equiv=refresh content='0;url=//{c}/away'>",
    "<base href=//{c}/>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='/x' ping='//{c}/ping' target=_top onclick=alert(1)>x</a>",
    "<a id=document name=body class=hidden slot=x part=y style='position:fixed;inset:0'>x</a>",
    "<reflections-thread src=//{c}/></reflections-thread>",
    "<template shadowrootmode=open><script>alert(1)</script></template>",
    "<x onmouseover=alert(1) style='display:block;position:fixed;inset:0'>x",
    "<div style='background:url(//{c}/d.png)'>x</div>",
    "javascript:alert(1)",
    "javascript://%0aalert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//{c}/author",
    "{{constructor.constructor('alert(1)')()}}${alert(1)}{% raw %}<%= alert(1) %>",
    "`-alert(1)-`'-alert(1)-'\"-alert(1)-\"",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\u202e\u2066<script>\u2028alert(1)</script>\u200b",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)
"""``{c}`` is a canary's host: whoever loads anything of it was led there by a page."""


def html(payload: str) -> str:
    """A page that holds the payload as the text of every field, and as markup in its content. ``{t}`` is the post."""
    said = escape(payload)
    return f"""<!doctype html><html lang="{said}"><head><title>{said}</title>
<meta name="author" content="{said}"><meta name="description" content="{said}">
<meta property="og:title" content="{said}"><meta property="og:site_name" content="{said}">
<meta property="article:published_time" content="{said}"><link rel="canonical" href="{said}">
<link rel="{said}" href="{said}"></head><body><article class="h-entry">
<h1 class="p-name">{said}</h1><p class="p-summary">{said}</p>
<a class="u-url" href="{said}">{said}</a><a class="p-category" href="{said}">{said}</a>
<span class="p-author h-card"><a class="p-name u-url" href="{said}">{said}</a><img class="u-photo" src="{said}"></span>
<time class="dt-published" datetime="{said}">{said}</time><data class="p-rsvp" value="{said}"></data>
<p>{said} <a class="u-in-reply-to" rel="{said}" title="{said}" href="{{t}}#{said}">{said}</a> {said}</p>
<div class="e-content"><p>Words before it. {said}</p>{payload}</div></article>"""


def mf2(payload: str) -> str:
    """The same as microformats2 JSON."""
    card = {"type": ["h-card"], "properties": {name: [payload] for name in ("name", "url", "photo", "note")}}
    fields: dict[str, object] = {
        name: [payload] for name in ("name", "summary", "url", "published", "rsvp", "category")
    }
    fields |= {"author": [card], "in-reply-to": ["{t}"], "content": [{"html": payload, "value": payload}]}
    return json.dumps({"items": [{"type": ["h-entry", payload], "properties": fields}]})


def text(payload: str) -> str:
    """The same as plain text."""
    return f"{payload} {{t}} {payload}\n"
