"""The report: one file, safe, readable, with the verdict first."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

import avpi.report.page
from avpi.report.anchors import anchors, evidence_links
from avpi.report.page import page
from avpi.result import Result
from tests.report.conftest import COMMAND
from tests.report.made_result import empty_result


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def tags(html: str) -> Tags:
    return Tags(html)


def test_the_report_loads_nothing_from_anywhere(html: str, tags: Tags) -> None:
    assert not {"script", "iframe", "object", "embed", "img"} & {tag for tag, _ in tags.tags}
    loading = [
        (name, value)
        for tag, attributes in tags.tags
        for name, value in attributes.items()
        if name in ("src", "srcset", "data", "action", "poster") or (name == "href" and tag in ("link", "image", "use"))
    ]
    assert loading
    assert {value.split(",")[0].split("#")[0] for _, value in loading if value} <= {
        "data:",
        "data:image/png;base64",
        "",
    }
    assert "@import" not in html
    assert {target[0] for target in re.findall(r"url\(([^)]*)\)", html)} <= {"#"}


def test_only_references_are_linked_abroad(html: str) -> None:
    hosts = {re.sub(r"https?://([^/\"']+).*", r"\1", url) for url in re.findall(r"https?://[^\s\"'<]+", html)}
    assert hosts == {"doi.org"}


def test_a_hostile_title_is_text(html: str, tags: Tags) -> None:
    assert "<script" not in html
    assert "<script>alert('x')</script> & $\\frac{1}$ <b>TNF</b>" in tags.text


def test_ids_are_unique_and_every_link_inside_arrives(tags: Tags) -> None:
    ids = [attributes["id"] for _, attributes in tags.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = {a["href"] for tag, a in tags.tags if tag == "a" and (a.get("href") or "").startswith("#")}
    assert {(link or "")[1:] for link in inside} <= set(ids)


def test_linked_files_are_in_the_run_folder(tags: Tags, results_folder: Path) -> None:
    linked = {a["href"] for tag, a in tags.tags if tag == "a" and (a.get("href") or "").startswith("figures/")}
    assert len(linked) > 20
    assert all((results_folder / "first" / (link or "")).is_file() for link in linked)


def test_headings_are_in_order_and_tables_say_what_their_heads_are_for(tags: Tags) -> None:
    levels = [int(tag[1]) for tag, _ in tags.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in tags.tags if tag == "th")


def test_every_picture_is_told_to_who_cannot_see_it(tags: Tags) -> None:
    pictures = [attributes for tag, attributes in tags.tags if tag == "svg"]
    assert all(a.get("aria-label") or a.get("aria-hidden") == "true" for a in pictures)


def test_text_has_a_contrast_of_at_least_four_and_a_half_in_both_themes() -> None:
    css = files("avpi.report").joinpath("templates/style.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)[:2]
    )
    for theme in (light, dark):
        for ground in ("paper", "ground", "table"):
            for text in ("ink", "muted", "accent", "stop", "warn"):
                assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_verdict_and_what_qualifies_it_come_first(made: Result, tags: Tags) -> None:
    text = " ".join(tags.text.split())
    order = [
        made.verdict.sentence, "93 %", "What qualifies it", "Not analysed, because it has no DMSO well",
        "How the call was reached", "What to add next", "Numbers behind the verdict", "Blots: target engagement",
        "Plates: viability", "Samples: cytometry", "What was corrected by hand", "Methods, to paste", "Provenance",
        "For research use only",
    ]  # fmt: skip
    places = [text.find(words, text.find(made.verdict.sentence)) for words in order]
    assert -1 not in places
    assert places == sorted(places)


def test_a_failed_part_says_why_and_a_correction_says_who(tags: Tags) -> None:
    text = " ".join(tags.text.split())
    assert "Sample tube <7> (experiment day2) was not analysed, because the file holds no events." in text
    assert "A. Nyström" in text
    assert "merged bands" in text


def test_the_inputs_and_rules_stand_in_the_provenance(made: Result, html: str) -> None:
    assert all(i.sha256 in html for i in made.manifest.inputs if i.sha256)
    assert "avpi run &#39;my study&#39;" in html
    assert "lytic dose: 1 µM" in html
    assert "engagement by: 30 min" in html


def test_a_finding_of_many_lanes_stands_once_in_the_verdict(made: Result, html: str) -> None:
    verdict = html[html.index('id="verdict"') : html.index('id="tree"')]
    assert verdict.count("saturated_band") == 1


def test_a_run_in_which_nothing_was_analysed_still_has_its_report(tmp_path: Path) -> None:
    result = empty_result(tmp_path)
    made = page(result, {"": []}, anchors(result), command=COMMAND)
    assert "Nothing could be called." in made
    assert "No effect could be estimated." in made


def test_a_report_of_very_many_figures_links_those_of_single_parts(
    made: Result, html: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from avpi.report.figures import draw_figures

    few = replace(made, blots=(), plates=(), verdict=replace(made.verdict, effects=()))
    where = anchors(few)
    figures = draw_figures(few, where)
    inlined = page(few, figures, where, command=COMMAND)
    monkeypatch.setattr(avpi.report.page, "MOST_INLINE", 1)
    linked = page(few, figures, where, command=COMMAND)
    assert inlined.count('role="img"') == 2
    assert linked.count('role="img"') == 1
    assert "Open: <a" in linked


def test_parts_whose_names_differ_only_in_signs_have_their_own_anchors(made: Result) -> None:
    blot = made.blots[0]
    twins = replace(made, blots=(replace(blot, name="Blot 1"), replace(blot, name="blot+1"), replace(blot, name="µ")))
    assert list(anchors(twins).values())[:3] == ["blot-1", "blot-1-2", "part"]


def test_a_number_leads_to_what_it_was_read_from(made: Result) -> None:
    where, effects = anchors(made), {e.name: e for e in made.verdict.effects}
    assert ("plate1", "part-plate1") in evidence_links(effects["kill:SM"], made, where)
    by_condition = replace(effects["engagement"], source="15 min, 30 min")
    assert evidence_links(by_condition, made, where) == [("blot2", "part-blot2")]
    assert evidence_links(effects["rescue_anti_tnf:SM"], made, where) == []
