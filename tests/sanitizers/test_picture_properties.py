"""What holds for any bytes: they end in a copy or a refusal, and a copy is left as it is; also in a locked child."""

import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.errors import InputError
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.png import PNG
from tests.sanitizers.pictures import corpus, exif, jpeg, limited, orientation, png_of, rebuild, scene

FULL = limited(max_pixels=1 << 20)
LOSSLESS = Policy(name="lossless", rebuild=Rebuild.LOSSLESS, limits=FULL.limits)
SANITIZERS = {"jpeg": JPEG, "png": PNG}
SEEDS = [(kind, path.read_bytes()) for kind in SANITIZERS for path in corpus(kind) if path.stat().st_size < 9000]
SEEDS += [
    ("jpeg", jpeg(scene(mode), exif(orientation(6)), progressive=progressive))
    for mode in ("L", "RGB", "CMYK")
    for progressive in (False, True)
]
SEEDS += [("png", png_of(scene("RGB", (9, 7)).convert(mode))) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")]
SEEDS += [("png", png_of(scene(), save_all=True, append_images=[scene().rotate(90)]))]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real file with some bytes changed, a part taken out, put in or doubled."""
    kind, seed = draw(st.sampled_from(SEEDS))
    data = bytearray(seed)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, min(len(data) - 1, 700) if draw(st.booleans()) else len(data) - 1)))
        length = draw(st.integers(0, 40))
        match draw(st.sampled_from(["change", "cut", "insert", "double"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del data[at : at + length]
            case "insert":
                data[at:at] = draw(st.binary(max_size=20))
            case "double":
                data[at:at] = data[at : at + length]
    return kind, bytes(data)


@pytest.mark.parametrize("policy", [FULL, LOSSLESS], ids=lambda policy: policy.name)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=damaged())
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(policy, case):
    kind, untrusted = case
    try:
        copy = rebuild(SANITIZERS[kind], untrusted, policy)
    except InputError:
        return

    again = rebuild(SANITIZERS[kind], copy.data, policy)
    assert again.data == copy.data
    assert all(finding.action is Action.KEEP for finding in again.findings)
    assert rebuild(SANITIZERS[kind], untrusted, policy) == copy  # the same file gives the same copy


@pytest.mark.parametrize("kind", SANITIZERS)
@given(untrusted=st.binary(max_size=100))
def test_any_bytes_are_refused_as_such(kind, untrusted):
    with pytest.raises(InputError):
        rebuild(SANITIZERS[kind], untrusted)


def test_a_warm_child_opens_no_file():
    """The worker that a file is given to can open nothing: all that it needs was loaded by warm()."""
    program = """
        import os, resource, sys
        from tests.sanitizers.pictures import corpus, rebuild
        from sanitizers.errors import InputError
        from sanitizers.formats import jpeg, png

        files = [(jpeg.JPEG, path.read_bytes()) for path in corpus("jpeg")]
        files += [(png.PNG, path.read_bytes()) for path in corpus("png")]
        jpeg.warm()
        png.warm()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            done = 0
            for sanitizer, untrusted in files:
                try:
                    done += bool(rebuild(sanitizer, untrusted).data)
                except InputError:
                    pass
            os._exit(0 if done >= 15 else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr
