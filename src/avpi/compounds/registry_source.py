"""Where records of the register come from: a file, or an address that the user names. Nothing else is ever asked.

An address is followed from page to page (``pageToken``). A server that is slow, busy or broken is asked again a few
times, then given up in words; an answer that is too large, or pages without end, are refused. Only http and https are
spoken, and a redirect to another host is not followed.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from avpi.compounds.registry import Page, RegisteredTrial, one_line, read_page
from avpi.errors import InputError, Problem

MAX_BYTES: Final = 20_000_000
"""A page of a hundred full records has some 3 MB."""
MOST_PAGES: Final = 200
SECONDS: Final = 20.0
TRIES: Final = 3
PAUSE_SECONDS: Final = 1.0
ASK_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
"""Answers of a server that may be better a moment later."""
AGENT: Final = "avpi (research use; compound update)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server is waited for.

    Attributes
    ----------
    seconds : for one answer.
    tries : times that one page is asked for.
    pause_seconds : before the second try; doubled before each further one.
    """

    seconds: float = SECONDS
    tries: int = TRIES
    pause_seconds: float = PAUSE_SECONDS


def is_address(place: str) -> bool:
    """Return True if a place is an address and no file."""
    return "://" in place


def read_registry(place: str, patience: Patience = Patience()) -> list[RegisteredTrial]:
    """Return the trials of a file or of every page of an address, each once.

    Raises
    ------
    InputError
        If it cannot be reached or read.
    """
    pages = _pages(place, patience) if is_address(place) else iter([_file(Path(place))])
    trials: dict[str, RegisteredTrial] = {}
    for page in pages:
        for trial in page.trials:
            trials.setdefault(trial.nct, trial)
    return list(trials.values())


def _file(path: Path) -> Page:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(Problem(file=str(path), what=f"cannot be read: {error.strerror}")) from None
    return read_page(_decoded(raw, str(path)), str(path))


def _decoded(raw: bytes, place: str) -> str:
    if len(raw) > MAX_BYTES:
        raise InputError(Problem(file=place, what="is too large", expected=f"at most {MAX_BYTES:,} bytes"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem(file=place, what="is not UTF-8 text", expected="JSON of ClinicalTrials.gov")) from None


def _pages(address: str, patience: Patience) -> Iterator[Page]:
    _require_address(address)
    token: str | None = None
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        place = _with_token(address, token)
        page = read_page(_fetch(place, patience), place)
        yield page
        token = page.next_token
        if token is None:
            return
        if token in seen:
            raise InputError(Problem(file=address, what=f"gives the page '{token}' again and again"))
        seen.add(token)
    what = f"has more than {MOST_PAGES} pages"
    raise InputError(Problem(file=address, what=what, hint="Ask for fewer trials, as with '?query.intr=birinapant'"))


def _require_address(address: str) -> None:
    try:
        parts = urllib.parse.urlsplit(address)
        address.encode("ascii")
    except UnicodeEncodeError as error:
        what = f"'{address[error.start]}' cannot stand in an address"
        hint = "Copy it from the browser's address line, which writes such letters as % and two digits"
        raise InputError(Problem(file=address, what=what, hint=hint)) from None
    except ValueError as error:
        expected = "an address such as 'https://clinicaltrials.gov/api/v2/studies?query.intr=birinapant'"
        raise InputError(Problem(file=address, what=f"is no address: {error}", expected=expected)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        what = f"'{parts.scheme}' is not spoken" if parts.scheme not in ("http", "https") else "names no host"
        raise InputError(Problem(file=address, what=what, expected="an address that begins with https:// or http://"))


def _with_token(address: str, token: str | None) -> str:
    if token is None:
        return address
    parts = urllib.parse.urlsplit(address)
    query = [pair for pair in urllib.parse.parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "pageToken"]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode([*query, ("pageToken", token)])))


def _fetch(address: str, patience: Patience) -> str:
    """Return an answer as text, asking again where that may help."""
    pause = patience.pause_seconds
    for attempt in range(1, patience.tries + 1):
        try:
            return _ask(address, patience.seconds)
        except urllib.error.HTTPError as error:
            with error:
                said = one_line(error.read(2_000).decode("utf-8", "replace"))
            if error.code not in ASK_AGAIN or attempt == patience.tries:
                raise InputError(_refused(address, error.code, said)) from None
        except (TimeoutError, urllib.error.URLError, HTTPException, ConnectionError) as error:
            if attempt == patience.tries:
                raise InputError(_unreachable(address, error, patience)) from None
        time.sleep(pause)
        pause *= 2
    raise AssertionError  # the last try has returned or raised


def _ask(address: str, seconds: float) -> str:
    request = urllib.request.Request(address, headers={"Accept": "application/json", "User-Agent": AGENT})
    deadline = time.monotonic() + seconds
    with _opener().open(request, timeout=seconds) as answer:
        pieces: list[bytes] = []
        size = 0
        # A server that sends a byte now and then never times out by itself.
        while piece := answer.read1(65_536):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BYTES:
                break
            if time.monotonic() > deadline:
                raise TimeoutError
        expected = answer.headers.get("Content-Length")
        if size <= MAX_BYTES and expected is not None and expected.isdigit() and int(expected) > size:
            message = f"only {size} of {expected} bytes came"
            raise ConnectionError(message)
    return _decoded(b"".join(pieces), address)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect, as those of old NCT numbers to new ones, on the same host only."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Return the request of the new address.

        Raises
        ------
        InputError
            If it is on another host or speaks another protocol.
        """
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.scheme not in ("http", "https") or new.hostname != old.hostname:
            what = f"sends on to another place, '{one_line(newurl)}'"
            raise InputError(Problem(file=req.full_url, what=what, hint="If you trust it, give that address"))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_SameHost)


def _refused(address: str, code: int, said: str) -> Problem:
    words = f": '{said[:160]}'" if said else ""
    hint = "Wait a minute and ask again" if code in ASK_AGAIN else "Look at the address: does the trial exist?"
    return Problem(file=address, what=f"the register answered {code}{words}", hint=hint)


def _unreachable(address: str, error: Exception, patience: Patience) -> Problem:
    reason = getattr(error, "reason", error)
    if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
        what = f"no whole answer within {patience.seconds:g} s, asked {patience.tries} times"
    else:
        what = f"cannot be reached: {reason}"
    hint = "avpi needs no network: save the answer in a file and give that with --from"
    return Problem(file=address, what=what, hint=hint)
