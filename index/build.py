"""Articles into the index: incremental, idempotent, safe to interrupt at any moment.

One transaction holds whole articles with their chunks, vectors and lexical terms, so a
question never sees half an article, and an interrupted run is simply continued: what is
already there costs a comparison of fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from index.articles import Rejected
from index.chunk import chunk_article, context_of
from index.embed import Embedder, Embedding, PassageText
from index.errors import IndexStateError, ModelMismatch, NotFound
from index.lexical import LexicalIndex
from index.records import Article, Chunk, Passage
from index.retrieve import Query, Retriever
from index.store import Store
from index.vectors import VectorIndex

BATCH = 128  # chunks embedded and committed together: a few seconds' work at most is ever lost
PATIENCE = 600  # seconds to wait for another writer


@dataclass(slots=True)
class Added:
    """What an `add` did: numbers of articles by outcome, and what was rejected."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    copies: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.new + self.changed + self.unchanged + len(self.rejected)


@dataclass(frozen=True, slots=True)
class _Pending:
    article: Article
    is_new: bool
    chunks: list[Chunk]


class NewsIndex:
    """One index on disk: the store, what is derived from it, and the model that embeds for it.

    Raises `ModelMismatch` on first use of vectors when it was built with another model.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.folder = folder
        self.embedder = embedder
        self.store = Store(folder / "index.sqlite")
        self.lexical = LexicalIndex(self.store.db)
        self.vectors = VectorIndex(self.store, folder / "chroma")
        self.retriever = Retriever(self.store, self.vectors, self.lexical, embedder)

    def close(self) -> None:
        self.vectors.close()
        self.store.close()

    def check_model(self) -> None:
        """Raise `ModelMismatch` unless the index is empty or of the configured model."""
        name, fingerprint = self.store.meta("model"), self.store.meta("model_fingerprint")
        if fingerprint is not None and fingerprint != self.embedder.fingerprint:
            raise ModelMismatch(
                f"the index in {self.folder} was built with the embedding model {name} ({fingerprint}), "
                f"but {self.embedder.name} ({self.embedder.fingerprint}) is configured; "
                "set embedding.model back, or embed everything again with: tanya rebuild --embed"
            )

    # -- reading -------------------------------------------------------------------------

    def get(self, article_id: str) -> Article:
        """The current version of an article; raises `NotFound`."""
        article = self.store.article(article_id)
        if article is None:
            raise NotFound(f"got the article id {article_id!r}, which is not in the index; see: tanya list")
        return article

    def search(self, query: Query, limit: int = 10) -> list[Passage]:
        """The best passages, best first; raises `ModelMismatch` for an index of another model."""
        self.check_model()
        return self.retriever.search(query, limit)

    # -- writing -------------------------------------------------------------------------

    def add(
        self,
        items: Iterable[Article | Rejected],
        progress: Callable[[Added], None] = lambda _: None,
        *,
        sync: bool = True,
    ) -> Added:
        """Add or update articles; a rejected one is recorded and never stops the others.

        Without `sync` Chroma stays as it is, which costs later searches some time.
        """
        added = Added()
        with self._writing():
            self.check_model()
            for batch in self._batches(items, added):
                self._commit(batch, added)
                progress(added)
            if sync:
                self.vectors.sync()
        return added

    def remove(self, article_id: str) -> None:
        """Forget an article and all its versions; raises `NotFound`."""
        with self._writing():
            self.get(article_id)
            with self.store.transaction():
                texts = self.store.text_ids_of(article_id)
                self.store.remove_article(article_id)
                self._clear(texts)
            self.vectors.sync()

    def rebuild(self, *, embed: bool = False, progress: Callable[[int], None] = lambda _: None) -> None:
        """Derive Chroma and the lexical index anew; with `embed`, the vectors too."""
        with self._writing():
            if not embed:
                self.check_model()
            with self.store.transaction():
                if embed:
                    self._embed_again(progress)
                self.lexical.rebuild(self.store.chunk_texts())
            self.vectors.rebuild(progress)

    def _batches(self, items: Iterable[Article | Rejected], added: Added) -> Iterator[list[_Pending]]:
        batch: list[_Pending] = []
        for item in items:
            if isinstance(item, Rejected):
                added.rejected.append(item)
                continue
            before = self.store.fingerprint_of(item.id)
            if before == item.fingerprint:
                added.unchanged += 1
                continue
            if any(pending.article.id == item.id for pending in batch):
                yield batch  # the same id twice in one source: the later one is a new version
                batch, before = [], self.store.fingerprint_of(item.id)
                if before == item.fingerprint:
                    added.unchanged += 1
                    continue
            batch.append(_Pending(item, before is None, chunk_article(item)))
            if sum(len(pending.chunks) for pending in batch) >= BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _commit(self, batch: list[_Pending], added: Added) -> None:
        to_embed = self._to_embed(batch)
        embeddings = iter(self._embed([(p.article, chunk) for p in to_embed for chunk in p.chunks]))
        embedded = {p.article.id: [(chunk, next(embeddings)) for chunk in p.chunks] for p in to_embed}
        retired = [text for p in batch if not p.is_new for text in self.store.text_ids_of(p.article.id)]
        with self.store.transaction():
            if self.store.meta("model_fingerprint") is None:
                self._record_model()
            for pending in batch:
                self._put(pending.article, embedded.get(pending.article.id))
            self._clear(retired)
        new = sum(p.is_new for p in batch)
        added.new += new
        added.changed += len(batch) - new
        added.copies += len(batch) - len(to_embed)

    def _to_embed(self, batch: list[_Pending]) -> list[_Pending]:
        """One article for each text that has no chunks yet, or whose chunks carry its old title."""
        chosen: dict[str, _Pending] = {}
        for pending in batch:
            text_hash = pending.article.text_hash
            owner = self.store.owner_of(text_hash)
            if owner is None and text_hash in chosen:
                continue
            if owner is None or (owner == pending.article.id and self._reads_otherwise(pending.article)):
                chosen[text_hash] = pending
        return list(chosen.values())

    def _reads_otherwise(self, article: Article) -> bool:
        """Whether what is embedded differs from the current version's."""
        current = self.get(article.id)
        return (context_of(current), current.text) != (context_of(article), article.text)

    def _put(self, article: Article, embedded: list[tuple[Chunk, Embedding]] | None) -> None:
        text_id = self.store.put_article(article)
        if embedded is not None:
            self.lexical.drop(self.store.delete_chunks(text_id, article.text))
            for chunk, embedding in embedded:
                chunk_id = self.store.put_chunk(text_id, chunk, embedding)
                self.lexical.put(chunk_id, article.title, chunk.text)

    def _clear(self, text_ids: list[int]) -> None:
        """After a carrier of these texts went: drop what is unused, and give the rest its new owner's title."""
        self.lexical.drop(self.store.drop_unused(text_ids))
        for chunk_id, title, text in list(self.store.chunk_texts(text_ids)):
            self.lexical.drop([chunk_id])
            self.lexical.put(chunk_id, title, text)

    def _embed(self, chunks: list[tuple[Article, Chunk]]) -> list[Embedding]:
        passages = [
            PassageText(context_of(a), c.text, tuple((s.start - c.start, s.end - c.start) for s in c.sentences))
            for a, c in chunks
        ]
        return [embedding for _, embedding in sorted(self.embedder.embed_passages(passages), key=lambda pair: pair[0])]

    def _embed_again(self, progress: Callable[[int], None]) -> None:
        """Replace every chunk by newly cut and embedded ones."""
        self.store.drop_unused(self.store.all_text_ids())
        for text_id, owner in self.store.owners():
            article = self.get(owner)
            chunks = chunk_article(article)
            embeddings = self._embed([(article, chunk) for chunk in chunks])
            self.store.delete_chunks(text_id, article.text)
            for chunk, embedding in zip(chunks, embeddings, strict=True):
                self.store.put_chunk(text_id, chunk, embedding)
            progress(len(chunks))
        self._record_model()

    def _record_model(self) -> None:
        self.store.set_meta("model", self.embedder.name)
        self.store.set_meta("model_fingerprint", self.embedder.fingerprint)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, across processes; an interrupted writer's lock is free at once."""
        try:
            with FileLock(self.folder / "writing.lock", timeout=PATIENCE):
                yield
        except Timeout:
            raise IndexStateError(
                f"{self.folder}: got a lock held by another process for {PATIENCE} s; wait for that tanya, or stop it"
            ) from None
