"""A question finds its passages, each text once, under exactly the filters given."""

from __future__ import annotations

from datetime import date

import pytest

from index import retrieve
from index.build import NewsIndex
from index.records import Article, Filters, Passage
from index.retrieve import Query
from tests.conftest import MakeArticle, OpenIndex

FLOOD = "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa Sumberjati."


def ids(passages: list[Passage]) -> list[str]:
    return [passage.article.id for passage in passages]


@pytest.fixture
def index(open_index: OpenIndex, make_article: MakeArticle) -> NewsIndex:
    """Two days, two outlets, two sections; every article matches the question "desa"."""
    index = open_index()
    index.add(
        make_article(
            f"{outlet[0]}{day}{section[0]}",
            f"Desa {outlet} {section} tanggal {day}: kata{day}{outlet} dan topik{day}{section} dibahas warga.",
            outlet=outlet, section=section, published=f"2026-03-0{day}",
        )
        for outlet in ("Kabar", "Suara") for section in ("Daerah", "Ekonomi") for day in (3, 4, 5)
    )  # fmt: skip
    return index


FILTERS = [
    (Filters(), {"K3D", "K4D", "K5D", "K3E", "K4E", "K5E", "S3D", "S4D", "S5D", "S3E", "S4E", "S5E"}),
    (Filters(since=date(2026, 3, 5)), {"K5D", "K5E", "S5D", "S5E"}),
    (Filters(until=date(2026, 3, 3)), {"K3D", "K3E", "S3D", "S3E"}),
    (Filters(outlet="kabar"), {"K3D", "K4D", "K5D", "K3E", "K4E", "K5E"}),
    (Filters(section="EKONOMI", since=date(2026, 3, 4), until=date(2026, 3, 4)), {"K4E", "S4E"}),
    (Filters(outlet="Suara", section="Daerah", since=date(2026, 3, 4)), {"S4D", "S5D"}),
    (Filters(outlet="Lain"), set()),
    (Filters(since=date(2026, 4, 1)), set()),
]


@pytest.mark.parametrize("exact", [4_000, 0], ids=["few admitted", "many admitted"])
@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=[str(n) for n in range(len(FILTERS))])
def test_filters(
    index: NewsIndex, monkeypatch: pytest.MonkeyPatch, filters: Filters, expected: set[str], exact: int
) -> None:
    """Exactly the articles that pass, on the path for few admitted chunks and on the one for many."""
    monkeypatch.setattr(retrieve, "EXACT", exact)
    assert expected == set(ids(index.search(Query("warga desa membahas apa?", filters), 50)))


def test_both_paths_rank_alike(index: NewsIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many chunks a filter admits changes the speed, not the order."""
    query = Query("topik4Daerah kata4Kabar", Filters(since=date(2026, 3, 4)))
    few = index.search(query, 5)
    monkeypatch.setattr(retrieve, "EXACT", 0)
    many = index.search(query, 5)
    assert ids(few)[:2] == ids(many)[:2]
    assert "K4D" == ids(few)[0]


def test_a_narrow_day_among_many_is_not_missed(
    open_index: OpenIndex, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Admitted articles far down the unfiltered ranking are found all the same."""
    monkeypatch.setattr(retrieve, "CANDIDATES", 5)
    index = open_index()
    index.add(make_article(f"near-{n}", f"Banjir Demak banjir Demak hal{n}.", outlet="Lain") for n in range(60))
    index.add([make_article("far", "Panen raya berlangsung meriah.", outlet="Tani")])
    assert ["far"] == ids(index.search(Query("banjir Demak", Filters(outlet="Tani"))))


def test_offsets_of_passages_are_exact(sample_index: NewsIndex) -> None:
    """What is shown as a passage stands in its article at those offsets."""
    for question in ("berapa warga mengungsi?", "kapan LRT Medan beroperasi", "who won the semifinal?"):
        for passage in sample_index.search(Query(question)):
            article, chunk = sample_index.get(passage.article.id), passage.chunk
            assert chunk.text == article.text[chunk.start : chunk.end]


def test_passages_come_best_first_with_their_scores(sample_index: NewsIndex) -> None:
    passages = sample_index.search(Query("Berapa warga Demak yang mengungsi?"), 10)
    assert 10 == len(passages) == len({p.chunk_id for p in passages})
    assert passages == sorted(passages, key=lambda p: -p.score)
    assert all(0 <= p.score <= 1 and p.dense is not None and -1 <= p.dense <= 1 for p in passages)
    assert any(p.lexical for p in passages)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Berapa warga Demak yang mengungsi akibat tanggul jebol?", {"demak"}),
        ("brp org ngungsi gara2 banjir di demak", {"demak"}),
        ("How many people fled the flood in Demak?", {"demak"}),
        ("Kapan LRT Medan mulai beroperasi?", {"lrt-medan"}),
        ("harga cabe rawit naik jd brp", {"cabai"}),
        ("Gunung Karangetang level berapa?", {"karangetang"}),
    ],
)
def test_real_questions(sample_index: NewsIndex, question: str, expected: set[str]) -> None:
    """Formal, informal and English questions find an article on the event first."""
    first = sample_index.search(Query(question), 3)[0].article.id
    assert expected == {event for event in expected if event in first}


