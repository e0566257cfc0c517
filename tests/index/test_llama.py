"""The index inside a llama-index pipeline."""

from __future__ import annotations

from datetime import date

from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from index.build import NewsIndex
from index.llama import NewsRetriever
from index.records import Filters


def test_nodes_say_where_their_text_stands(sample_index: NewsIndex) -> None:
    """Each node's text is the span of the article that its metadata names."""
    nodes = NewsRetriever(sample_index, limit=5).retrieve("Berapa magnitudo gempa Padang?")
    assert 5 == len(nodes)
    for found in nodes:
        place = found.node.metadata
        assert found.node.get_content() == sample_index.get(place["article"]).text[place["start"] : place["end"]]


def test_filters_hold(sample_index: NewsIndex) -> None:
    """A retriever with filters gives only what passes them."""
    retriever = NewsRetriever(sample_index, filters=Filters(since=date(2026, 3, 20)))
    days = {found.node.metadata["published"][:10] for found in retriever.retrieve("kebakaran pasar")}
    assert days
    assert min(days) >= "2026-03-20"


def test_a_query_engine_runs_on_it(sample_index: NewsIndex) -> None:
    """llama-index's own query engine takes the retriever and cites its nodes."""
    engine = RetrieverQueryEngine.from_args(NewsRetriever(sample_index, limit=2), llm=MockLLM())
    response = engine.query("Siapa tersangka kebakaran pasar?")
    assert 2 == len(response.source_nodes)
