"""RFC 9457 problems: complete, stable, and in the reader's language."""

import orjson
import pytest

from gateway.problems import Problem, answer, language_of
from gateway.texts import REFUSALS


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_refusal_can_be_told(code: str, language: str):
    """Type, title, status and code; more members are added as they are."""
    response = answer(Problem(code, "where", more={"max_bytes": 5}), language)
    told = orjson.loads(response.body)  # type: ignore[arg-type]

    assert response.status == told["status"] == REFUSALS[code].status
    assert told["type"] == f"urn:sekisho:problem:{code}"
    assert told["title"] == REFUSALS[code].title.within(language)
    assert (told["detail"], told["max_bytes"]) == ("where", 5)
    assert response.content_type == "application/problem+json"


def test_who_may_come_again_is_told_when():
    """Retry-After where trying again may help, and nowhere else."""
    assert {code for code in REFUSALS if "Retry-After" in answer(Problem(code), "").headers} == {
        "busy",
        "quota",
        "unavailable",
        "no-space",
        "in-progress",
        "not-ready",
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-GB,ja;q=0.9", "en"),
        ("fr;q=1, ja;q=0.1", "ja"),
        ("ja;q=nonsense", "en"),
        ("*", "en"),
        (",;,;q==,=", "en"),
        (", " * 5000 + "ja", "en"),
    ],
)
def test_the_language_is_the_one_that_weighs_most(header: str, language: str):
    """Accept-Language, however it is written."""
    assert language_of(header) == language
