"""News asked for as such: different articles, each with a quote that stands in it, of the days asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.answer import Answer, Refusal, Status
from bot.answerer import Answerer
from bot.question import Turn
from bot.read import ExtractiveReader
from bot.render import as_json, prediction, render
from index.build import NewsIndex
from index.records import Article, Filters

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def answerer(open_index: Callable[..., NewsIndex], make_article: Callable[..., Article]) -> Answerer:
    """Four articles on a flood, two of which tell the same, and one on something else."""
    index = open_index()
    lead = "DEMAK, Kabar Nusa - Banjir merendam Demak pada Rabu."
    index.add(
        [
            make_article("kn-1", f"{lead} Air setinggi lutut.", published="2026-03-04"),
            make_article(
                "hp-1", "Banjir merendam Demak pada Rabu. Warga diungsikan.", outlet="Harian", published="2026-03-04"
            ),
            make_article("kn-2", "Banjir Demak mulai surut. Sekolah dibuka.", title="Surut", published="2026-03-06"),
            make_article("kn-3", "Sawah di Demak gagal panen. Banjir surut.", title="Sawah", published="2026-03-08"),
            make_article("kn-4", "LRT Medan beroperasi.", title="LRT", published="2026-03-05", section="Medan"),
        ],
        sync=False,
    )
    return Answerer(index, ExtractiveReader(index))


def cited(answer: Answer) -> list[str]:
    return [citation.article for citation in answer.citations]


def test_a_digest_quotes_different_articles_once(answerer: Answerer) -> None:
    """The lead without its dateline; near-copies once; what was published after the day of asking is left out."""
    answer = answerer.ask("ada berita apa soal banjir Demak?", asked_at=NOW)
    assert Status.DIGEST is answer.status
    assert {"kn-2"} < set(cited(answer)) <= {"kn-1", "hp-1", "kn-2"}
    assert 2 == len(answer.citations)
    for citation in answer.citations:
        assert citation.quote == answerer.index.get(citation.article).text[citation.start : citation.end]
        assert not citation.quote.startswith("DEMAK")


def test_the_newest_come_first_where_days_are_asked_for(answerer: Answerer) -> None:
    assert ["kn-3", "kn-2", "kn-4"] == cited(answerer.ask("berita terbaru dong", asked_at=NOW.replace(day=9)))[:3]
    assert ["kn-2"] == cited(answerer.ask("berita hari ini", asked_at=NOW))


def test_filters_hold(answerer: Answerer) -> None:
    assert ["kn-4"] == cited(answerer.ask("berita terbaru", asked_at=NOW, filters=Filters(section="Medan")))
    both = answerer.ask("berita hari ini", asked_at=NOW, filters=Filters(section="Medan"))
    assert (Status.NOT_IN_ARTICLES, Refusal.NOTHING_FOUND) == (both.status, both.refusal)


@pytest.mark.parametrize("text", ["berita tentang Quetzalcoatl", "any news about Xyrgon?", "berita banjir Xyrgon Zyz"])
def test_what_nobody_wrote_about_is_refused(answerer: Answerer, text: str) -> None:
    answer = answerer.ask(text, asked_at=NOW)
    assert (Status.NOT_IN_ARTICLES, Refusal.NOTHING_FOUND, ()) == (answer.status, answer.refusal, answer.citations)


def test_a_request_may_lean_on_the_question_before(answerer: Answerer) -> None:
    """ "soal itu" is what was talked about; "berita terbaru" by itself is not."""
    history = [Turn("Kapan LRT Medan beroperasi?", "")]
    assert ["kn-4"] == cited(answerer.ask("ada berita lain soal itu?", asked_at=NOW, history=history))
    assert "kn-2" in cited(answerer.ask("berita terbaru", asked_at=NOW, history=history))


def test_a_digest_is_shown_and_counts_as_answered(answerer: Answerer) -> None:
    answer = answerer.ask("berita banjir Demak", asked_at=NOW)
    shown = render(answer, "id")
    assert all(f"[{n}] “{c.quote}”" in " ".join(shown.split()) for n, c in enumerate(answer.citations, 1))
    assert ("digest", answer.text) == (as_json(answer, 1)["status"], as_json(answer, 1)["answer"])
    assert prediction("1", answer, 1)["refused"] is False


def test_small_talk_is_a_state_of_the_answer_and_no_answer(answerer: Answerer) -> None:
    """Nothing is searched for, and an evaluation counts it as refused."""
    answer = answerer.ask("makasih gan")
    assert (Status.CHAT, None, (), ()) == (answer.status, answer.text, answer.citations, answer.passages)
    assert ("chat", "thanks") == (as_json(answer, 1)["status"], as_json(answer, 1)["small_talk"])
    assert prediction("1", answer, 1)["refused"] is True
    assert "You are welcome" in render(answerer.ask("thank you"), "id")


def test_a_question_about_nobody_is_refused_for_what_it_lacks(answerer: Answerer) -> None:
    assert Refusal.SAYS_NOTHING is answerer.ask("siapa dia?").refusal
    assert (
        Refusal.SAYS_NOTHING
        is not answerer.ask("siapa dia?", history=[Turn("Siapa bupati Demak?", "Ani Putri")]).refusal
    )
