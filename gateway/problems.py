"""RFC 9457 problems: stable codes, told in Japanese or English by Accept-Language.

Source: RFC 9457 (Problem Details for HTTP APIs), RFC 9110 section 12.5.4 (Accept-Language).
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.texts import REFUSALS

CONTENT_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:sekisho:problem:"
_RETRY_AFTER_S: Final = {"busy": 2, "unavailable": 10, "no-space": 60, "quota": 30, "in-progress": 1, "not-ready": 1}
_MAX_LANGUAGES: Final = 20


class Problem(Exception):  # noqa: N818, the standard's word
    """A request that is not served, and why: a code of texts.REFUSALS. `more` is added to the answer as it is."""

    def __init__(self, code: str, detail: str = "", more: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code, self.detail, self.more = code, detail, more or {}

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return REFUSALS[self.code].status


def answer(problem: Problem, accept_language: str) -> web.Response:
    """The response for a problem."""
    language = language_of(accept_language)
    body: dict[str, Any] = {
        "type": _TYPE + problem.code,
        "title": REFUSALS[problem.code].title.within(language),
        "status": problem.status,
        "code": problem.code,
    }
    if problem.detail:
        body["detail"] = problem.detail
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if problem.code in _RETRY_AFTER_S:
        headers["Retry-After"] = str(_RETRY_AFTER_S[problem.code])
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="sekisho"'
    content = orjson.dumps({**body, **problem.more})
    return web.Response(body=content, status=problem.status, headers=headers, content_type=CONTENT_TYPE)


def language_of(accept_language: str) -> str:
    """ "ja" or "en", whichever the client would rather read; English when it does not say."""
    best, language = 0.0, "en"
    for item in accept_language.split(",")[:_MAX_LANGUAGES]:
        tag, _, parameters = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if primary in ("ja", "en") and weight > best:
            best, language = weight, primary
    return language


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
