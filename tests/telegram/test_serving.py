"""Running the bot: what it says when it cannot start, webhooks, menus, feedback, articles from a chat."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.bench.telegram import QUESTIONS, UNLIMITED, ask, finish
from tests.conftest import ROOT
from tests.telegram.conftest import Served
from tests.telegram.driver import ServedBot
from tests.telegram.server import TOKEN, BotApi
from tests.telegram.test_asking import GEMPA
from tests.telegram.test_harness import poll
from tests.telegram.test_logs import post
from tests.telegram.test_served import free_port
from tests.telegram.world import Message, Person

OWNER, ANI = Person(91, "Sari Pemilik"), Person(92, "Ani")
ARTICLE = (
    "Perajin Tembikar Klampok Mendapat Tungku Listrik\n\n"
    "BANJARNEGARA - Sebanyak 37 perajin tembikar di Desa Klampok menerima tungku listrik pada Senin. "
    "Bantuan itu diserahkan oleh Wagiman Prasojo, ketua koperasi tembikar setempat. "
    "Tungku baru itu menghemat kayu bakar hingga dua truk setiap bulan, kata para perajin. "
    "Koperasi berencana menambah sepuluh tungku lagi tahun depan bila pesanan dari luar kota bertambah."
)
PAGE = (
    "Perpustakaan Keliling Wonosobo Tambah Tiga Kuda\n\n"
    "WONOSOBO - Perpustakaan keliling di lereng Sindoro kini memakai lima kuda untuk membawa buku ke dusun terpencil. "
    "Kuda-kuda itu dirawat oleh Turinah Lestari, pendiri perpustakaan keliling tersebut sejak 2019. "
    "Setiap pekan sekitar 400 buku berpindah tangan di tujuh dusun, menurut catatan para relawan. "
    "Tiga kuda yang baru datang merupakan sumbangan peternak dari kabupaten tetangga pada akhir Februari."
)
ABOUT_THE_PAGE = "Siapa pendiri perpustakaan keliling yang memakai kuda di Wonosobo?"
ABOUT_IT = "Siapa ketua koperasi tembikar di Desa Klampok?"


def complaint(bot: ServedBot) -> str:
    """The only line of a bot that could not start."""
    assert 1 == bot.wait(180)
    [line] = bot.log.splitlines()
    assert line.startswith("tanya: ")
    return line


def test_what_is_wrong_with_a_start_is_one_line(served: Served, tmp_path: Path):
    nowhere = ["--base-url", f"http://127.0.0.1:{free_port()}/bot"]
    (tmp_path / "empty").write_text("\n", "utf-8")
    given = {
        "got no bot token": {"token": None},
        "TELEGRAM_BOT_TOKEN": {"token": "  "},
        "telegram.token_file": {"token": None, "config": {"telegram": {"token_file": str(tmp_path / "empty")}}},
        "missing.txt": {"token": None, "config": {"telegram": {"token_file": str(tmp_path / "missing.txt")}}},
        "Telegram refuses": {"token": f"{TOKEN}x"},
        "another form": {"token": "halo"},
        "expected digits:letters": {"token": "12:é\n/x y"},
        "no answer from Telegram": {"options": nowhere},
    }
    bots = {
        words: served(data_dir=tmp_path / str(n), wait=False, **how) for n, (words, how) in enumerate(given.items())
    }
    for words, bot in bots.items():
        assert words in complaint(bot)


def test_a_token_from_a_file(bot_api: BotApi, served: Served, news: Path, tmp_path: Path):
    (tmp_path / "token").write_text(f"{TOKEN}\n", "utf-8")
    settings = UNLIMITED | {"token_file": str(tmp_path / "token")}
    served(data_dir=news, token=None, config={"telegram": settings})
    assert "5,8" in ask(bot_api, ANI, GEMPA)[0].text
    # A second bot on the same data is sent away, and the first goes on.
    assert "runs already" in complaint(served(data_dir=news, wait=False))
    assert "5,8" in ask(bot_api, ANI, GEMPA)[0].text
    assert_menus(bot_api)


def test_another_process_with_its_token_is_told_of_and_outlasted(bot_api: BotApi, served: Served, news: Path):
    other = threading.Thread(target=poll, args=(bot_api,), kwargs={"timeout": 20})
    other.start()
    bot_api.wait_for(lambda: bot_api.calls("getUpdates"))
    bot = served(data_dir=news, config={"telegram": UNLIMITED})
    bot_api.wait_for(lambda: "another process polls" in bot.err)
    assert "5,8" in ask(bot_api, ANI, GEMPA)[0].text  # which ends the other's poll, too
    other.join()
    assert "Traceback" not in bot.log


def assert_menus(api: BotApi) -> None:
    """Set for private chats and groups, in both languages."""
    for language in ("", "en"):
        private = api.commands("all_private_chats", language)
        group = api.commands("all_group_chats", language)
        assert {"start", "tanya", "sumber", "baru", "riwayat", "terbaru", "bahasa", "bantuan", "privasi", "hapus"} == {
            *private
        }
        assert "tanya" in group
        assert {*group} < {*private}
    sent = [call.parameters for call in api.calls("setMyCommands")]
    described = {p.get("language_code", ""): str(p["commands"]) for p in sent if "private" in str(p["scope"])}
    assert "Tanyakan" in described[""] or "pertanyaan" in described[""]
    assert "sk" in described["en"]
    assert described[""] != described["en"]


def test_a_token_that_is_revoked_ends_the_bot(bot_api: BotApi, served: Served, news: Path):
    bot = served(data_dir=news, config={"telegram": UNLIMITED})
    bot_api._emulator.token = f"{TOKEN}new"
    assert 1 == bot.wait(180)
    assert "Telegram refuses" in bot.err.splitlines()[-1]


def test_without_articles_it_says_so(bot_api: BotApi, served: Served, tmp_path: Path):
    bot = served(data_dir=tmp_path / "nothing", config={"telegram": UNLIMITED})
    for text, said in (
        ("/start", "Belum ada artikel"),
        ("/terbaru", "Belum ada artikel"),
        (GEMPA, "Belum ada artikel"),
    ):
        assert said in ask(bot_api, ANI, text)[0].text
    assert "ERROR" not in bot.log


def test_a_webhook_takes_only_what_has_its_secret(bot_api: BotApi, served: Served, news: Path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    bot = served(data_dir=news, config={"telegram": UNLIMITED}, options=["--webhook", url, "--port", str(port)])
    assert "5,8" in ask(bot_api, ANI, GEMPA)[0].text
    secret = bot_api.calls("setWebhook")[-1].parameters["secret_token"]
    assert len(secret) >= 32  # of its own when none is given
    question = bot_api.messages(ANI.chat)[0].payload
    forged = json.dumps({"update_id": 10_000, "message": question | {"message_id": 900}})
    assert [403, 403] == [post(url, forged, wrong) for wrong in ("", f"{secret}x")]
    bot.terminate()
    missed = bot_api.send_message(ANI.chat, ANI, QUESTIONS[1])
    bot.start()
    assert "Pontianak" in bot_api.wait_for_reply(ANI.chat, to=missed).text
    assert 2 == len(bot_api.replies(ANI.chat))
    assert [] == bot_api.calls("getUpdates")


def test_feedback_becomes_a_test_set(bot_api: BotApi, served: Served, news: Path, tmp_path: Path):
    bot = served(data_dir=news, config={"telegram": UNLIMITED})
    good, _ = ask(bot_api, ANI, GEMPA)
    follow_up, _ = ask(bot_api, ANI, "Kapan itu terjadi?")
    bad, _ = ask(bot_api, ANI, QUESTIONS[1])
    ask(bot_api, ANI, QUESTIONS[2])  # nobody judges it
    for message, label, person in (
        (good, "👎", ANI), (good, "👍", ANI), (follow_up, "👍", ANI), (bad, "👎", ANI),
    ):  # fmt: skip
        bot_api.press(message, message.data(label), person)
        finish(bot_api, bot)
    out = tmp_path / "judged.jsonl"
    said = tanya("feedback", "export", "--data-dir", str(news), "--out", str(out))  # while the bot runs
    assert "3 questions" in said
    records = {r["question"]: r for r in map(json.loads, out.read_text("utf-8").splitlines())}
    assert {GEMPA, "Kapan itu terjadi?", QUESTIONS[1]} == {*records}
    assert ["5,8"] == records[GEMPA]["answers"]
    assert "bermagnitudo 5,8 mengguncang" in records[GEMPA]["evidence"][0]["quote"]
    assert [{"question": GEMPA, "answer": "5,8"}] == records["Kapan itu terjadi?"]["history"]
    assert ([], []) == (records[QUESTIONS[1]]["answers"], records[QUESTIONS[1]]["evidence"])
    assert bad.text.startswith(records[QUESTIONS[1]]["rejected"])
    bot.terminate()
    assert out.read_text("utf-8") == tanya("feedback", "export", "--data-dir", str(news))


def tanya(*arguments: str) -> str:
    command = [sys.executable, "-m", "bot", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a page with an article."""
    title, _, text = PAGE.partition("\n\n")
    html = (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/berita"
    server.shutdown()
    server.server_close()


def test_what_an_owner_passes_on_becomes_an_article(bot_api: BotApi, served: Served, news: Path, page: str):
    settings = UNLIMITED | {"owners": [OWNER.id], "private_addresses": True}
    bot = served(data_dir=news, config={"telegram": settings})

    def forward(person: Person) -> Message:
        return bot_api.forward(person.chat, person, ARTICLE)

    def send_link(person: Person) -> Message:
        return bot_api.send_message(person.chat, person, page)

    # Somebody else's text is a question too long, and a link is a question; neither is offered.
    for pass_on in (forward, send_link):
        reply = bot_api.wait_for_reply(ANI.chat, to=pass_on(ANI))
        assert "Tambahkan" not in str(reply.buttons)
    offers = []
    for pass_on in (forward, send_link):
        offers.append(bot_api.wait_for_reply(OWNER.chat, to=pass_on(OWNER)))
        assert "Tambahkan ini sebagai artikel?" in offers[-1].text
    bot_api.press(offers[0], offers[0].data("Tambahkan"), ANI)  # not hers to decide
    finish(bot_api, bot)
    assert offers[0].source == bot_api.now(offers[0]).source
    assert "Wagiman" not in ask(bot_api, ANI, ABOUT_IT)[0].text
    for offer in offers:
        bot_api.press(offer, offer.data("Tambahkan"), OWNER)
        bot_api.wait_for(lambda offer=offer: "Ditambahkan: " in bot_api.now(offer).text, 60)
    assert "Wagiman Prasojo" in ask(bot_api, ANI, ABOUT_IT)[0].text
    from_page, _ = ask(bot_api, ANI, ABOUT_THE_PAGE)
    assert "Turinah Lestari" in from_page.text
    assert page in from_page.source
    assert "sudah ada" in ask(bot_api, OWNER, f"/tambah {page}")[0].text


def test_an_address_inside_the_network_is_refused(bot_api: BotApi, served: Served, news: Path, page: str):
    served(data_dir=news, config={"telegram": UNLIMITED | {"owners": [OWNER.id]}})
    assert "inside a network" in ask(bot_api, OWNER, f"/tambah {page}")[0].text
