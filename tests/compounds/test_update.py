"""The updater against a server on the loopback that answers as ClinicalTrials.gov does: pages, aliases, faults."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from avpi.compounds.library import library, read_record
from avpi.compounds.registry import read_page, words_of
from avpi.compounds.registry_source import Patience, read_registry
from avpi.compounds.schema import CompoundRecord
from avpi.compounds.update import propose
from avpi.compounds.write_record import record_text
from avpi.errors import InputError
from tests.compounds.registered import study

QUICK = Patience(seconds=0.5, tries=2, pause_seconds=0.01)


@dataclass
class Register:
    """What the server answers: a path -> (code, content type, body), and what was asked of it."""

    address: str = ""
    answers: dict[str, list[tuple[int, str, bytes]]] = field(default_factory=dict)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    delay_seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    cut_short: bool = False
    redirect: str = ""


class _Handler(BaseHTTPRequestHandler):
    register: Register

    def do_GET(self) -> None:
        register = self.register
        register.asked.append(self.path)
        register.agents.append(self.headers.get("User-Agent", ""))
        time.sleep(register.delay_seconds)
        parts = urlsplit(self.path)
        if register.redirect and parts.path == "/old":
            self.send_response(301)
            self.send_header("Location", register.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if register.answers.get(parts.path):
            code, kind, body = register.answers[parts.path].pop(0)
        else:
            token = parse_qs(parts.query).get("pageToken", [""])[0]
            page = register.pages.get(token)
            code, kind = (200, "application/json") if page is not None else (404, "text/plain")
            body = json.dumps(page).encode() if page is not None else b"NCT number NCT99999999 not found"
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked has given up
            self._send(code, kind, body)

    def _send(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + (50 if self.register.cut_short else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Register()
    handler = type("Handler", (_Handler,), {"register": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_pages_are_followed_to_the_last(register: Register) -> None:
    register.pages = {
        "": {"studies": [study("NCT00000001")], "nextPageToken": "abc+/="},
        "abc+/=": {"studies": [study("NCT00000002"), study("NCT00000001")], "nextPageToken": "last"},
        "last": {"studies": [study("NCT00000003")]},
    }
    found = read_registry(f"{register.address}/api/v2/studies?query.intr=x&pageSize=1", QUICK)
    assert [one.nct for one in found] == ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert len(register.asked) == 3
    assert all("query.intr=x" in path and "pageSize=1" in path for path in register.asked)
    assert all("avpi" in agent for agent in register.agents)


def test_pages_that_go_round_are_refused(register: Register) -> None:
    register.pages = {token: {"studies": [], "nextPageToken": "again"} for token in ("", "again")}
    with pytest.raises(InputError, match="again and again"):
        read_registry(f"{register.address}/api/v2/studies", QUICK)


def test_a_study_by_itself_is_read_with_its_fields(register: Register) -> None:
    one = study("NCT04459715", "TERMINATED", why="Unlikely to meet\n its endpoint", aliases=["NCT01111111"])
    register.answers["/api/v2/studies/NCT04459715"] = [(200, "application/json", json.dumps(one).encode())]
    (found,) = read_registry(f"{register.address}/api/v2/studies/NCT04459715", QUICK)
    assert (found.status, found.phase, found.participants, found.participants_are) == ("terminated", "3", 730, "actual")
    assert (found.started, found.completed, found.updated) == ("2020-09-20", "2024-06", "2026-10-01")
    assert (found.aliases, found.why_stopped) == (("NCT01111111",), "Unlikely to meet its endpoint")


def test_an_old_number_is_followed_to_the_new_one_on_the_same_host(register: Register) -> None:
    register.redirect = "/api/v2/studies/NCT00000005"
    register.answers["/api/v2/studies/NCT00000005"] = [
        (200, "application/json", json.dumps(study("NCT00000005", aliases=["NCT00000004"])).encode())
    ]
    assert read_registry(f"{register.address}/old", QUICK)[0].aliases == ("NCT00000004",)


def test_a_redirect_to_another_host_is_not_followed(register: Register) -> None:
    register.redirect = "http://elsewhere.invalid/api"
    with pytest.raises(InputError, match="sends on to another place"):
        read_registry(f"{register.address}/old", QUICK)


@pytest.mark.parametrize(
    ("code", "body", "told"),
    [
        (404, b"NCT number NCT99999999 not found", "answered 404: 'NCT number NCT99999999 not found'"),
        (400, b"Parameter `nctId` has incorrect format", "answered 400: 'Parameter `nctId` has incorrect format'"),
        (429, b"Too many requests", "answered 429"),
        (503, b"", "answered 503"),
    ],
)
def test_a_fault_in_words_is_told(register: Register, code: int, body: bytes, told: str) -> None:
    register.answers["/x"] = [(code, "text/plain", body)] * 5
    with pytest.raises(InputError) as caught:
        read_registry(f"{register.address}/x", QUICK)
    assert told in str(caught.value)
    assert len(register.asked) == (1 if code in (400, 404) else QUICK.tries)


def test_a_server_that_was_busy_is_asked_again(register: Register) -> None:
    whole = json.dumps({"studies": [study("NCT00000001")]}).encode()
    register.answers["/x"] = [(503, "text/plain", b"busy"), (200, "application/json", whole)]
    assert len(read_registry(f"{register.address}/x", QUICK)) == 1


def test_words_in_the_place_of_json_are_shown(register: Register) -> None:
    register.answers["/x"] = [(200, "text/html", b"<html>Maintenance</html>")]
    with pytest.raises(InputError, match="in words instead of JSON: '<html>Maintenance</html>'"):
        read_registry(f"{register.address}/x", QUICK)


def test_a_slow_server_is_given_up(register: Register) -> None:
    register.delay_seconds = 2.0
    began = time.monotonic()
    with pytest.raises(InputError, match=r"no whole answer within 0\.2 s, asked 2 times"):
        read_registry(f"{register.address}/x", Patience(seconds=0.2, tries=2, pause_seconds=0.01))
    assert time.monotonic() - began < 1.8


def test_an_answer_that_is_cut_short_is_no_answer(register: Register) -> None:
    register.pages = {"": {"studies": [study("NCT00000001")]}}
    register.cut_short = True
    with pytest.raises(InputError, match=r"cannot be reached|no whole answer"):
        read_registry(f"{register.address}/x", QUICK)


def test_a_server_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"cannot be reached.*--from"):
        read_registry("http://127.0.0.1:9/api", QUICK)


@pytest.mark.parametrize("address", ["ftp://host/x", "file:///etc/passwd", "http://"])
def test_only_http_is_spoken(address: str) -> None:
    with pytest.raises(InputError, match="https"):
        read_registry(address, QUICK)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("[1]", "study 1"),
        ("{}", "neither 'studies' nor"),
        ('{"studies": 3}', "no list"),
        ('{"studies": [], "nextPageToken": 3}', "no text"),
        ('"words"', "another shape"),
        ("[" * 100_000, "in words instead of JSON"),
        ("\x1b[31mred", r"'\[31mred'"),
        ('{"studies": [{"protocolSection": {}}]}', "'identificationModule' is missing"),
        ('{"studies": [{"protocolSection": {"identificationModule": {"nctId": "1"}, "statusModule": {}}}]}', "'1'"),
    ],
)
def test_json_of_another_shape_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_page(text, "file.json")


def test_every_study_that_cannot_be_read_is_told() -> None:
    broken = {"studies": [study("NCT1"), study("NCT00000001"), study("x")]}
    with pytest.raises(InputError) as caught:
        read_page(json.dumps(broken), "file.json")
    assert [problem.place for problem in caught.value.problems] == ["study 1", "study 3"]


def test_what_a_study_does_not_say_is_none() -> None:
    bare = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001"},
            "statusModule": {"overallStatus": "UNKNOWN"},
        }
    }
    (found,) = read_page(json.dumps(bare), "x").trials
    assert (found.phase, found.participants, found.started, found.title, found.names) == (None, None, None, None, ())
    assert words_of("ACTIVE_NOT_RECRUITING") == "active, not recruiting"


# --- the proposal ----------------------------------------------------------------------------------------------------


def proposal(*studies: dict[str, Any]) -> Any:
    found = read_page(json.dumps({"studies": list(studies)}), "x").trials
    return propose(list(library().values()), found, "trials.json")


def test_the_diff_fills_the_registry_entry_and_nothing_else(tmp_path: Path) -> None:
    made = proposal(study("NCT04459715", "TERMINATED"))
    assert made.matched == ("NCT04459715",)
    lines = made.diff.splitlines()
    assert not [line for line in lines if line.startswith("-") and not line.startswith("---")], "nothing is taken away"
    added = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    assert added[0] == "registry:"
    assert "status: terminated" in added
    assert "read: trials.json" in added
    applied = apply(made.diff, tmp_path, "xevinapant")
    before, after = library()["xevinapant"], applied
    assert [t.registry for t in before.trials] == [None] * len(before.trials)
    trial = next(t for t in after.trials if t.nct == "NCT04459715")
    assert trial.registry is not None
    assert trial.registry.status == "terminated"
    stripped = after.model_copy(update={"trials": [t.model_copy(update={"registry": None}) for t in after.trials]})
    assert stripped == before, "every curated field is as it was"


def apply(diff: str, folder: Path, name: str) -> CompoundRecord:
    """Apply a diff with git, as a curator would, and read the file."""
    path = folder / "src" / "avpi" / "compounds" / "library" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(record_text(library()[name]), "utf-8")
    (folder / "trials.diff").write_text(diff, "utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "trials.diff"], cwd=folder, check=True, capture_output=True)
    return read_record(path.read_text("utf-8"), path.name)


def test_where_the_register_differs_a_person_decides() -> None:
    made = proposal(study("NCT04459715", "COMPLETED", count=731, completed="2025-01"))
    differences = {(one.field, one.curated, one.register) for one in made.disagreements}
    assert ("participants", "730", "731") in differences
    assert ("ended", "2024-06-24", "2025-01") in differences
    assert any(field == "status" for field, _, _ in differences)
    assert "participants: 731" in made.diff, "as the register's, beside the curated 730"


def test_dates_that_agree_as_far_as_both_are_known_are_no_difference() -> None:
    made = proposal(study("NCT04459715", "TERMINATED", completed="2024-06", started="2020-09"))
    assert not [one for one in made.disagreements if one.field in ("started", "ended")]


def test_a_trial_under_an_alias_is_the_trial_and_its_new_number_is_told() -> None:
    made = proposal(study("NCT03809208", "ACTIVE_NOT_RECRUITING", phases=["PHASE1"], drug="Birinapant"))
    assert made.matched == ("NCT03809208",)
    assert made.renamed == {"NCT03803774": "NCT03809208"}
    made = proposal(study("NCT07777777", aliases=["NCT03803774"], drug="Birinapant"))
    assert made.renamed == {"NCT03803774": "NCT07777777"}
    assert made.newcomers == ()


@pytest.mark.parametrize("backwards", [False, True])
def test_a_number_of_its_own_goes_before_an_alias_of_another_trial(backwards: bool) -> None:
    own = study("NCT03803774", "ACTIVE_NOT_RECRUITING", phases=["PHASE1"], drug="Birinapant")
    other = study("NCT07777777", "WITHDRAWN", aliases=["NCT03803774"], drug="Birinapant")
    made = proposal(*((other, own) if backwards else (own, other)))
    assert made.matched == ("NCT03803774",)
    assert made.renamed == {}
    assert "withdrawn" not in made.diff


def test_what_was_stopped_is_what_the_register_calls_terminated() -> None:
    made = proposal(study("NCT04459715", "TERMINATED"), study("NCT05386550", "COMPLETED"))
    assert [one.nct for one in made.disagreements if one.field == "status"] == ["NCT05386550"]


def test_a_trial_that_the_library_lacks_is_told_by_any_name_of_its_compound() -> None:
    made = proposal(
        study("NCT08888888", "RECRUITING", drug="TL-32711"),
        study("NCT08888887", "RECRUITING", drug="Drug", others=["Debio-1143"]),
        study("NCT08888886", "RECRUITING", drug="Aspirin"),
    )
    assert [(one.compound, one.trial.nct) for one in made.newcomers] == [
        ("birinapant", "NCT08888888"),
        ("xevinapant", "NCT08888887"),
    ]
    assert made.diff == ""


def test_trials_that_the_answer_lacks_are_told() -> None:
    assert "NCT05386550" in proposal(study("NCT04459715")).missing
