"""What the bot says besides answers, in Indonesian and English. Longer texts are Telegram HTML."""

from __future__ import annotations

from bot.telegram.html import escape
from bot.texts import LANGUAGES

_TEXTS = {
    "start": (
        "<b>Tanya Berita</b>\nTanyakan apa saja tentang {articles} artikel berita yang saya simpan. "
        "Setiap jawaban disertai kutipan persis dari artikelnya; yang tidak ada di artikel tidak saya jawab.\n\n"
        "/terbaru menampilkan artikel terbaru, /bantuan semua perintah.",
        "<b>Tanya Berita</b>\nAsk anything about the {articles} news articles I keep. "
        "Every answer comes with the exact quote from its article; what no article says I do not answer.\n\n"
        "/terbaru shows the newest articles, /bantuan every command.",
    ),
    "help": (
        "Tulis pertanyaan dengan kata-kata sendiri. Pertanyaan lanjutan boleh merujuk yang sebelumnya; "
        "untuk kembali ke jawaban lama, balas jawaban itu. Pertanyaan yang Anda sunting dijawab ulang.\n\n"
        "/tanya pertanyaan – bertanya, juga di grup\n"
        "/sumber – kutipan jawaban terakhir\n"
        "/riwayat – pertanyaan Anda dalam percakapan ini\n"
        "/baru – mulai percakapan baru\n"
        "/terbaru – artikel terbaru\n"
        "/bahasa – Indonesia atau English\n"
        "/privasi – apa yang disimpan\n"
        "/hapus – hapus semua data Anda\n\n"
        "Di grup: sebut @{username}, balas jawaban saya, atau pakai /tanya. "
        "Di obrolan mana pun: ketik @{username} lalu pertanyaannya.",
        "Ask in your own words. A follow-up may refer to the question before; to return to an older answer, "
        "reply to it. A question you edit is answered again.\n\n"
        "/tanya question – ask, also in groups\n"
        "/sumber – the quotes of the last answer\n"
        "/riwayat – your questions in this conversation\n"
        "/baru – begin a new conversation\n"
        "/terbaru – the newest articles\n"
        "/bahasa – Indonesia or English\n"
        "/privasi – what is stored\n"
        "/hapus – delete everything stored about you\n\n"
        "In groups: mention @{username}, reply to one of my answers, or use /tanya. "
        "In any chat: type @{username} and the question.",
    ),
    "owner_help": (
        "Untuk pemilik:\n/status – keadaan bot\n/tambah URL – tambah artikel\n/pengguna – siapa yang boleh bertanya\n"
        "/izinkan KODE – beri izin\n/blokir ID – cabut izin\n/umpanbalik – penilaian terakhir",
        "For owners:\n/status – how the bot is doing\n/tambah URL – add an article\n/pengguna – who may ask\n"
        "/izinkan CODE – let somebody in\n/blokir ID – shut somebody out\n/umpanbalik – latest feedback",
    ),
    "privacy": (
        "<b>Yang disimpan</b>: pertanyaan Anda, jawabannya, penilaian 👍 👎, dan pilihan bahasa, di mesin pemilik bot "
        "ini, paling lama {days} hari. Nama Anda hanya disimpan bila Anda meminta izin.\n"
        "<b>Untuk apa</b>: agar pertanyaan lanjutan dan tombol berfungsi, dan agar pemilik dapat memperbaiki bot.\n"
        "<b>Yang tidak</b>: pesan grup yang tidak ditujukan kepada saya tidak disimpan, isi pesan tidak masuk log, "
        "dan tidak ada yang dikirim ke pihak lain.\n\n/hapus menghapus semuanya dalam satu menit.",
        "<b>What is stored</b>: your questions, their answers, your 👍 👎 and your language, on the machine of this "
        "bot's owner, for at most {days} days. Your name only if you asked to be let in.\n"
        "<b>What for</b>: follow-ups and buttons need it, and the owner can make the bot better.\n"
        "<b>What is not</b>: group messages that are not meant for me are not stored, no message goes into a log, "
        "and nothing is sent to anybody else.\n\n/hapus deletes all of it within a minute.",
    ),
    "erase_question": (
        "Hapus semua pertanyaan, jawaban, dan penilaian Anda? Ini tidak dapat dibatalkan.",
        "Delete all your questions, answers and feedback? This cannot be undone.",
    ),
    "erase_yes": ("Ya, hapus", "Yes, delete"),
    "erase_no": ("Batal", "Keep them"),
    "erased": ("Semua data Anda sudah dihapus.", "Everything stored about you is deleted."),
    "kept": ("Tidak ada yang dihapus.", "Nothing was deleted."),
    "not_yours": ("Tombol ini bukan untuk Anda.", "This button is not yours."),
    "gone": (
        "Jawaban ini sudah tidak tersimpan. Ajukan lagi pertanyaannya.",
        "This answer is no longer stored. Ask the question again.",
    ),
    "source_gone": (
        "Artikelnya sudah berubah atau dihapus; kutipannya tidak dapat ditampilkan.",
        "The article was changed or removed; the quote cannot be shown.",
    ),
    "thanks_good": ("Terima kasih!", "Thank you!"),
    "thanks_bad": (
        "Terima kasih, pemilik bot akan melihatnya.",
        "Thank you, the owner will look at it.",
    ),
    "open_article": ("Buka artikel", "Open the article"),
    "back": ("‹ Kembali ke jawaban", "‹ Back to the answer"),
    "only_outlet": ("Hanya {outlet}", "Only {outlet}"),
    "only_week": ("7 hari terakhir", "Last 7 days"),
    "forgotten": (
        "Percakapan baru. Pertanyaan berikutnya tidak merujuk yang sebelumnya.",
        "A new conversation. The next question refers to nothing before it.",
    ),
    "no_answer_yet": ("Belum ada jawaban di percakapan ini.", "No answer in this conversation yet."),
    "no_sources": (
        "Jawaban terakhir tidak punya kutipan: tidak ada di artikel.",
        "The last answer has no quotes: it is not in the articles.",
    ),
    "ask_how": (
        "Tulis pertanyaannya setelah perintah, misalnya: /tanya Siapa tersangkanya?",
        "Write the question after the command, for instance: /tanya Who is the suspect?",
    ),
    "too_long": (
        "Pertanyaannya terlalu panjang ({length} huruf). Ringkas menjadi paling banyak {longest} huruf.",
        "That question is too long ({length} characters). Shorten it to at most {longest}.",
    ),
    "no_question": ("Itu belum pertanyaan. Tulis dengan kata-kata.", "That is no question yet. Ask in words."),
    "only_text": (
        "Saya hanya bisa membaca tulisan. Ketik pertanyaannya, misalnya: Siapa tersangkanya?",
        "I can only read text. Type your question, for instance: Who is the suspect?",
    ),
    "unknown_command": (
        "Perintah itu tidak ada. /bantuan untuk semua perintah.",
        "There is no such command. /bantuan lists them all.",
    ),
    "busy": ("Sedang ramai. Coba lagi sebentar lagi.", "Busy at the moment. Please try again shortly."),
    "too_fast": (
        "Terlalu banyak pertanyaan sekaligus. Coba lagi dalam {seconds} detik.",
        "Too many questions at once. Try again in {seconds} seconds.",
    ),
    "failed": (
        "Maaf, ada yang salah di pihak saya. Coba lagi; bila terulang, sampaikan kode {id} kepada pemilik bot.",
        "Sorry, something went wrong on my side. Try again; if it happens again, tell the owner the code {id}.",
    ),
    "no_articles": (
        "Belum ada artikel. Pemilik bot dapat menambahkannya dengan /tambah atau tanya add.",
        "There are no articles yet. The owner can add some with /tambah or tanya add.",
    ),
    "language": ("Pilih bahasa:", "Choose a language:"),
    "language_set": ("Bahasa: Indonesia.", "Language: English."),
    "private": (
        "Bot ini tertutup. Minta pemiliknya mendaftarkan id Anda: <code>{id}</code>.",
        "This bot is private. Ask its owner to add your id: <code>{id}</code>.",
    ),
    "private_group": (
        "Bot ini tertutup. Minta pemiliknya mendaftarkan grup ini: <code>{id}</code>.",
        "This bot is private. Ask its owner to add this group: <code>{id}</code>.",
    ),
    "pairing": (
        "Bot ini tertutup. Sampaikan kode ini kepada pemiliknya: <code>{code}</code>\n"
        "Pemilik memberi izin dengan <code>/izinkan {code}</code>.",
        "This bot is private. Give this code to its owner: <code>{code}</code>\n"
        "The owner lets you in with <code>/izinkan {code}</code>.",
    ),
    "refused": ("Anda belum diizinkan memakai bot ini.", "You may not use this bot yet."),
    "ask_access": ("Minta izin memakai bot ini", "Ask to use this bot"),
    "now_owner": (
        "Anda sekarang pemilik bot ini. /bantuan menampilkan perintah pemilik.",
        "You now own this bot. /bantuan shows the owner's commands.",
    ),
    "let_in": ("Anda sudah diizinkan bertanya.", "You may ask now."),
    "allowed": ("Diizinkan: {who}.", "Let in: {who}."),
    "blocked": ("Diblokir: {who}.", "Blocked: {who}."),
    "owner_stays": ("Pemilik tidak dapat diblokir.", "An owner cannot be blocked."),
    "whom": (
        "Sebut kode atau id, misalnya: /izinkan ABCD2345. /pengguna menampilkan daftarnya.",
        "Name a code or an id, for instance: /izinkan ABCD2345. /pengguna lists them.",
    ),
    "unknown_party": (
        "Kode atau id itu tidak dikenal. /pengguna menampilkan daftarnya.",
        "That code or id is unknown. /pengguna lists them.",
    ),
    "owner_only": ("Perintah ini untuk pemilik bot.", "This command is for the bot's owner."),
    "status": (
        "<b>Tanya Berita {version}</b>\nArtikel: {articles} ({copies} salinan)\nJawaban tersimpan: {answers}, "
        "di antaranya {refused} “tidak ada di artikel”\nPengguna: {people}, grup: {groups}\n"
        "Sedang dijawab atau menunggu: {waiting}\nAkses: {access}",
        "<b>Tanya Berita {version}</b>\nArticles: {articles} ({copies} copies)\nAnswers kept: {answers}, "
        "{refused} of them “not in the articles”\nPeople: {people}, groups: {groups}\n"
        "Being answered or waiting: {waiting}\nAccess: {access}",
    ),
    "spent": ("Model bahasa bulan ini: {total}", "Language model this month: {total}"),
    "users": ("<b>Akses: {access}</b>\n{lines}", "<b>Access: {access}</b>\n{lines}"),
    "no_feedback": ("Belum ada penilaian.", "No feedback yet."),
    "offer": ("Tambahkan ini sebagai artikel?", "Add this as an article?"),
    "offer_yes": ("Tambahkan", "Add it"),
    "offer_no": ("Tidak", "No"),
    "offer_gone": ("Tawaran ini sudah tidak berlaku.", "This offer is no longer valid."),
    "declined": ("Tidak ditambahkan.", "Not added."),
    "adding": ("Menambahkan …", "Adding …"),
    "added": ("Ditambahkan: {title}", "Added: {title}"),
    "unchanged": ("Artikel itu sudah ada.", "That article is here already."),
    "not_added": ("Tidak dapat ditambahkan: {reason}", "It could not be added: {reason}"),
    "which_url": (
        "Sebut alamatnya, misalnya: /tambah https://contoh.id/berita",
        "Name the address, for instance: /tambah https://example.com/news",
    ),
}  # fmt: skip


def say(key: str, language: str, **values: object) -> str:
    """The text for `key` as plain text: for buttons and notices."""
    return _TEXTS[key][LANGUAGES.index(language)].format(**values)


def say_html(key: str, language: str, **values: object) -> str:
    """The text for `key` as HTML, its values escaped: for messages."""
    return say(key, language, **{name: escape(str(value)) for name, value in values.items()})
