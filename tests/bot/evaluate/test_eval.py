"""`tanya eval` and `tanya compare`, as commands: files, resuming, other people's answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.assemble import samples
from index.embed import BundledEmbedder
from tests.bot.conftest import Outcome, Tanya, leave_configuration

QUESTIONS = samples().parent / "questions.jsonl"
ARTICLE = "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa Kebonagung."
GOLD = {
    "id": "q1", "question": "Berapa warga Demak yang mengungsi?", "answers": ["1.240"], "type": "number",
    "evidence": [{"article": "kn-1", "quote": "Sebanyak 1.240 warga mengungsi"}],
}  # fmt: skip
NO_GOLD: dict[str, Any] = {"id": "q2", "question": "Siapa bupati Demak?", "answerable": False, "type": "unanswerable"}


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    return path


def metrics(run: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((run / "metrics.json").read_text("utf-8"))
    return data


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def one_line(outcome: Outcome) -> str:
    assert outcome.code == 1
    [line] = outcome.err.splitlines()
    assert line.startswith("tanya: ")
    return line


@pytest.fixture
def no_cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is not timed by starting processes, which have other models than the stand-in or were timed elsewhere."""
    monkeypatch.setattr("bot.evaluate.machine.cold_start_seconds", lambda _: [])


@pytest.fixture
def flood(tanya: Tanya, tmp_path: Path, no_cold_start: None) -> Tanya:  # noqa: ARG001  # nothing to hold
    """The command over one article and two copies of another."""
    other = "Harga cabai rawit di Pasar Johar naik menjadi Rp 95.000 per kilogram sejak Senin pagi."
    records = [{"id": i, "title": "", "text": t} for i, t in (("kn-1", ARTICLE), ("hp-1", other), ("hp-2", other))]
    assert tanya("add", write(tmp_path / "articles.jsonl", *records)).code == 0
    return tanya


@pytest.fixture(scope="module")
def sample_run(
    sample_data: Path, embedder: BundledEmbedder, elsewhere: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Outcome]:
    """The run of the sample questions, for tests that only read its folder, and what the command said."""
    out = tmp_path_factory.mktemp("sample-run") / "run"
    with pytest.MonkeyPatch.context() as patch:
        leave_configuration(patch, elsewhere)
        patch.setattr("bot.assemble.make_embedder", lambda _: embedder)
        return out, Tanya(sample_data)("eval", QUESTIONS, "--out", out, "--json")


def test_the_sample_questions_end_to_end(sample_run: tuple[Path, Outcome]) -> None:
    """Every file is written, every figure has its interval and n, and each type has its row."""
    out, outcome = sample_run
    assert (0, "") == (outcome.code, outcome.err)
    assert ["metrics.json", "predictions.jsonl", "report.html"] == sorted(p.name for p in out.iterdir())
    assert [f"s-{n:03}" for n in range(1, 101)] == [p["id"] for p in lines(out / "predictions.jsonl")]
    data = metrics(out)
    assert {k: v for k, v in data.items() if k != "questions"} == outcome.json
    groups = data["metrics"]
    assert {"all", "number", "followup", "follow-ups", "unanswerable"} <= groups.keys()
    for figure in (f for figures in groups.values() for f in figures.values()):
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert figure["n"] > 0
    everything = groups["all"]
    assert 1.0 == everything["quotes verbatim"]["value"] == everything["answered with citation"]["value"]
    assert everything["R@10"]["value"] > 0.95
    assert (88, 100) == (everything["R@1"]["n"], everything["SQuAD EM"]["n"])
    assert ["understand", "embed", "retrieve", "read", "check", "total"] == list(data["stages"])
    assert data["curves"]["risk_coverage"]
    assert 10 == len(data["curves"]["recall_by_rank"])
    assert {"testset", "date", "seed", "git_commit", "machine", "python", "versions", "model", "settings", "index"} <= (
        data["run"].keys()
    )
    assert 3 == len(data["run"]["cold_start_s"])
    assert data["run"]["peak_memory_mb"] > 50


