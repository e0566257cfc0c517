"""Everything the product says to a person asking, in Indonesian and English."""

from __future__ import annotations

from bot.answer import Fallback, Refusal, Status
from bot.conversation.smalltalk import Talk
from bot.kind import Kind

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
    Refusal.UNSURE: (
        "Tidak ada bagian artikel yang cukup pasti menjawab pertanyaan ini.",
        "No passage answers this question surely enough.",
    ),
    Refusal.QUOTES_FAILED: (
        "Kutipannya tidak dapat dicocokkan dengan artikel.",
        "The quotes could not be matched with the articles.",
    ),
    Refusal.SAYS_NOTHING: (
        "Pertanyaannya belum jelas tentang siapa atau apa. Sebutkan nama atau peristiwanya.",
        "It is not clear who or what this is about. Name the person or the event.",
    ),
    Talk.GREETING: (
        "Halo! Tanyakan sesuatu tentang berita, misalnya: Kenapa harga cabai naik?",
        "Hello! Ask something about the news, for instance: Why did chilli prices rise?",
    ),
    Talk.THANKS: ("Sama-sama! Silakan tanya lagi.", "You are welcome! Ask again any time."),
    Talk.GOODBYE: ("Sampai jumpa!", "Goodbye!"),
    Talk.NOTED: ("Baik. Silakan tanya lagi.", "All right. Ask again any time."),
    Talk.TEST: (
        "Saya di sini. Tulis pertanyaan tentang berita.",
        "I am here. Write a question about the news.",
    ),
    Talk.ABLE: (
        "Saya menjawab pertanyaan dari artikel berita yang tersimpan, selalu dengan kutipannya, dan bilang terus "
        "terang kalau tidak ada. Tanyakan siapa, kapan, berapa, di mana, atau mengapa; pertanyaan lanjutan boleh "
        "merujuk yang sebelumnya. Atau minta ringkasan: ada berita apa soal banjir?",
        "I answer questions from the news articles stored here, always with the quote, and say so plainly when they do "
        "not tell. Ask who, when, how many, where or why; a follow-up may refer to the question before. Or ask for a "
        "digest: any news about the flood?",
    ),
    Talk.SELF: (
        "Saya Tanya Berita, program yang mencari jawaban di artikel berita dan menunjukkan kutipannya. Saya bukan "
        "orang dan tidak tahu apa-apa di luar artikel itu.",
        "I am Tanya Berita, a program that looks for answers in news articles and shows the quote. I am no person, and "
        "I know nothing beyond those articles.",
    ),
    Talk.ORIGIN: (
        "Hanya dari artikel yang ditambahkan ke sini. Di bawah setiap jawaban ada kutipan persisnya, medianya, dan "
        "tanggalnya, jadi Anda dapat memeriksanya sendiri.",
        "Only from the articles that were added here. Below each answer stand the exact quote, its outlet and its "
        "date, so that you can check it yourself.",
    ),
    Talk.COMPLAINT: (
        "Maaf. Baca kutipannya: jawabannya dipotong dari sana dan bisa keliru. Coba tanyakan dengan kata lain, dengan "
        "nama atau tanggal.",
        "Sorry. Read the quote: the answer is cut out of it and can be wrong. Try to ask in other words, with a name "
        "or a date.",
    ),
    "digest_newest": ("{count} berita", "{count} articles"),
    "digest_about": ("{count} berita untuk “{subject}”", "{count} articles for “{subject}”"),
    "continued": (
        "Percakapan terakhir dilanjutkan: “{question}” /new memulai yang baru.",
        "The last conversation goes on: “{question}” /new begins another.",
    ),
    "why_understood": ("Dipahami:", "Understood:"),
    "why_filled": ("Dilengkapi:", "Filled in:"),
    "why_rewritten": ("Ditulis oleh:", "Rewritten by:"),
    "rules": ("aturan", "rules"),
    "rules_instead": ("aturan, tanpa model bahasa: {why}", "rules, without the language model: {why}"),
    "why_asks": ("Yang dicari:", "Asks for:"),
    "why_days": ("Hari:", "Days:"),
    "why_filters": ("Saringan:", "Filters:"),
    "why_searched": ("Kata pencarian:", "Searched for:"),
    "why_outcome": ("Hasil:", "Outcome:"),
    "why_any_day": ("tidak disebut", "none named"),
    "why_digest": ("ringkasan berita", "a digest of news"),
    "why_read": ("Bagian yang dibaca (* dikutip):", "Passages read (* quoted):"),
    Status.ANSWERED: ("dijawab dengan {quotes} kutipan", "answered with {quotes} quotes"),
    Status.DIGEST: ("{quotes} artikel diringkas", "{quotes} articles in the digest"),
    Kind.PERSON: ("orang", "a person"),
    Kind.DATE: ("waktu", "a time"),
    Kind.NUMBER: ("angka", "a number"),
    Kind.PLACE: ("tempat", "a place"),
    Kind.REASON: ("alasan", "a reason"),
    Kind.NAME: ("nama atau sebutan", "a name or a phrase"),
    Kind.STATEMENT: ("keterangan", "a statement"),
    Refusal.MODEL_ABSTAINED: (
        "Model bahasa tidak menemukan jawabannya dalam artikel.",
        "The language model finds no answer in the articles.",
    ),
    "spent": (
        "{model} · {calls} panggilan · {about}{prompt} + {completion} token",
        "{model} · {calls} calls · {about}{prompt} + {completion} tokens",
    ),
    "spent_cost": (" · biaya {cost}", " · cost {cost}"),
    "no_evidence": ("tanpa bukti", "no evidence"),
    "worded_by": ("Dirumuskan oleh {model}.", "Worded by {model}."),
    "stopped": ("Dirumuskan oleh {model}, yang lalu dihentikan: {why}.", "Worded by {model}, then stopped: {why}."),
    "read_instead": ("Dijawab tanpa model bahasa: {why}.", "Answered without the language model: {why}."),
    Fallback.SLOW: ("terlalu lambat", "it was too slow"),
    Fallback.FAILED: ("gagal dihubungi", "it failed"),
    Fallback.RESTING: ("sedang diistirahatkan setelah beberapa kali gagal", "it rests after several failures"),
    Fallback.UNFINISHED: ("belum selesai", "it had not finished"),
    Fallback.EMPTY: ("jawabannya kosong", "it said nothing"),
    Fallback.REPEATS: ("jawabannya berulang-ulang", "it repeated itself"),
    Fallback.WRONG_LANGUAGE: ("jawabannya dalam bahasa lain", "it spoke another language"),
    Fallback.UNSUPPORTED: ("jawabannya tidak ada dalam artikel", "what it said is not in the articles"),
    Fallback.DISAGREES: ("jawabannya tentang bagian lain", "it spoke of something else"),
    Fallback.UNFAITHFUL: ("tulisannya bukan pertanyaan yang sama", "it did not write the same question"),
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
    "waiting": ("mencari dan membaca ...", "searching and reading ..."),
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
        "Atau minta ringkasan: ada berita apa soal banjir?\n"
        "  /sources  bagian artikel di sekitar kutipan jawaban terakhir\n"
        "  /why      bagaimana pertanyaan terakhir dipahami dan apa yang dibaca (atau /kenapa)\n"
        "  /new      lupakan percakapan ini\n"
        "  /help     bantuan ini\n"
        "  /quit     keluar",
        "Type a question, for instance: How many people fled the flood in Demak?\n"
        "The next one may refer to it: When was that?\n"
        "Or ask for a digest: any news about the flood?\n"
        "  /sources  the articles around the quotes of the last answer\n"
        "  /why      how the last question was understood, and what was read\n"
        "  /new      forget this conversation\n"
        "  /help     this help\n"
        "  /quit     leave",
    ),
}  # fmt: skip

LANGUAGES = ("id", "en")


def say(key: str, language: str, **values: object) -> str:
    """The text for `key` in `language` ("id" or "en"), its {places} filled in."""
    return _TEXTS[key][LANGUAGES.index(language)].format(**values)
