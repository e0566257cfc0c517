"""Settings: one TOML file over the defaults here. Unknown keys are errors."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.embed import BUNDLED
from index.errors import TanyaError

MODELS = user_cache_path("tanya-berita") / "models"  # made from installed packages; may be deleted at any time


class SettingsError(TanyaError):
    """A configuration file that cannot be used."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbeddingSettings(_Section):
    """The embedding model: the bundled one, or any sentence-transformers name or path."""

    model: str = BUNDLED
    query_prefix: str = "query: "
    passage_prefix: str = "passage: "
    allow_download: bool = False


class AnswerSettings(_Section):
    """Who words an answer, how strictly it is checked, and what it shows."""

    max_quotes: int = Field(default=3, ge=1, le=10)
    reader: Literal["trained", "similarity"] = "trained"
    risk: Literal["cautious", "balanced", "eager"] = "balanced"
    mode: Literal["auto", "reader", "llm"] = "auto"
    strict: Literal["strict", "mark", "off"] = "strict"
    deadline: float = Field(default=20.0, gt=0, le=3_600)


class LlmSettings(_Section):
    """The language model, if there is one: where it is and how it is asked."""

    provider: Literal["", "openai", "ollama", "llama-cpp"] = ""
    model: str = ""
    base_url: str = ""
    key_env: str = "TANYA_LLM_KEY"
    style: Literal["chat", "completion"] = "chat"
    context_window: int = Field(default=4_096, ge=512, le=10_000_000)
    max_tokens: int = Field(default=256, ge=8, le=100_000)
    temperature: float = Field(default=0.0, ge=0, le=2)
    passages: int = Field(default=6, ge=1, le=30)
    prompts: str = Field(default="", pattern=r"^[^\x00]*$")
    cache: int = Field(default=1_000, ge=0, le=1_000_000)
    price_prompt: float = Field(default=0.0, ge=0)
    price_completion: float = Field(default=0.0, ge=0)


class TelegramSettings(_Section):
    """The Telegram bot: who may ask, how much, and how long it is remembered."""

    access: Literal["pairing", "allowlist", "open"] = "pairing"
    owners: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    token_file: str = ""
    questions_per_minute: int = Field(default=20, ge=1, le=1_000)
    group_questions_per_minute: int = Field(default=60, ge=1, le=10_000)
    waiting: int = Field(default=50, ge=1, le=10_000)
    retention_days: int = Field(default=90, ge=1, le=3_650)
    private_addresses: bool = False


class Settings(_Section):
    """Everything that can be configured; `config/default.toml` lists it with its defaults."""

    language: Literal["id", "en"] = "id"
    data_dir: str = Field("", pattern=r"^[^\x00]*$")
    embedding: EmbeddingSettings = EmbeddingSettings()
    answer: AnswerSettings = AnswerSettings()
    llm: LlmSettings = LlmSettings()
    telegram: TelegramSettings = TelegramSettings()

    @property
    def data_path(self) -> Path:
        """Where the index lives: `data_dir`, or the platform's place for user data."""
        try:
            return Path(self.data_dir).expanduser() if self.data_dir else user_data_path("tanya-berita")
        except RuntimeError:
            raise SettingsError(
                f"data_dir: got {self.data_dir!r}, expected the home of a known user; mend it"
            ) from None


def load(config: Path | None = None, *, data_dir: Path | None = None) -> Settings:
    """Settings from `config`, else `$TANYA_CONFIG`, else the user's config file if there is one.

    `data_dir` overrides the file's. Raises `SettingsError` for a file that is missing,
    is no TOML, or holds unknown or wrong values.
    """
    path = config or _configured()
    values = {} if path is None else _read(path)
    if data_dir is not None:
        values["data_dir"] = str(data_dir)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_first(error)}; see config/default.toml for every key") from None


def _configured() -> Path | None:
    if named := os.environ.get("TANYA_CONFIG"):
        return Path(named)
    usual = user_config_path("tanya-berita") / "config.toml"
    return usual if usual.exists() else None


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; expected a readable TOML file; check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: got {error}; expected TOML; mend that line") from None


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"got the unknown key {key!r}, expected only known ones"
    return f"{key}: got {problem['input']!r}; {problem['msg'][0].lower()}{problem['msg'][1:]}"
