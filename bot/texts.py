"""Everything the product says to a person asking, in Indonesian and English."""

from __future__ import annotations

from bot.answer import Fallback, Refusal

_TEXTS = {
    "not_in_articles": ("Tidak ada di artikel.", "Not in the articles."),
    Refusal.NOTHING_FOUND: (
        "Tidak ada artikel yang membahas pertanyaan ini.",
        "No article deals with this question.",
    ),
    Refusal.NO_SUCH_NAME: (
        "Nama yang ditanyakan tidak disebut dalam artikel mana pun.",
        "No article mentions the name asked about.",
    ),
    Refusal.NO_SUCH_KIND: (
        "Artikel yang paling dekat tidak memuat keterangan itu.",
        "The nearest articles do not say it.",
    ),
    Refusal.QUOTES_FAILED: (
        "Kutipannya tidak dapat dicocokkan dengan artikel.",
        "The quotes could not be matched with the articles.",
    ),
    Refusal.MODEL_ABSTAINED: (
        "Model bahasa tidak menemukan jawabannya dalam artikel.",
        "The language model finds no answer in the articles.",
    ),
    "no_evidence": ("tanpa bukti", "no evidence"),
    "worded_by": ("Dirumuskan oleh {model}.", "Worded by {model}."),
    "read_instead": ("Dijawab tanpa model bahasa: {why}.", "Answered without the language model: {why}."),
    Fallback.SLOW: ("terlalu lambat", "it was too slow"),
    Fallback.FAILED: ("gagal dihubungi", "it failed"),
    Fallback.RESTING: ("sedang diistirahatkan setelah beberapa kali gagal", "it rests after several failures"),
    Fallback.EMPTY: ("jawabannya kosong", "it said nothing"),
    Fallback.REPEATS: ("jawabannya berulang-ulang", "it repeated itself"),
    Fallback.WRONG_LANGUAGE: ("jawabannya dalam bahasa lain", "it spoke another language"),
    Fallback.UNSUPPORTED: ("jawabannya tidak ada dalam artikel", "what it said is not in the articles"),
    Fallback.DISAGREES: ("jawabannya tentang bagian lain", "it spoke of something else"),
    "nearest": ("Artikel terdekat:", "Nearest articles:"),
    "undated": ("tanpa tanggal", "undated"),
    "copies": ("teks yang sama: {copies}", "same text: {copies}"),
    "as_of": ("per {day}", "as of {day}"),
    "outlets": ("Dikutip dari {count} media: {outlets}", "Quoted from {count} outlets: {outlets}"),
    "sources": ("Sumber jawaban terakhir", "Sources of the last answer"),
    "latest": ("Artikel terbaru", "Newest articles"),
    "no_articles": ("Belum ada artikel.", "No articles yet."),
    "history": ("Pertanyaan sebelumnya", "Earlier questions"),
    "no_history": ("Belum ada pertanyaan.", "No questions yet."),
    "no_turn": ("Belum ada jawaban. Ajukan pertanyaan dulu.", "No answer yet. Ask something first."),
    "no_question": (
        "Itu belum pertanyaan. Tulis dengan kata-kata, paling banyak {longest} huruf.",
        "That is no question yet. Ask in words, at most {longest} characters.",
    ),
    "forgotten": ("Percakapan baru dimulai.", "A new conversation begins."),
    "unknown_command": (
        "Perintah {command} tidak dikenal. Ketik /help untuk daftar perintah.",
        "Unknown command {command}. Type /help for the list.",
    ),
    "welcome": (
        "Tanya Berita: {articles} artikel siap ditanya. /help untuk bantuan, /quit untuk keluar.",
        "Tanya Berita: {articles} articles ready. /help for help, /quit to leave.",
    ),
    "preparing": ("Menyiapkan {articles} artikel contoh ...", "Preparing {articles} sample articles ..."),
    "write_question": (
        "Pertanyaan (kosong: artikel berikutnya)",
        "Question (empty: the next article)",
    ),
    "write_evidence": (
        "Nomor kalimat buktinya, mis. 2 atau 2 5 (kosong: tidak terjawab oleh artikel ini)",
        "Numbers of the sentences that prove it, as 2 or 2 5 (empty: this article does not answer it)",
    ),
    "write_answers": (
        "Jawaban; pisahkan yang sama benarnya dengan |",
        "Answer; separate equally right ones by |",
    ),
    "write_type": ("Jenis", "Type"),
    "write_keep": ("Simpan pertanyaan ini?", "Keep this question?"),
    "write_no_sentence": (
        "Tidak ada kalimat {number}; ada 1 sampai {last}.",
        "There is no sentence {number}; there are 1 to {last}.",
    ),
    "write_written": ("{count} pertanyaan ditulis.", "{count} questions written."),
    "help": (
        "Ketik pertanyaan, misalnya: Berapa pengungsi banjir Demak?\n"
        "Pertanyaan berikutnya boleh merujuk yang sebelumnya: Kapan itu terjadi?\n"
        "  /sources  bagian artikel di sekitar kutipan jawaban terakhir\n"
        "  /new      lupakan percakapan ini\n"
        "  /help     bantuan ini\n"
        "  /quit     keluar",
        "Type a question, for instance: How many people fled the flood in Demak?\n"
        "The next one may refer to it: When was that?\n"
        "  /sources  the articles around the quotes of the last answer\n"
        "  /new      forget this conversation\n"
        "  /help     this help\n"
        "  /quit     leave",
    ),
}  # fmt: skip

LANGUAGES = ("id", "en")


def say(key: str, language: str, **values: object) -> str:
    """The text for `key` in `language` ("id" or "en"), its {places} filled in."""
    return _TEXTS[key][LANGUAGES.index(language)].format(**values)
