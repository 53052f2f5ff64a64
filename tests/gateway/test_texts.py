"""What people read is complete in both languages."""

from gateway.texts import REASONS, REFUSALS, reason_text
from sanitizers.errors import Reason


def test_every_reason_is_told_in_both_languages():
    """No reason is missing, and Japanese is Japanese."""
    assert set(REASONS) == set(Reason)
    for text in [*REASONS.values(), *(refusal.title for refusal in REFUSALS.values())]:
        assert text.en.isascii() and text.en.endswith(".")
        assert not text.ja.isascii() and text.ja.endswith("。")


def test_a_reason_is_told_in_the_language_asked_for():
    """Anything but "ja" is answered in English."""
    assert "パスワード" in reason_text(Reason.ENCRYPTED, "ja")
    assert "password" in reason_text(Reason.ENCRYPTED, "fr")


def test_a_refusal_is_an_error_status():
    """Codes are lower-case words, statuses 400 and up."""
    assert all(400 <= refusal.status < 600 for refusal in REFUSALS.values())
    assert all(code.replace("-", "").isalpha() and code.islower() for code in REFUSALS)
