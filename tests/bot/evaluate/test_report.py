"""The report, opened in a real browser: what it shows, what it can filter, and that it stays itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.evaluate.report import OUTCOMES, write_report
from tests.bot.evaluate.evaluation import METRICS, TYPES, make_case, make_cases, make_metrics
from tests.browser import Browser, Tab, find_browser, open_browser

Open = Callable[..., Tab]

HOSTILE = "</script></style><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }} \"'&amp; $x$ \ud800 \x00"
SHOWN = "[...document.querySelectorAll('.case:not([hidden])')].map(e => e.dataset.id)"
STATUS = "document.querySelector('[role=status]').textContent"
FOCUSED = "document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no chromium or chrome is installed (Debian: apt-get install chromium)")
    with open_browser(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Write a report of 100 invented questions, or what is given, and open it at `#address`.

    When the test is over, nothing may have been fetched and no error logged.
    """
    tabs: list[Tab] = []

    def factory(metrics: Any = None, cases: Any = None, *, address: str = "", **screen: Any) -> Tab:
        path = tmp_path / "report.html"
        write_report(make_metrics() if metrics is None else metrics, make_cases() if cases is None else cases, path)
        tabs.append(Tab(browser, **screen))
        tabs[-1].open(path.as_uri() + address)
        return tabs[-1]

    yield factory
    for tab in tabs:
        assert [] == tab.complaints
        assert all(url.startswith(("file:", "data:")) for url in tab.requests)
        tab.close()


def ids(**wanted: str) -> list[str]:
    """The invented questions of an outcome or a type."""
    return [case["id"] for case in make_cases() if all(case[key] == value for key, value in wanted.items())]


def click(tab: Tab, label: str) -> None:
    tab.run(f"[...document.querySelectorAll('button')].find(b => b.textContent.startsWith('{label}')).click()")


# -- what it shows -------------------------------------------------------------------------


def test_everything_of_a_run_is_on_the_page(open_page: Open) -> None:
    tab = open_page()
    text = tab.run("document.body.textContent")
    metrics = make_metrics()
    assert [] == [name for name in (*METRICS, *TYPES, "3f9c1b07", "faf7a02", "reader.threshold") if name not in text]
    first = metrics["metrics"]["all"]["containment"]
    assert f"{first['value']:.3f}" in text
    assert f"{first['low']:.3f}–{first['high']:.3f} · n\u00a0100" in text
    assert 4 == tab.run("document.querySelectorAll('figure svg[role=img][aria-label] path').length > 40 && "
                        "document.querySelectorAll('figure svg').length")  # fmt: skip
    assert [case["id"] for case in make_cases()] == tab.run(SHOWN)
    assert "en" == tab.run("document.documentElement.lang")


def test_a_question_shows_gold_answer_quotes_and_passages(open_page: Open) -> None:
    case = make_case(outcome="wrong", flags=["citation_off"])
    case["history"], case["error"] = [{"question": "Di mana itu?", "answer": "Demak"}], None
    tab = open_page(cases=[case], address=f"#case={case['id']}")
    text = tab.run("document.querySelector('.case[open]').innerText")
    wanted = [case["question"], *case["answers"], case["evidence"][0]["quote"], case["citations"][0]["outlet"]]
    wanted += [passage["title"] for passage in case["retrieved"]] + ["Wrong", "Citation off", "Di mana itu?"]
    assert [] == [each for each in wanted if each not in text]


@pytest.mark.parametrize(
    ("metrics", "cases"),
    [
        ({}, []),
        ({"run": None, "metrics": None, "curves": None, "stages": None}, [{"id": "a", "question": "Siapa?"}]),
        (
            {
                "metrics": {"a": None, "all": {"R@1": {"value": 0.9, "low": None, "high": None}, "F1": None}},
                "curves": {"risk_coverage": [[None, 0.1]], "recall_by_rank": [0.5, None]},
                "stages": {"read": {"p50": 1.0, "p95": None}, "whole": {"p50": 0, "p95": 0, "p99": 0}},
            },
            [make_case(outcome=None, answer=None, citations=[], scores={"f1": None}, latency_ms=None)],
        ),
    ],
    ids=["nothing", "blocks-of-none", "values-of-none"],
)  # fmt: skip
def test_what_was_not_measured_is_left_out(open_page: Open, metrics: Any, cases: Any) -> None:
    tab = open_page(metrics, cases)
    assert f"{len(cases)} of {len(cases)} questions" == tab.run(STATUS)
    assert not re.search(r"\b(None|nan|Undefined)\b", tab.run("document.body.innerText"))


