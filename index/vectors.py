"""Nearest chunks by vector: Chroma, with what it does not hold yet searched exactly.

Chroma's embedded store can be lost to a kill -9 in the middle of a write, and a second
process does not see what the first adds. So it is a cache of the store: `sync` marks it
dirty before it writes and clean afterwards; a search asks Chroma only for chunks up to
its watermark and compares the rest, straight from SQLite, one by one. A store found dirty
is built anew from the vectors kept in SQLite, without embedding anything again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import Vector
from index.store import Store

COLLECTION = "chunks"
BATCH = 1_000
EXACT = 4_000  # chunks that are compared one by one faster than Chroma answers and is filtered

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _State:
    """What Chroma holds: every chunk of the store up to `watermark`, unless `dirty`."""

    generation: int = 0
    watermark: int = 0
    dirty: bool = False
    count: int = 0
    deletions: int = 0


class VectorIndex:
    """Cosine search over the store's chunk vectors."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._opened: _State | None = None
        self._broken: _State | None = None  # what could not be read, so as not to try for every question
        self._client: Any = None
        self._collection: Any = None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._collection = self._opened = None

    # -- searching ---------------------------------------------------------------------

    def search(self, query: Vector, limit: int) -> list[tuple[int, float]]:
        """(chunk id, cosine) of the `limit` nearest chunks, nearest first."""
        state = self._for_reading()
        found: list[tuple[int, float]] = []
        if state.watermark:
            try:
                found = self._ask_chroma(query, limit)
            except Exception:  # see _for_reading
                self.close()
                self._broken, state = state, _State()
        alive = self._store.text_ids([i for i, _ in found])
        found = [(i, similarity) for i, similarity in found if i in alive]
        found += self.exact(query, self._store.chunk_ids(after=state.watermark))
        return sorted(found, key=lambda hit: -hit[1])[:limit]

    def exact(self, query: Vector, ids: Sequence[int]) -> list[tuple[int, float]]:
        """(chunk id, cosine) of just these chunks, in no order."""
        kept, vectors = self._store.vectors(ids)
        return list(zip(kept, (vectors @ query).tolist(), strict=True)) if kept else []

    def _ask_chroma(self, query: Vector, limit: int) -> list[tuple[int, float]]:
        # Chunks dropped since the last sync still take places in Chroma's answer.
        limit += len(self._store.dropped_chunk_ids())
        answer = self._collection.query(query_embeddings=[query], n_results=limit, include=["distances"])
        return [(int(i), 1.0 - d) for i, d in zip(answer["ids"][0], answer["distances"][0], strict=True)]

    def _for_reading(self) -> _State:
        """Chroma as this process can trust it: nothing of it while it is dirty or unreadable."""
        state = self._state()
        if state.dirty or not state.watermark or state == self._broken:
            return _State()
        opened = self._opened
        stale = opened is None or (opened.generation, opened.deletions) != (state.generation, state.deletions)
        if stale or state.watermark - opened.watermark > EXACT:  # type: ignore[union-attr]  # stale covers None
            try:
                self._open(state)
                self._check(state)
            except Exception:  # Chroma raises its own, SQLite's and Rust's; `doctor` reports it
                self.close()
                self._broken = state
                return _State()
        assert self._opened is not None
        return self._opened

    # -- keeping up with the store ---------------------------------------------------------

    def sync(self, progress: Progress = lambda _: None) -> None:
        """Bring Chroma to the store's state; a dirty or unreadable Chroma is built anew."""
        state = self._state()
        if state.dirty or not self._openable(state):
            self.rebuild(progress)
            return
        dropped = self._store.dropped_chunk_ids()
        missing = self._store.chunk_ids(after=state.watermark)
        if not dropped and not missing:
            return
        self._save(replace(state, dirty=True))
        for at in range(0, len(dropped), BATCH):
            self._collection.delete(ids=[str(i) for i in dropped[at : at + BATCH]])
        self._fill(missing, progress)
        self._finish(state, dropped)

    def rebuild(self, progress: Progress = lambda _: None) -> None:
        """Build Chroma anew from the store's vectors, in a new folder; the old one goes."""
        state = _State(self._state().generation + 1, 0, dirty=True)
        self._save(state)
        self.close()
        if not self._folder.is_dir():
            self._folder.unlink(missing_ok=True)
        shutil.rmtree(self._path(state), ignore_errors=True)
        self._open(state)
        self._fill(self._store.chunk_ids(), progress)
        self._finish(state, self._store.dropped_chunk_ids())
        for folder in self._folder.iterdir():
            if folder != self._path(state):
                shutil.rmtree(folder, ignore_errors=True)

    def ids(self) -> list[int] | None:
        """Every chunk id Chroma holds; None when it is dirty or cannot be read."""
        state = self._state()
        if state.generation == 0:
            return []  # an interrupted first run: nothing was written yet
        if state.dirty or not self._openable(state, whole=False):
            return None
        return sorted(int(i) for i in self._collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[int]) -> dict[int, Vector]:
        """Chroma's own copy of these vectors, for comparison with the store's."""
        if not ids:
            return {}
        got = self._collection.get(ids=[str(i) for i in ids], include=["embeddings"])
        return {int(i): np.asarray(v, np.float32) for i, v in zip(got["ids"], got["embeddings"], strict=True)}

    def _fill(self, ids: Sequence[int], progress: Progress) -> None:
        for at in range(0, len(ids), BATCH):
            kept, vectors = self._store.vectors(ids[at : at + BATCH])
            self._collection.upsert(ids=[str(i) for i in kept], embeddings=vectors)
            progress(len(kept))

    def _finish(self, state: _State, dropped: Sequence[int]) -> None:
        done = replace(
            state,
            watermark=self._store.last_chunk_id(),
            dirty=False,
            count=self._collection.count(),
            deletions=state.deletions + len(dropped),
        )
        with self._store.transaction():
            self._store.forget_dropped(dropped)
            self._save(done)
        self._opened = done

    def _openable(self, state: _State, *, whole: bool = True) -> bool:
        if state.generation == 0:
            return False  # nothing was ever written
        try:
            self._open(state)
            if whole:
                self._check(state)
            self._collection.count()
        except Exception:  # see _for_reading
            self.close()
            return False
        return True

    def _open(self, state: _State) -> None:
        import chromadb
        from chromadb.config import Settings

        self.close()
        path = self._path(state)
        path.mkdir(parents=True, exist_ok=True)
        self._client = chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            COLLECTION, configuration={"hnsw": {"space": "ip", "ef_search": 200}}, embedding_function=None
        )
        self._opened = state

    def _check(self, state: _State) -> None:
        """A folder that was emptied or swapped opens without an error, as an empty collection."""
        count = self._collection.count()
        if not state.dirty and count != state.count:
            raise ValueError(f"got {count} vectors, expected {state.count}")

    def _path(self, state: _State) -> Path:
        return self._folder / str(state.generation)

    def _state(self) -> _State:
        saved = self._store.meta("chroma")
        return _State(**json.loads(saved)) if saved else _State()

    def _save(self, state: _State) -> None:
        self._store.set_meta("chroma", json.dumps(asdict(state)))
