"""What is cleaned on one side, the judge accepts on the other: two rule sets, written apart."""

from hypothesis import example, given
from hypothesis import strategies as st

from policies.names import clean_name, clean_path, renamed
from sanitizers.verify.names import complaint

NAMES = st.text(
    st.one_of(
        st.sampled_from("./\\: ~$．：／＼℅\u3000\u202e\u200b\ufe00\U000e0100か\u3099\u00a5神CONaux.exe{}-\udc95\udc5c"),
        st.characters(),
    ),
    max_size=40,
)


@given(NAMES)
@example("x.{21ec2020-3aea-1069-a2dd-08002b30309d}")
@example("～＄x")
def test_a_released_name_has_no_complaint(raw):
    assert complaint(renamed(clean_name(raw).name, "txt")) == ""


@given(NAMES, st.integers(0, 40))
def test_a_cleaned_folder_has_no_complaint(raw, depth):
    assert complaint(clean_path("d/" * depth + raw + "/").name) == ""