def test_what_the_data_say_stays_text(open_page: Open) -> None:
    """Markup, scripts and templates in any field are shown, not run; half a surrogate pair is no end."""

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {key if key in kept else f"{key}{HOSTILE}": spoil(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [spoil(inner) for inner in value]
        return HOSTILE if isinstance(value, str) else value

    case, metrics = make_case(), make_metrics()
    kept = {*case, *case["citations"][0], *metrics, *metrics["run"], *metrics["curves"], "all", "F1", "value", "low",
            "high", "n", "p50", "p95", "p99", "name", "fingerprint", "answer"}  # fmt: skip
    tab = open_page(spoil(metrics), [spoil(case), {**make_case(), "type": HOSTILE, "id": HOSTILE, "flags": [HOSTILE]}])
    assert 0 == tab.run("document.querySelectorAll('img, script:not(:last-child)').length")
    assert 1 == tab.run("document.scripts.length")
    seen = HOSTILE.replace("\ud800", "?").replace("\x00", "")
    assert seen == tab.run("document.querySelector('.question').textContent")
    tab.run("document.querySelectorAll('button[data-group=type]')[0].click()")
    assert 2 == len(tab.run(SHOWN))  # both have the hostile type, which is matched as it stands


def test_a_script_that_slips_in_is_not_run(open_page: Open) -> None:
    """The page's policy allows its own script alone."""
    tab = open_page()
    tab.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.bad = 1'}))")
    assert tab.run("window.bad") is None
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)
    tab.forget()


# -- the filter ----------------------------------------------------------------------------


def test_outcomes_types_and_words_narrow_the_questions_and_are_kept_in_the_address(open_page: Open) -> None:
    tab = open_page()
    click(tab, "Wrong")
    assert ids(outcome="wrong") == tab.run(SHOWN)
    click(tab, "Hallucinated")
    assert sorted(ids(outcome="wrong") + ids(outcome="hallucinated")) == tab.run(SHOWN)
    click(tab, "unanswerable")
    assert ids(outcome="hallucinated") == tab.run(SHOWN)
    assert "#outcome=wrong&outcome=hallucinated&type=unanswerable" == tab.run("location.hash")
    assert f"{len(ids(outcome='hallucinated'))} of 100 questions" == tab.run(STATUS)
    click(tab, "Show all")
    assert 100 == len(tab.run(SHOWN))
    tab.run("document.querySelector('input').focus()")
    tab.type("PADANG  gempa")
    found = [case["id"] for case in make_cases() if "padang" in (text := str(case).lower()) and "gempa" in text]
    assert found == tab.run(SHOWN)
    assert "#text=PADANG++gempa" == tab.run("location.hash")
    tab.type(" zebra")
    assert [] == tab.run(SHOWN)
    assert tab.run("document.querySelector('.none').offsetHeight > 0")


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != "unscored"])
def test_a_view_opens_from_its_address(open_page: Open, outcome: str) -> None:
    tab = open_page(address=f"#outcome={outcome}")
    assert ids(outcome=outcome) == tab.run(SHOWN)
    assert [outcome] == tab.run("[...document.querySelectorAll('[aria-pressed=true]')].map(b => b.dataset.value)")


def test_flags_are_filtered_like_outcomes(open_page: Open) -> None:
    tab = open_page(address="#outcome=citation_off")
    assert [case["id"] for case in make_cases() if case["flags"]] == tab.run(SHOWN)


def test_an_address_that_means_nothing_shows_everything(open_page: Open) -> None:
    assert 100 == len(open_page(address="#outcome=%E0%A4%A&type=zebra&case=none&&=").run(SHOWN))


def test_the_counts_on_the_buttons_are_what_they_would_show(open_page: Open) -> None:
    tab = open_page(address="#type=number")
    counted = tab.run("[...document.querySelectorAll('button[data-group=outcome]')]"
                      ".map(b => [b.dataset.value, +b.querySelector('span').textContent])")  # fmt: skip
    wanted = {outcome: len(ids(outcome=outcome, type="number")) for outcome in OUTCOMES}
    assert {value: count for value, count in counted if value in wanted} == {
        outcome: count for outcome, count in wanted.items() if ids(outcome=outcome)
    }


