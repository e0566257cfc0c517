"""Citations, and the gate every quote passes: it stands in the stored article, or it is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote as percent_encode

from index.records import Article

ENDS = 4  # words at each end of a long quote in a text fragment
WHOLE = 12  # words up to which a text fragment carries the whole quote


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact span of a stored article: `article.text[start:end] == quote`.

    `copies` are ids of other articles with the same text: they are no further witnesses.
    """

    article: str
    title: str
    outlet: str | None
    published: datetime | None
    url: str | None
    quote: str
    start: int
    end: int
    copies: tuple[str, ...] = ()

    @property
    def link(self) -> str | None:
        """The article's url with a text fragment that scrolls to the quote, None without a url.

        Syntax: https://wicg.github.io/scroll-to-text-fragment/
        """
        return None if self.url is None else f"{self.url.split('#')[0]}#:~:text={_fragment(self.quote)}"


def cite(article: Article, start: int, end: int, copies: tuple[str, ...] = ()) -> Citation:
    """A citation of `article.text[start:end]`."""
    return Citation(
        article.id, article.title, article.outlet, article.published, article.url, article.text[start:end],
        start, end, copies,
    )  # fmt: skip


def checked(citations: Iterable[Citation], stored: Callable[[str], Article | None]) -> list[Citation]:
    """The citations whose quote stands, character by character, where they say it does.

    `stored` fetches the article as it is in the index now. Everything else is dropped:
    a removed or changed article, offsets out of range, an empty or blank quote.
    """
    return [citation for citation in citations if _holds(citation, stored(citation.article))]


def _holds(citation: Citation, article: Article | None) -> bool:
    if article is None or not citation.quote.strip():
        return False
    inside = 0 <= citation.start < citation.end <= len(article.text)
    return inside and article.text[citation.start : citation.end] == citation.quote


def _fragment(text: str) -> str:
    words = text.split()
    if len(words) <= WHOLE:
        return _encoded(words)
    return f"{_encoded(words[:ENDS])},{_encoded(words[-ENDS:])}"


def _encoded(words: list[str]) -> str:
    # A dash, comma or ampersand would be read as the fragment's own syntax.
    return percent_encode(" ".join(words), safe="").replace("-", "%2D")
