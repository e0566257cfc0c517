"""The command menus: what Telegram shows behind the slash."""

from __future__ import annotations

from bot.texts import LANGUAGES

_MENUS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "private": (
        ("tanya", "Ajukan pertanyaan", "Ask a question"),
        ("sumber", "Kutipan jawaban terakhir", "Quotes of the last answer"),
        ("riwayat", "Pertanyaan sebelumnya", "Earlier questions"),
        ("baru", "Mulai percakapan baru", "Begin a new conversation"),
        ("terbaru", "Artikel terbaru", "Newest articles"),
        ("bahasa", "Pilih bahasa", "Choose a language"),
        ("bantuan", "Bantuan", "Help"),
        ("privasi", "Apa yang disimpan", "What is stored"),
        ("hapus", "Hapus semua data saya", "Delete everything about me"),
    ),
    "group": (
        ("tanya", "Ajukan pertanyaan", "Ask a question"),
        ("sumber", "Kutipan jawaban terakhir", "Quotes of the last answer"),
        ("baru", "Mulai percakapan baru", "Begin a new conversation"),
        ("terbaru", "Artikel terbaru", "Newest articles"),
        ("bantuan", "Bantuan", "Help"),
    ),
    "owner": (
        ("status", "Keadaan bot", "How the bot is doing"),
        ("tambah", "Tambah artikel dari alamat", "Add an article by its address"),
        ("pengguna", "Siapa yang boleh bertanya", "Who may ask"),
        ("izinkan", "Beri izin", "Let somebody in"),
        ("blokir", "Cabut izin", "Shut somebody out"),
        ("umpanbalik", "Penilaian terakhir", "Latest feedback"),
    ),
}


def menu(kind: str, language: str) -> list[tuple[str, str]]:
    """(command, description) of the "private", "group" or "owner" menu."""
    position = 1 + LANGUAGES.index(language)
    return [(entry[0], entry[position]) for entry in _MENUS[kind]]
