"""Adding is incremental and idempotent, and keeps the three stores of one mind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.assemble import samples
from index import build
from index.articles import Rejected, read_sources
from index.build import Added, NewsIndex
from index.chunk import chunk_article
from index.doctor import diagnose
from index.embed import BundledEmbedder
from index.errors import IndexStateError, ModelMismatch, NotFound
from index.records import Article
from index.retrieve import Query
from tests.conftest import MakeArticle, OpenIndex
from tests.fakes import FakeEmbedder

LONG = " ".join(f"Kalimat nomor{n} menyebut hal{n} dan warga{n} desa." for n in range(60))


def assert_sound(index: NewsIndex) -> None:
    """The three stores hold the same chunks, and these are cut exactly from the stored texts."""
    assert [] == diagnose(index)
    for listed in index.store.listed():
        article = index.get(listed.id)
        [text_id] = index.store._ids("SELECT text FROM versions WHERE article = ? AND current", (listed.id,))
        chunk_ids = index.store._ids("SELECT id FROM chunks WHERE text = ? ORDER BY start", (text_id,))
        assert chunk_article(article) == [chunk for _, chunk in index.store.chunks(chunk_ids).values()]


def outcome(added: Added) -> tuple[int, int, int, int]:
    return added.new, added.changed, added.unchanged, added.copies


def test_adding_twice_embeds_nothing(
    open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle
) -> None:
    """The second time everything is unchanged."""
    index = open_index()
    articles = [make_article("a", LONG), make_article("b", "Pasar Antasan terbakar pada Senin malam.")]
    assert (2, 0, 0, 0) == outcome(index.add(articles))
    embedded = fake_embedder.passages
    assert index.store.counts()["chunks"] == embedded
    assert (0, 0, 2, 0) == outcome(index.add(articles))
    assert embedded == fake_embedder.passages
    assert_sound(index)


def test_a_changed_article_is_a_new_version(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """Its old chunks are gone from all three stores, and from every answer."""
    index = open_index()
    index.add([make_article("a", f"Angka lama zamrud. {LONG}")])
    old = set(index.store.chunk_ids())
    assert (0, 1, 0, 0) == outcome(index.add([make_article("a", f"Angka baru safir. {LONG}")]))
    assert set() == old & set(index.store.chunk_ids())
    assert set() == old & set(index.lexical.ids())
    assert set() == old & set(index.vectors.ids() or [])
    assert [1, 2] == [number for number, _, _ in index.store.versions("a")]
    assert "Angka baru" in index.search(Query("safir"))[0].chunk.text
    assert [] == [p for p in index.search(Query("zamrud"), 50) if "zamrud" in p.chunk.text]
    assert_sound(index)


def test_a_new_title_is_embedded(open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle) -> None:
    """The title is part of what is embedded and of the lexical index."""
    index = open_index()
    index.add([make_article("a", LONG, title="Awal")])
    before = fake_embedder.passages
    assert (0, 1, 0, 0) == outcome(index.add([make_article("a", LONG, title="Zamrud")]))
    assert 2 * before == fake_embedder.passages
    assert index.search(Query("zamrud"))[0].lexical is not None
    assert_sound(index)


@pytest.mark.parametrize("field", ["url", "author", "section", "outlet"])
def test_what_is_not_embedded_costs_no_embedding(
    open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle, field: str
) -> None:
    """A corrected author is a new version of the article, of the same chunks and vectors."""
    index = open_index()
    article = make_article("a", LONG)
    index.add([article])
    before, chunks = fake_embedder.passages, index.store.chunk_ids()
    assert (0, 1, 0) == outcome(index.add([replace(article, **{field: "https://x.example/baru"})]))[:3]
    assert (before, chunks) == (fake_embedder.passages, index.store.chunk_ids())
    assert "https://x.example/baru" == getattr(index.get("a"), field)
    assert_sound(index)


def test_going_back_to_an_earlier_text(open_index: OpenIndex, make_article: MakeArticle) -> None:
    index = open_index()
    one, two = make_article("a", "Satu isi berita yang pertama."), make_article("a", "Dua isi berita yang kedua.")
    for article in (one, two, one):
        index.add([article])
    assert one == index.get("a")
    assert 3 == len(index.store.versions("a"))
    assert_sound(index)


class TestCopies:
    """Articles of one text."""

    def test_are_embedded_once(
        self, open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle
    ) -> None:
        """In one batch or in two, and whatever their titles."""
        index = open_index()
        assert (2, 0, 0, 1) == outcome(index.add([make_article("a", LONG), make_article("b", LONG, title="Lain")]))
        embedded = fake_embedder.passages
        assert (1, 0, 0, 1) == outcome(index.add([make_article("c", LONG)]))
        assert len(chunk_article(make_article("a", LONG))) == embedded == fake_embedder.passages
        assert {"articles": 3, "texts": 1, "chunks": embedded} == index.store.counts()
        assert_sound(index)

    def test_survive_the_removal_of_the_first(
        self, open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle
    ) -> None:
        index = open_index()
        index.add([make_article("a", LONG), make_article("b", LONG, published="2026-03-09")])
        embedded = fake_embedder.passages
        index.remove("a")
        assert "b" == index.search(Query("nomor5"))[0].article.id
        assert_sound(index)
        index.remove("b")
        assert [] == index.search(Query("nomor5"))
        assert {"articles": 0, "texts": 0, "chunks": 0} == index.store.counts()
        assert embedded == fake_embedder.passages
        assert_sound(index)

    def test_part_when_one_changes(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """A changed carrier takes nothing from the other."""
        index = open_index()
        index.add([make_article("a", LONG), make_article("b", LONG)])
        index.add([make_article("a", "Isi lain tentang zamrud.")])
        assert ["a", "b"] == sorted(listed.id for listed in index.store.listed())
        assert ["b"] == [p.article.id for p in index.search(Query("nomor5"), 1)]
        assert_sound(index)

    def test_with_other_white_space(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """White space apart, texts are copies; offsets are exact in each, whichever comes first or changes."""
        index = open_index()
        spaced = LONG.replace(". ", ".\n\n")
        index.add([make_article("a", LONG)])
        index.add([make_article("b", spaced)])
        assert_sound(index)
        index.add([make_article("c", spaced), make_article("a", LONG, title="Judul baru")])
        assert_sound(index)
        index.add([make_article("b", spaced, title="Lain"), make_article("a", LONG, title="Lagi")])
        assert_sound(index)

    def test_the_one_whose_title_stands_before_the_chunks_changes(
        self, open_index: OpenIndex, make_article: MakeArticle
    ) -> None:
        """No question finds a text by a title that no article has any more."""
        index = open_index()
        index.add([make_article("a", LONG, title="Zamrud", published="2026-03-09")])
        index.add([make_article("b", LONG, title="Safir", published="2026-03-01")])
        index.add([make_article("a", LONG, title="Topas", published="2026-03-09")])
        assert [] == index.lexical.search("zamrud", 10)
        assert_sound(index)

    def test_the_one_whose_title_stands_before_the_chunks_goes(
        self, open_index: OpenIndex, make_article: MakeArticle
    ) -> None:
        index = open_index()
        index.add([make_article("a", LONG, title="Zamrud"), make_article("b", LONG, title="Safir")])
        index.remove("a")
        assert [] == index.lexical.search("zamrud", 10)


class TestOneIdTwice:
    """A source that holds an id more than once."""

    def test_the_same_record(
        self, open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle
    ) -> None:
        """A repeated record is unchanged: it makes no version and embeds nothing."""
        index = open_index()
        article = make_article("a", LONG)
        assert (1, 0, 1, 0) == outcome(index.add([article, article]))
        assert 1 == len(index.store.versions("a"))
        assert len(chunk_article(article)) == fake_embedder.passages
        assert_sound(index)

    def test_two_versions(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """The later one is current."""
        index = open_index()
        index.add([make_article("a", "Isi pertama dari berita."), make_article("a", "Isi kedua dari berita.")])
        assert "Isi kedua dari berita." == index.get("a").text
        assert_sound(index)


def test_rejected_items_stop_nothing(open_index: OpenIndex, make_article: MakeArticle) -> None:
    index = open_index()
    bad = Rejected("x.html", "no text")
    added = index.add([bad, make_article("a"), bad])
    assert (1, [bad, bad], 3) == (added.new, added.rejected, added.seen)


def test_an_error_in_the_source_keeps_what_came_before(
    open_index: OpenIndex, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches that were committed stay, and the lock is free again."""
    monkeypatch.setattr(build, "BATCH", 1)
    index = open_index()

    def source() -> object:
        yield make_article("a")
        yield make_article("b", "Isi lain yang berbeda sama sekali.")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011  # any of it
        index.add(source())  # type: ignore[arg-type]
    assert ["a", "b"] == sorted(listed.id for listed in index.store.listed())
    index.add([])
    assert_sound(index)


