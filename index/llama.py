"""The index as a llama-index retriever, for pipelines built with llama-index.

    from index import NewsIndex
    from index.llama import NewsRetriever
    engine = RetrieverQueryEngine.from_args(NewsRetriever(index, limit=8), llm=...)

Our own answers do not go through llama-index's nodes and citations: a node carries no
checked offsets, and its citation plumbing cites whole nodes.
"""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.build import NewsIndex
from index.records import ANYTHING, Filters, Passage
from index.retrieve import Query


class NewsRetriever(BaseRetriever):
    """Hybrid search of one index; each node says where in which article its text stands."""

    def __init__(self, index: NewsIndex, limit: int = 10, filters: Filters = ANYTHING) -> None:
        super().__init__()
        self._index = index
        self._limit = limit
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        passages = self._index.search(Query(query_bundle.query_str, self._filters), self._limit)
        return [NodeWithScore(node=_node(p), score=p.score) for p in passages]


def _node(passage: Passage) -> TextNode:
    article = passage.article
    metadata = {
        "article": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published and article.published.isoformat(),
        "url": article.url,
        "start": passage.chunk.start,
        "end": passage.chunk.end,
    }
    return TextNode(id_=str(passage.chunk_id), text=passage.chunk.text, metadata=metadata)