@pytest.mark.parametrize("question", ["", "yang", "🙂", '"" OR (', "\0", "x" * 3_000, "a " * 1_000, "\ud800"])
def test_odd_questions_do_not_crash(index: NewsIndex, question: str) -> None:
    index.search(Query(question))
    index.search(Query(question, Filters(outlet="Kabar")))


def test_an_empty_index_finds_nothing(open_index: OpenIndex) -> None:
    assert [] == open_index().search(Query("apa?"))


class TestCopies:
    """One text told by several articles."""

    def test_a_copy_counts_once(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """The earliest carrier stands for the text; `copies` names the others."""
        index = open_index()
        index.add(make_article(f"c-{n}", FLOOD, outlet=f"O{n}", published=f"2026-03-0{9 - n}") for n in range(1, 4))
        [passage] = index.search(Query("warga mengungsi"))
        assert ("c-3", ("c-2", "c-1")) == (passage.article.id, passage.copies)

    def test_a_filter_chooses_among_copies(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """Under a filter the text is shown by a carrier that passes, and no other is named."""
        index = open_index()
        index.add(make_article(f"c-{n}", FLOOD, outlet=f"O{n}", published=f"2026-03-0{n}") for n in range(1, 4))
        [passage] = index.search(Query("warga mengungsi", Filters(outlet="O2")))
        assert ("c-2", ()) == (passage.article.id, passage.copies)

    def test_near_copies_are_folded(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """A syndicated text with a changed word is one passage; the worse ranked is named as a copy."""
        text = " ".join(f"kata{n} hal{n}" for n in range(40))
        index = open_index()
        index.add([make_article("one", f"Demak {text}."), make_article("two", f"Kudus {text}.")])
        index.add([make_article("other", "Demak kata1 lain sama sekali, bukan salinan.")])
        passages = index.search(Query("Demak kata1 kata2 hal3"))
        assert {"one": ("two",), "other": ()} == {p.article.id: p.copies for p in passages}

    def test_folded_copies_leave_room(self, open_index: OpenIndex, make_article: MakeArticle) -> None:
        """However many near copies there are, as many passages as asked for come back if the index has them."""
        text = " ".join(f"banjir{n} demak{n}" for n in range(40))
        index = open_index()
        index.add(make_article(f"copy-{n}", f"Nomor{n} {text}.") for n in range(30))
        index.add(make_article(f"own-{n}", f"Banjir1 cerita{n} tersendiri{n} di kota{n}.") for n in range(5))
        passages = index.search(Query(text), 5)
        assert 5 == len(passages)
        assert 4 == sum(p.article.id.startswith("own") for p in passages)


def test_days_asked_for_are_preferred(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """Of two equal articles the one of the days spoken of comes first; the other is not excluded."""
    index = open_index()
    index.add(
        make_article(f"d-{day}", f"Harga beras hari itu tercatat{day} naik.", published=f"2026-03-0{day}")
        for day in (3, 4, 5)
    )
    index.add(make_article(f"x-{n}", f"Cerita lain{n} dari kota{n}.") for n in range(30))
    for day in (3, 4, 5):
        found = index.search(Query("harga beras naik", days=(date(2026, 3, day), date(2026, 3, day))))
        assert f"d-{day}" == found[0].article.id
        assert {"d-3", "d-4", "d-5"} == set(ids(found)[:3])


def test_hybrid_finds_what_either_side_finds(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """What only the lexical side ranks among its candidates has a dense score too, and so a fair place."""
    index = open_index()
    articles: list[Article] = [make_article(f"n-{n}", f"Berita hal{n} ringan.") for n in range(150)]
    index.add([*articles, make_article("rare", "Panjang lebar " + " ".join(f"isi{n}" for n in range(90)) + " zamrud.")])
    passages = index.search(Query("zamrud"))
    assert "rare" == passages[0].article.id
    assert passages[0].lexical is not None
    assert passages[0].dense is not None


def test_what_the_conversation_is_about_takes_part_though_nothing_finds_it(
    open_index: OpenIndex, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A follow-up finds the passages quoted before, and they rank higher than they would."""
    monkeypatch.setattr(retrieve, "CANDIDATES", 3)
    index = open_index()
    crops = ("padi", "jagung", "tebu", "kopi", "karet", "cengkeh", "kelapa", "tembakau", "kedelai")
    index.add(
        make_article(f"a{n}", f"Warga desa membahas sawah, panen {crop}, harga {crop} dan pupuk {crop}{n}.")
        for n, crop in enumerate(crops)
    )
    index.add([make_article("carried", "Kapal nelayan tenggelam di teluk pada malam hari.")])
    question = "warga desa sawah"
    assert "carried" not in ids(index.search(Query(question), 30))
    found = ids(index.search(Query(question, carried=("carried", "unknown")), 30))
    assert "carried" in found
    monkeypatch.setattr(retrieve, "CANDIDATES", 100)
    *_, last = before = ids(index.search(Query(question), 9))
    assert ids(index.search(Query(question, carried=(last,)), 9)).index(last) < before.index(last)
