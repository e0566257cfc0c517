"""Commands that keep the articles: add, list, show, remove, status, doctor, rebuild."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.assemble import open_ledger
from bot.cli.common import FAILED, common, filtered, open_for, print_json
from bot.progress import progress_bar
from bot.render import day, spent
from bot.settings import Settings
from index.articles import count_bytes, read_sources
from index.build import Added, NewsIndex
from index.doctor import diagnose, repair
from index.records import Article, Filters

_TITLE = 60  # characters of a title in a list


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--json", "as_data", is_flag=True, help="Print the summary as JSON.")
@common
def add(settings: Settings, sources: tuple[str, ...], as_data: bool) -> None:
    """Add articles, or update those that changed.

    SOURCE is a file (.txt .md .html .jsonl .jsonl.gz .csv), a folder, or - for standard
    input. Adding the same source again costs next to nothing and continues a run that was
    interrupted.

    \b
    Examples:
      tanya add articles/
      tanya add archive.jsonl.gz today.html
      cat article.txt | tanya add -
    """
    with open_for(settings) as index:
        added = add_sources(index, sources)
    if as_data:
        print_json({**asdict(added), "rejected": [asdict(r) for r in added.rejected]})
    else:
        _summary(added)
    if added.rejected:
        sys.exit(FAILED)


def add_sources(index: NewsIndex, sources: Iterable[str | Path]) -> Added:
    sources = list(sources)
    with progress_bar("Adding", count_bytes(sources)) as bar:
        items = read_sources(sources, sys.stdin.buffer, on_bytes=bar.advance)
        return index.add(items, progress=lambda added: bar.count(added.seen))


def _summary(added: Added) -> None:
    click.echo(
        f"{added.new} new, {added.changed} changed, {added.unchanged} unchanged, "
        f"{added.copies} copies, {len(added.rejected)} failed"
    )
    for rejected in added.rejected:
        click.echo(f"  {rejected.where}: {rejected.reason}", err=True)


@click.command(name="list")
@filtered
@click.option("--json", "as_data", is_flag=True, help="Print the list as JSON.")
@common
def list_articles(settings: Settings, filters: Filters, as_data: bool) -> None:
    """List the articles, newest first.

    \b
    Example:
      tanya list --since 2026-03-01 --outlet "Harian Pesisir"
    """
    with open_for(settings) as index:
        listed = index.store.listed(filters)
    if as_data:
        print_json([asdict(entry) for entry in listed])
        return
    for entry in listed:
        when = f"{entry.published:%Y-%m-%d}" if entry.published else "-" * 10
        notes = [f"version {entry.version}"] * (entry.version > 1) + [f"{entry.copies} copies"] * (entry.copies > 0)
        title = entry.title if len(entry.title) <= _TITLE else entry.title[: _TITLE - 1] + "…"
        click.echo("  ".join([when, entry.id, entry.outlet or "-", title, *notes]))


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--json", "as_data", is_flag=True, help="Print the article as JSON.")
@common
def show(settings: Settings, article_id: str, as_data: bool) -> None:
    """Print one article as it is stored and quoted.

    \b
    Example:
      tanya show kn-2026-03-04-banjir-demak
    """
    with open_for(settings) as index:
        article = index.get(article_id)
        versions = index.store.versions(article_id)
    if as_data:
        print_json(
            {**asdict(article), "versions": [dict(zip(("number", "title", "added"), v, strict=True)) for v in versions]}
        )
        return
    click.echo(click.style(article.title, bold=True))
    click.echo(_details(article, settings.language))
    if len(versions) > 1:
        click.echo(f"version {len(versions)}; earlier ones were added {', '.join(v[2][:10] for v in versions[:-1])}")
    click.echo(f"\n{article.text}")


def _details(article: Article, language: str) -> str:
    fields = (article.outlet, article.author, day(article.published, language), article.section, article.url)
    return " · ".join(filter(None, fields))


@click.command()
@click.argument("article_id", metavar="ID")
@common
def remove(settings: Settings, article_id: str) -> None:
    """Remove an article and all its versions from the index.

    \b
    Example:
      tanya remove kn-2026-03-04-banjir-demak
    """
    with open_for(settings) as index:
        index.remove(article_id)
    click.echo(f"removed {article_id}")


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print it as JSON.")
@common
def status(settings: Settings, as_data: bool) -> None:
    """Say what the index holds and how large it is, and what the language model took.

    \b
    Example:
      tanya status --json
    """
    with open_for(settings) as index:
        data: dict[str, Any] = {
            "data_dir": str(index.folder),
            **index.store.counts(),
            "megabytes": round(_bytes(index.folder) / 1e6, 1),
            "embedding_model": index.store.meta("model"),
            "answers": _answers(settings),
            "outlets": dict(index.store.outlets()),
        }
    ledger = open_ledger(settings)
    taken = {"this_month": ledger.this_month(), "in_all": ledger.totals()}
    if as_data:
        if taken["in_all"]:
            data["language_model"] = {when: [asdict(total) for total in totals] for when, totals in taken.items()}
        print_json(data)
        return
    outlets = data.pop("outlets")
    if taken["in_all"]:
        lines = [
            f"{when.replace('_', ' ')}: {spent(total, 'en')}" for when, totals in taken.items() for total in totals
        ]
        data["language_model"] = f"\n{'':17}".join(lines)
    for key, value in data.items():
        click.echo(f"{key.replace('_', ' ') + ':':17}{value}")
    for outlet, articles in outlets.items():
        click.echo(f"  {articles:6}  {outlet or '(no outlet)'}")


def _answers(settings: Settings) -> str:
    """Who words answers, as configured."""
    answer, llm = settings.answer, settings.llm
    if answer.mode == "reader" or not llm.provider:
        return "reader"
    return f"{answer.mode}: {llm.model} ({llm.provider}), {answer.strict}, {answer.deadline:g} s"


def _bytes(folder: Path) -> int:
    parts = [folder / "index.sqlite", *(folder / "chroma").rglob("*")]
    return sum(part.stat().st_size for part in parts if part.is_file())


@click.command()
@click.option("--fix", is_flag=True, help="Repair what is found.")
@click.option("--json", "as_data", is_flag=True, help="Print the findings as JSON.")
@common
def doctor(settings: Settings, fix: bool, as_data: bool) -> None:
    """Compare the articles with Chroma and the lexical index; say every disagreement.

    \b
    Examples:
      tanya doctor
      tanya doctor --fix
    """
    with open_for(settings) as index:
        findings = diagnose(index)
        if as_data:
            print_json([asdict(f) for f in findings])
        else:
            for finding in findings:
                click.echo(f"{finding.part}: {finding.count} {finding.problem}")
        mended = bool(findings and fix)
        if mended:
            repair(index, findings)
            findings = diagnose(index)
            click.echo(
                "repaired" if not findings else "not everything could be repaired", err=as_data or bool(findings)
            )
    if not findings and not as_data and not mended:
        click.echo("the store, Chroma and the lexical index agree")
    if findings:
        if not fix and not as_data:
            click.echo("repair it with: tanya doctor --fix", err=True)
        sys.exit(FAILED)


@click.command()
@click.option("--embed", is_flag=True, help="Cut and embed every article again (after a change of model).")
@common
def rebuild(settings: Settings, embed: bool) -> None:
    """Build Chroma and the lexical index again from the stored articles and vectors.

    \b
    Examples:
      tanya rebuild
      tanya rebuild --embed
    """
    with open_for(settings) as index:
        chunks = index.store.counts()["chunks"]
        with progress_bar("Rebuilding", chunks * (2 if embed else 1)) as bar:
            index.rebuild(embed=embed, progress=bar.advance)
    click.echo(f"rebuilt {chunks} chunks")