def test_an_outcome_at_the_top_leads_to_its_questions(open_page: Open) -> None:
    tab = open_page()
    tab.run("document.querySelector('.key a[href=\"#outcome=wrong\"]').click()")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert ids(outcome="wrong") == tab.run(SHOWN)
    assert tab.run("scrollY") > 500


# -- for everyone --------------------------------------------------------------------------


def test_the_filter_and_the_questions_are_reached_with_the_keyboard(open_page: Open) -> None:
    tab = open_page()
    tab.press("Tab")
    assert "Skip to the questions" == tab.run(FOCUSED)
    tab.press("Enter", "Tab")
    assert tab.run(FOCUSED).startswith("Correct")
    tab.press("Tab", "Tab", "Space")
    assert ids(outcome="wrong") == tab.run(SHOWN)
    assert "solid" == tab.run("getComputedStyle(document.activeElement).outlineStyle")
    tab.run("document.querySelector('.words button').focus()")
    tab.press("Tab", "Enter")
    assert ids(outcome="wrong")[:1] == tab.run("[...document.querySelectorAll('.case[open]')].map(e => e.dataset.id)")


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_no_page_is_wider_than_its_screen(open_page: Open, width: int) -> None:
    long = "kata" * 200
    case = make_case(question=long, answer=long, answers=[long], id=long, type=long, flags=[long], error=long)
    tab = open_page(cases=[case, *make_cases(20)], width=width)
    tab.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert width >= tab.run("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_meets_wcag_aa(open_page: Open, scheme: str) -> None:
    """4.5 for text, 3 for what is not text (WCAG 2.2, 1.4.3 and 1.4.11), as the browser computes the colours."""
    tab = open_page(scheme=scheme)
    texts, marks = ("ink", "muted", "link"), ("control", "first", "second", *OUTCOMES)
    tab.run("window.probe = document.body.appendChild(document.createElement('i'))")
    colours = {name: colour(tab, "probe", f"color: var(--{name})") for name in ("paper", "raised", *texts, *marks)}
    assert (luminance(colours["paper"]) < 0.5) == (scheme == "dark")
    for ground in ("paper", "raised"):
        assert [] == [name for name in texts if contrast(colours[name], colours[ground]) < 4.5]
        assert [] == [name for name in marks if contrast(colours[name], colours[ground]) < 3]
    assert colours["first"] == colour(tab, "document.querySelector('figure [style*=first]')", "", "stroke")


def test_headings_descend_without_a_gap_and_ids_are_single(open_page: Open) -> None:
    tab = open_page()
    levels = tab.run("[...document.querySelectorAll('h1, h2, h3')].map(e => +e.tagName[1])")
    assert all(after <= before + 1 for before, after in pairwise(levels))
    found = tab.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(found) == len(set(found))
    assert 0 == tab.run("document.querySelectorAll('button:empty, input:not([id=words])').length")


def test_a_thousand_questions_stay_small_and_open_fast(browser: Browser, tmp_path: Path) -> None:
    """Ten times as many questions open in less than ten times as long: about a second where it was written."""
    pages = {n: tmp_path / f"{n}.html" for n in (100, 1000)}
    for questions, path in pages.items():
        write_report(make_metrics(questions), make_cases(questions), path)
    assert pages[1000].stat().st_size < 5_000_000
    tab = Tab(browser)
    few, many = (min(tab.open(path.as_uri()) for _ in range(3)) for path in pages.values())
    assert many < 10 * few
    assert 1000 == len(tab.run(SHOWN))
    tab.close()


# -- contrast as WCAG defines it -----------------------------------------------------------


def colour(tab: Tab, element: str, style: str, of: str = "color") -> list[float]:
    """Red, green and blue (0 to 255) as the browser computes them."""
    return list(
        tab.run(
            f"({element}.style.cssText += ';{style}', getComputedStyle({element}).{of}.match(/[\\d.]+/g).map(Number))"
        )
    )


def luminance(colour: list[float]) -> float:
    parts = [each / 255 for each in colour[:3]]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
