"""HTML of a message: sanitised by an allow-list, and turned into text (security.md S15). Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from typing_extensions import override

_TAG_WORDS: Final = (
    "a abbr b blockquote br caption code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i "
    "ins li ol p pre s small span strong sub sup table tbody td tfoot th thead tr tt u ul"
)
_CELL: Final = {"align", "bgcolor", "colspan", "rowspan", "valign", "width", "height"}
_ATTRIBUTES: Final = {
    "*": {"style", "title", "dir", "lang"},
    "a": {"href"},
    "table": {"align", "bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"align", "bgcolor", "valign"},
    "ol": {"start"},
}
_STYLE_WORDS: Final = (
    "background-color border border-bottom border-collapse border-color border-left border-radius "
    "border-right border-spacing border-style border-top border-width color display font-family "
    "font-size font-style font-weight height letter-spacing line-height margin margin-bottom "
    "margin-left margin-right margin-top max-width min-width padding padding-bottom padding-left "
    "padding-right padding-top text-align text-decoration vertical-align white-space width"
)
_PARAGRAPH_WORDS: Final = "blockquote div dl h1 h2 h3 h4 h5 h6 ol p pre table tr ul li dt dd hr"

_TAGS: Final = frozenset(_TAG_WORDS.split())
_STYLES: Final = frozenset(_STYLE_WORDS.split())
_PARAGRAPHS: Final = frozenset(_PARAGRAPH_WORDS.split())
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})
_SPACES: Final = re.compile(r"[ \t\r\f\v\n]+")


def sanitised(html: str) -> str:
    """Return the HTML with allowed tags, attributes and https links only; no images, no scripts."""
    import nh3

    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"https"},
        link_rel="noopener noreferrer",
        filter_style_properties=set(_STYLES),
        strip_comments=True,
    )


def text(html: str) -> str:
    """Return what a reader without HTML sees: lines, list marks, link targets."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip() + "\n"


class _Reader(HTMLParser):
    """Collects the text of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._preformatted = 0
        self._targets: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _PARAGRAPHS:
            self._line()
            self.parts.append({"li": "- ", "hr": "---\n"}.get(tag, ""))
            self._preformatted += tag == "pre"
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "a":
            self._targets.append(dict(attrs).get("href") or "")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _PARAGRAPHS:
            self._line()
            self._preformatted = max(self._preformatted - (tag == "pre"), 0)
            if tag in ("p", "h1", "h2", "h3", "table", "ul", "ol", "pre"):
                self.parts.append("\n")
        elif tag == "a" and self._targets:
            target = self._targets.pop()
            if target and not self._ends_with(target):
                self.parts.append(f" ({target})")

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data if self._preformatted else _SPACES.sub(" ", data))

    def _line(self) -> None:
        """Begin a new line unless one has begun."""
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def _ends_with(self, target: str) -> bool:
        return bool(self.parts) and self.parts[-1].strip() == target
