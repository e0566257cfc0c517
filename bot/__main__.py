"""`python -m bot` is `tanya`."""

from bot.cli import main

main(prog_name="tanya")
