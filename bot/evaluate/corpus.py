"""The articles that gold and citations point into: copies, and where quotes stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.evaluate.predictions import Cited, Prediction
from bot.evaluate.testset import Case, Evidence
from bot.normalise import fold
from index.build import NewsIndex
from index.clean import clean_text
from index.records import Article


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it is compared: title and text with white space folded."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles by id; articles of one text share a key.

    Holds at least the articles of the gold and of the citations; of others, the id is the key.
    """

    articles: Mapping[str, Stored] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, articles: Iterable[Article]) -> Corpus:
        first: dict[str, str] = {}
        stored, keys = {}, {}
        for article in articles:
            stored[article.id] = Stored(fold(article.title), fold(article.text))
            keys[article.id] = first.setdefault(article.text_hash, article.id)
        return cls(stored, keys)

    @classmethod
    def of_index(cls, index: NewsIndex, cases: Sequence[Case], predictions: Iterable[Prediction]) -> Corpus:
        """What of an index these questions and answers point at."""
        gold = {e.article for case in cases for e in case.evidence}
        cited = {c.article for prediction in predictions for c in prediction.citations}
        stored = index.store.articles(sorted(gold | cited))
        copies = index.store.copies(sorted(gold))
        return cls(
            {i: Stored(fold(a.title), fold(a.text)) for i, a in stored.items()},
            {copy: min(ids) for ids in copies.values() for copy in ids},
        )

    def of_case(self, case: Case) -> Corpus:
        """The passages a question brings along, as `passage-1` and so on; this corpus where it brings none."""
        if case.record.passages is None:
            return self
        passages = [Article(f"passage-{n}", "", text) for n, text in enumerate(case.record.passages, 1)]
        return Corpus.of(passages)

    def key(self, article: str) -> str:
        """The same for an article and its copies."""
        return self.keys.get(article, article)

    def is_verbatim(self, cited: Cited) -> bool:
        """Whether the quote stands in its article's text or title, white space aside."""
        article, quote = self.articles.get(cited.article), fold(cited.quote)
        return article is not None and bool(quote) and (quote in article.text or quote in article.title)

    def locate(self, quoted: Cited | Evidence) -> Located | None:
        """Where a quote stands in its article, None for an article that is not here."""
        article = self.articles.get(quoted.article)
        if article is None:
            return None
        in_text, in_title = _places(article, quoted.quote)
        return Located(self.key(quoted.article), article.title, in_text, in_title)


Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Located:
    """The places of a quote in the folded text and title of an article; `key` is the text's."""

    key: str
    title: str
    in_text: Spans
    in_title: Spans

    @property
    def is_there(self) -> bool:
        return bool(self.in_text or self.in_title)

    def overlaps(self, other: Located) -> bool:
        """Whether two quotes share characters of one article, or of copies."""
        if self.key != other.key:
            return False
        in_titles = self.title == other.title and _share_characters(self.in_title, other.in_title)
        return in_titles or _share_characters(self.in_text, other.in_text)


def _share_characters(ours: Spans, theirs: Spans) -> bool:
    return any(a < d and c < b for a, b in ours for c, d in theirs)


def _places(article: Stored, quote: str) -> tuple[Spans, Spans]:
    """Where a quote stands in text and title; one taken from the article as published also without its noise."""
    for form in (fold(clean(quote)) for clean in (str, clean_text)):
        if form and (form in article.text or form in article.title):
            return list(_occurrences(article.text, form)), list(_occurrences(article.title, form))
    return [], []


def _occurrences(text: str, part: str) -> Iterator[tuple[int, int]]:
    start = text.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + 1)


def read_from_evidence(case: Case, index: NewsIndex) -> Case | None:
    """The case with its evidence articles as the only passages; None where there is no gold article to read."""
    ids = list(dict.fromkeys(e.article for e in case.evidence))
    found = index.store.articles(ids)
    names = {article: f"passage-{n}" for n, article in enumerate((i for i in ids if i in found), 1)}
    if not names:
        return None
    passages = tuple(found[article].text for article in names)
    evidence = tuple(Evidence(names[e.article], e.quote) for e in case.evidence if e.article in names)
    return replace(case, record=replace(case.record, passages=passages), evidence=evidence)