def test_progress(open_index: OpenIndex, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is reported grows to the total."""
    monkeypatch.setattr(build, "BATCH", 2)
    seen: list[int] = []
    open_index().add((make_article(f"a-{n}", f"Isi {n}.") for n in range(5)), lambda added: seen.append(added.seen))
    assert [2, 4, 5] == seen


def test_a_second_instance_sees_additions(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """Without reopening, and whether or not Chroma has them yet."""
    writer, reader = open_index(), open_index()
    assert [] == reader.search(Query("zamrud"))
    for number, sync in enumerate((False, True, False)):
        writer.add([make_article(f"a-{number}", f"Batu zamrud{number} ditemukan di hulu.")], sync=sync)
        assert f"a-{number}" == reader.search(Query(f"zamrud{number}"))[0].article.id


def test_unknown_ids(open_index: OpenIndex) -> None:
    """The message names the id and where to look; nothing is written."""
    index = open_index()
    for use in (index.get, index.remove):
        with pytest.raises(NotFound, match="got the article id 'tiada', which is not in the index; see: tanya list"):
            use("tiada")


class TestAnotherModel:
    """An index opened with another model than the one that built it."""

    @pytest.fixture
    def folder(self, open_index: OpenIndex, make_article: MakeArticle, tmp_path: Path) -> Path:
        index = open_index(tmp_path / "index")
        index.add([make_article()])
        index.close()
        return tmp_path / "index"

    def test_is_an_error_that_names_the_remedy(
        self, folder: Path, open_index: OpenIndex, make_article: MakeArticle
    ) -> None:
        index = open_index(folder, embedder=FakeEmbedder("fake-2", name="other"))
        uses = (lambda: index.search(Query("apa")), lambda: index.add([make_article("b")]), index.rebuild)
        for use in uses:
            with pytest.raises(ModelMismatch, match=r"fake \(fake-1\).*other \(fake-2\).*tanya rebuild --embed"):
                use()
        assert "kn-1" == index.get("kn-1").id

    def test_is_mended_by_embedding_again(self, folder: Path, open_index: OpenIndex) -> None:
        index = open_index(folder, embedder=FakeEmbedder("fake-2", name="other"))
        index.rebuild(embed=True)
        assert "kn-1" == index.search(Query("mengungsi"))[0].article.id
        assert "fake-2" == index.store.meta("model_fingerprint")
        assert_sound(index)

    def test_is_fine_for_an_empty_index(self, open_index: OpenIndex) -> None:
        """Nothing was embedded yet: any model may begin."""
        open_index().add([])
        open_index(embedder=FakeEmbedder("fake-2")).check_model()


def test_rebuilding_changes_no_answer(
    open_index: OpenIndex, fake_embedder: FakeEmbedder, make_article: MakeArticle
) -> None:
    """Derived again without embedding; and embedded again with the same model."""
    index = open_index()
    index.add([make_article("a", LONG), make_article("b", "Batu zamrud ditemukan.")])
    before, embedded = index.search(Query("zamrud nomor5")), fake_embedder.passages
    index.rebuild()
    assert before == index.search(Query("zamrud nomor5"))
    assert embedded == fake_embedder.passages
    index.rebuild(embed=True)
    assert 2 * embedded == fake_embedder.passages
    assert [p.chunk for p in before] == [p.chunk for p in index.search(Query("zamrud nomor5"))]
    assert_sound(index)


def test_one_writer_at_a_time(
    open_index: OpenIndex, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second writer waits its turn, and in the end says for whom."""
    monkeypatch.setattr(build, "PATIENCE", 0.05)
    first, second = open_index(), open_index()
    with first._writing(), pytest.raises(IndexStateError, match="lock held by another process"):
        second.add([make_article()])
    second.add([make_article()])


def test_sample_articles_are_sound(sample_index: NewsIndex, embedder: BundledEmbedder) -> None:
    """All of them are in, with vectors of the model's dimension, and the three stores agree."""
    articles = [a for a in read_sources([samples()]) if isinstance(a, Article)]
    assert len(articles) == sample_index.store.counts()["articles"]
    assert articles == [sample_index.get(a.id) for a in articles]
    assert (embedder.name, embedder.fingerprint) == (
        sample_index.store.meta("model"),
        sample_index.store.meta("model_fingerprint"),
    )
    assert_sound(sample_index)