def test_scoring_the_same_predictions_again_gives_the_same(tanya_samples: Tanya, tmp_path: Path) -> None:
    """`answer-file` and `eval` write one format, and what the one wrote the other reads."""
    out, testset = tmp_path / "predictions.jsonl", write(tmp_path / "q.jsonl", *lines(QUESTIONS)[-30:])
    assert 0 == tanya_samples("answer-file", testset, "--out", out).code
    assert 0 == tanya_samples("eval", testset, "--predictions", out, "--out", tmp_path / "a").code
    again = tanya_samples(
        "eval", testset, "--predictions", tmp_path / "a" / "predictions.jsonl", "--out", tmp_path / "a"
    )
    assert 0 == again.code
    assert out.read_bytes() == (tmp_path / "a" / "predictions.jsonl").read_bytes()
    outcome = tanya_samples("compare", tmp_path / "a", tmp_path / "a")
    assert "no difference shown" in outcome.out
    assert "better" not in outcome.out


def test_other_peoples_answers(flood: Tanya, tmp_path: Path) -> None:
    """An answer and an id are enough; a missing one is listed and counts as wrong; one too many is told."""
    testset = write(tmp_path / "q.jsonl", GOLD, NO_GOLD)
    theirs = write(tmp_path / "theirs.jsonl", {"id": "q1", "answer": "Ada 1.240 orang"}, {"id": "q9", "answer": "x"})
    outcome = flood("eval", testset, "--predictions", theirs, "--out", tmp_path / "run")
    assert 0 == outcome.code
    assert "1 predictions are for no question here, such as 'q9'" in outcome.err
    assert "1 failed and count as wrong:\n  q2: no prediction" in outcome.out
    figures = metrics(tmp_path / "run")["metrics"]["all"]
    assert (1.0, 0.0, 1.0, 0.0) == tuple(
        figures[m]["value"] for m in ("contains", "EM", "hallucination rate", "answered with citation")
    )


def test_only_some_questions(flood: Tanya, tmp_path: Path) -> None:
    testset = write(tmp_path / "q.jsonl", GOLD, NO_GOLD, {**GOLD, "id": "q3"})
    for options, expected in (
        (("--limit", "1"), ["q1"]),
        (("--type", "number"), ["q1", "q3"]),
        (("--type", "number", "--type", "unanswerable", "--limit", "2"), ["q1", "q2"]),
    ):
        out = tmp_path / "-".join(options).strip("-")
        assert 0 == flood("eval", testset, "--out", out, *options).code
        assert expected == [p["id"] for p in lines(out / "predictions.jsonl")]
    line = one_line(flood("eval", testset, "--type", "angka"))
    assert "q.jsonl: got --type angka, expected one of number, unanswerable" in line


def test_retrieval_only_reads_nothing(flood: Tanya, tmp_path: Path) -> None:
    """Only the retrieval metrics, and only the stages that ran."""
    flood("eval", write(tmp_path / "q.jsonl", GOLD, NO_GOLD), "--retrieval-only", "--out", tmp_path / "run")
    data = metrics(tmp_path / "run")
    assert {"R@1", "R@5", "R@10", "MRR@10", "nDCG@10"} == data["metrics"]["all"].keys()
    assert ["understand", "embed", "retrieve", "total"] == list(data["stages"])


def test_reader_only_reads_the_evidence(flood: Tanya, tmp_path: Path) -> None:
    """From the gold article alone; a question without one is told and left out."""
    outcome = flood("eval", write(tmp_path / "q.jsonl", GOLD, NO_GOLD), "--reader-only", "--out", tmp_path / "run")
    assert "1 of 2 questions have no evidence to read and are left out" in outcome.err
    [prediction] = lines(tmp_path / "run" / "predictions.jsonl")
    assert ["passage-1"] == prediction["retrieved"]
    figures = metrics(tmp_path / "run")["metrics"]["all"]
    assert (1.0, 1.0) == (figures["evidence overlap"]["value"], figures["quotes verbatim"]["value"])
    assert "R@1" not in figures


def test_squad_needs_no_index(tanya: Tanya, tmp_path: Path) -> None:
    """Each question is read against its own context."""
    asked = {
        "id": "x",
        "question": "Berapa warga Demak yang mengungsi?",
        "answers": [{"text": "1.240", "answer_start": 43}],
    }
    path = tmp_path / "squad.json"
    path.write_text(json.dumps([{"context": ARTICLE, "qas": [asked]}]), "utf-8")
    assert 0 == tanya("eval", path, "--out", tmp_path / "run").code
    data = metrics(tmp_path / "run")
    assert ("reader-only", 1.0) == (data["run"]["mode"], data["metrics"]["all"]["contains"]["value"])
    outcome = tanya("eval", path, "--retrieval-only")
    assert outcome.code == 2
    assert "squad.json can only be run --reader-only" in outcome.err


