"""Draw docs/telegram.png: a real exchange with `tanya serve`, recorded from a Bot API server on loopback.

make picture
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.telegram.driver import ServedBot  # noqa: E402
from tests.telegram.server import BotApi  # noqa: E402
from tests.telegram.world import Message, Person  # noqa: E402

ANI = Person(11, "Ani")
FIRST, FOLLOW_UP, UNKNOWN = "Berapa magnitudo gempa Padang?", "brp rumah yg rusak di sana?", "Siapa presiden Wakanda?"
WIDTH, HEIGHT = 1180, 1180

STYLE = """
* { box-sizing: border-box } body { margin: 0; padding: 28px; background: #cfdbe6; display: flex; gap: 28px;
  font: 15px/1.38 "DejaVu Sans", "Noto Color Emoji", sans-serif; align-items: flex-start }
.phone { flex: 1; display: flex; flex-direction: column; gap: 8px }
.message { max-width: 96%; padding: 8px 12px; border-radius: 14px; background: #fff; white-space: pre-wrap;
  overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002 }
.mine { align-self: flex-end; background: #e3fdd3 } .theirs { align-self: flex-start }
blockquote { margin: 4px 0; padding: 4px 10px; border-left: 3px solid #3a8fd6; background: #3a8fd614;
  border-radius: 4px }
a { color: #2277bb; text-decoration: none } i { color: #667 } u { text-decoration-color: #3a8fd6 }
.keys { display: flex; flex-direction: column; gap: 4px; width: 96% } .keys div { display: flex; gap: 4px }
.keys span { flex: 1; text-align: center; padding: 7px; border-radius: 9px; background: #6b8aa6bb; color: #fff;
  font-size: 13px }
"""


def record() -> list[list[str]]:
    """The messages of both columns, as HTML."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "bot", "chat", "--samples", "--data-dir", str(data)]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True, capture_output=True)
        api = BotApi.start()
        bot = ServedBot(api, Path(folder) / "served", data_dir=data, config={"telegram": {"access": "open"}}).start()
        try:
            shown = [[], []]
            for text in (FIRST, FOLLOW_UP):
                shown[0] += [_mine(text), _theirs(_ask(api, text))]
            answer = _ask(api, UNKNOWN)
            shown[1] += [_mine(UNKNOWN), _theirs(answer)]
            again = _ask(api, FIRST)
            api.press(again, next(b["callback_data"] for b in again.buttons if b["text"].startswith("[1]")), ANI)
            api.wait_for(lambda: "Kembali" in str(api.now(again).buttons))
            return [shown[0], [_mine(FIRST), _theirs(api.now(again)), *shown[1]]]
        finally:
            bot.close()
            api.stop()


def _ask(api: BotApi, text: str) -> Message:
    return api.wait_for_reply(ANI.chat, to=api.send_message(ANI.chat, ANI, text))


def _mine(text: str) -> str:
    return f'<div class="message mine">{html.escape(text)}</div>'


def _theirs(message: Message) -> str:
    # Around a quote Telegram shows no blank line of its own.
    body = re.sub(r"\n*(<blockquote.*?</blockquote>)\n?", r"\1", message.source or "", flags=re.DOTALL)
    rows = "".join(f"<div>{''.join(map(_key, row))}</div>" for row in message.rows)
    return f'<div class="message theirs">{body}</div><div class="keys">{rows}</div>'


def _key(key: dict[str, str]) -> str:
    return f"<span>{html.escape(key['text'])}{' ↗' if 'url' in key else ''}</span>"


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("docs/telegram_picture.py: got no chromium, expected one to draw with; install it")
    columns = "".join(f'<div class="phone">{"".join(messages)}</div>' for messages in record())
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{columns}", "utf-8")
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={folder}/chromium", f"--screenshot={HERE / 'telegram.png'}",
                f"--window-size={WIDTH},{HEIGHT}", page.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