def test_beir_brings_its_own_corpus(tanya: Tanya, tmp_path: Path) -> None:
    """It is indexed inside the run's folder, once, and the user's own index stays as it is."""
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    write(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "Banjir", "text": ARTICLE},
        {"_id": "d2", "text": "Harga cabai naik."},
    )
    write(
        folder / "queries.jsonl", {"_id": "q1", "text": "warga Demak mengungsi"}, {"_id": "q2", "text": "harga cabai"}
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n", "utf-8")
    out = tmp_path / "run"
    assert [0, 0] == [tanya("eval", folder, "--out", out).code for _ in "ab"]
    assert 1.0 == metrics(out)["metrics"]["all"]["R@1"]["value"]
    assert (out / "index" / "index.sqlite").exists()
    assert 0 == tanya("status", "--json").json["articles"]


def test_a_follow_up_is_set_beside_its_twin(flood: Tanya, tmp_path: Path) -> None:
    """The same question written out, where the test set has it."""
    history = [{"question": "Di mana banjir Demak?", "answer": "Kebonagung"}]
    follow_up = {**GOLD, "id": "f", "question": "Berapa yang mengungsi di sana?", "history": history, "twin": "q1"}
    flood("eval", write(tmp_path / "q.jsonl", GOLD, follow_up), "--out", tmp_path / "run")
    groups = metrics(tmp_path / "run")["metrics"]
    assert (1, 1) == (groups["follow-ups"]["EM"]["n"], groups["follow-ups written out"]["EM"]["n"])


def test_a_question_that_fails_is_listed(flood: Tanya, tmp_path: Path) -> None:
    """It stops no other and counts as wrong."""
    bad = {**GOLD, "id": "bad", "question": "a" * 1_001}
    outcome = flood("eval", write(tmp_path / "q.jsonl", bad, GOLD), "--out", tmp_path / "run")
    assert 0 == outcome.code
    assert "1 failed and count as wrong:\n  bad: " in outcome.out
    assert 2 == metrics(tmp_path / "run")["metrics"]["all"]["EM"]["n"]


def test_gold_that_is_not_in_the_index_is_said(flood: Tanya, tmp_path: Path) -> None:
    """A low recall is then no fault of the search."""
    elsewhere = {**GOLD, "id": "q2", "evidence": [{"article": "kn-9", "quote": "1.240"}]}
    outcome = flood("eval", write(tmp_path / "q.jsonl", GOLD, elsewhere), "--out", tmp_path / "run")
    assert "1 of 2 evidence articles are not in the index, such as 'kn-9'" in outcome.err
    assert 0.5 == metrics(tmp_path / "run")["metrics"]["all"]["R@10"]["value"]


def test_nothing_to_search_is_one_line(tanya: Tanya, tmp_path: Path) -> None:
    assert "is empty" in one_line(tanya("eval", write(tmp_path / "q.jsonl", GOLD), "--out", tmp_path / "run"))


# -- resuming --------------------------------------------------------------------------------


def begin(data: Path, testset: Path, out: Path, env: dict[str, str], *, until: int) -> subprocess.Popen[bytes]:
    """A run as a process of its own, once it has made some predictions."""
    arguments = ["eval", testset, "--out", out, "--data-dir", data]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *map(str, arguments)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 180
    predictions = out / "predictions.jsonl"
    while not predictions.exists() or predictions.read_bytes().count(b"\n") < until:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


@pytest.mark.usefixtures("no_cold_start")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interrupted_run_is_continued(
    sample_data: Path, tanya_samples: Tanya, tmp_path: Path, elsewhere: dict[str, str], by: signal.Signals
) -> None:
    """What was predicted stays, is not predicted again, and the figures are those of a run in one go."""
    records = lines(QUESTIONS)[-60:]
    testset = write(tmp_path / "q.jsonl", *records)
    out = tmp_path / "run"
    process = begin(sample_data, testset, out, elsewhere, until=5)
    process.send_signal(by)
    _, error = process.communicate(timeout=60)
    assert (130 if by is signal.SIGINT else -by) == process.returncode
    assert b"Traceback" not in error
    if by is signal.SIGINT:
        assert b"continue with --resume" in error
    kept = (out / "predictions.jsonl").read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert 5 <= whole.count(b"\n") < len(records), "it was stopped before its end"
    assert not (out / "metrics.json").exists()
    assert "got an unfinished run" in one_line(tanya_samples("eval", testset, "--out", out))

    with (out / "predictions.jsonl").open("ab") as file:
        file.write(b'{"id": "half')  # what a kill in the middle of a line leaves
    assert 0 == tanya_samples("eval", testset, "--out", out, "--resume").code
    assert (out / "predictions.jsonl").read_bytes().startswith(whole)
    assert [r["id"] for r in records] == [p["id"] for p in lines(out / "predictions.jsonl")]
    assert not (out / "unfinished.json").exists()
    assert sum(bool(r.get("evidence")) for r in records) == metrics(out)["metrics"]["all"]["R@1"]["n"]


def test_a_changed_test_set_is_not_continued(flood: Tanya, tmp_path: Path) -> None:
    """Nor a changed index, nor another mode; the predictions stay."""
    testset, out = write(tmp_path / "q.jsonl", GOLD, NO_GOLD), tmp_path / "run"
    assert 0 == flood("eval", testset, "--out", out).code
    before = (out / "predictions.jsonl").read_bytes()
    assert 0 == flood("eval", testset, "--out", out, "--resume").code
    line = one_line(flood("eval", testset, "--out", out, "--resume", "--retrieval-only"))
    assert "got another mode than the run to resume had" in line
    write(testset, GOLD)
    assert "got another test set" in one_line(flood("eval", testset, "--out", out, "--resume"))
    write(testset, GOLD, NO_GOLD)
    flood("remove", "hp-1")
    assert "got another index than" in one_line(flood("eval", testset, "--out", out, "--resume"))
    assert before == (out / "predictions.jsonl").read_bytes()


def test_changed_settings_are_not_continued(flood: Tanya, tmp_path: Path) -> None:
    testset, out = write(tmp_path / "q.jsonl", GOLD), tmp_path / "run"
    assert 0 == flood("eval", testset, "--out", out).code
    config = tmp_path / "config.toml"
    config.write_text("[answer]\nmax_quotes = 1\n", "utf-8")
    line = one_line(flood("eval", testset, "--out", out, "--resume", "--config", config))
    assert "got another settings than the run to resume had" in line


def test_resume_needs_the_folder(flood: Tanya, tmp_path: Path) -> None:
    assert flood("eval", write(tmp_path / "q.jsonl", GOLD), "--resume").code == 2


# -- comparing -------------------------------------------------------------------------------


def test_a_worse_system_is_said_to_be_worse(
    sample_run: tuple[Path, Outcome], tanya_samples: Tanya, tmp_path: Path
) -> None:
    """Ours against one that refuses everything: fewer hallucinations, more errors, and the flips by name."""
    ours, _ = sample_run
    refusals = write(
        tmp_path / "r.jsonl", *({"id": r["id"], "answer": None, "refused": True} for r in lines(QUESTIONS))
    )
    assert 0 == tanya_samples("eval", QUESTIONS, "--predictions", refusals, "--out", tmp_path / "b").code
    outcome = tanya_samples("compare", ours, tmp_path / "b", "--json")
    verdicts = {d["metric"]: d["verdict"] for d in outcome.json["differences"] if d["group"] == "all"}
    assert ("worse", "worse", "better") == tuple(verdicts[m] for m in ("contains", "error rate", "hallucination rate"))
    text = tanya_samples("compare", ours, tmp_path / "b").out
    assert "100 questions in common" in text
    assert "(unanswerable): hallucinated -> refused_rightly" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "got no metrics.json"), ("{", "expected JSON that tanya eval wrote"), ("{}", "got no figures of a run")],
)
def test_what_is_no_run_is_one_line(tanya: Tanya, tmp_path: Path, content: str | None, message: str) -> None:
    (tmp_path / "run").mkdir()
    if content is not None:
        (tmp_path / "run" / "metrics.json").write_text(content, "utf-8")
    assert message in one_line(tanya("compare", tmp_path / "run", tmp_path / "run"))
