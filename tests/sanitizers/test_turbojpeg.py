"""The binding of libjpeg-turbo: shapes are compared, warnings are told, handles leave nothing behind."""

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from sanitizers.codecs import turbojpeg
from sanitizers.codecs.turbojpeg import Planes, Sampling, plane_sizes
from sanitizers.errors import MalformedError
from tests.sanitizers.pictures import jpeg, scene, segments_of


def test_the_library_is_there():
    """It is among the requirements; without it copies are no fixed point."""
    assert turbojpeg.is_available()
    assert turbojpeg.origin() in ("system", "wheel")


def test_planes_are_as_large_as_their_sampling_makes_them():
    planes, warning = turbojpeg.decode(jpeg(scene(size=(33, 17)), subsampling="4:2:0"), 33, 17, Sampling.QUARTER)

    assert warning == ""
    assert [len(plane) for plane in planes.planes] == [34 * 18, 17 * 9, 17 * 9]


def test_a_library_that_measures_planes_otherwise_is_not_used():
    """It would write beyond the room that is made for them."""
    unpadded = SimpleNamespace(tjPlaneWidth=lambda _, side, __: side, tjPlaneHeight=lambda _, side, __: side)

    assert turbojpeg._measures_planes_as_we_do(turbojpeg._LIBRARY)
    assert not turbojpeg._measures_planes_as_we_do(unpadded)


@pytest.mark.parametrize("shape", [(32, 17, Sampling.QUARTER), (33, 18, Sampling.QUARTER), (33, 17, Sampling.FULL)])
def test_another_shape_than_the_callers_is_refused(shape):
    """The planes are made for the shape that our own parser read; a decoder that reads another would write beyond."""
    with pytest.raises(MalformedError, match="shape"):
        turbojpeg.decode(jpeg(scene(size=(33, 17)), subsampling="4:2:0"), *shape)


def test_what_is_no_jpeg_is_refused():
    with pytest.raises(MalformedError):
        turbojpeg.decode(b"no jpeg", 8, 8, Sampling.GRAY)
    with pytest.raises(MalformedError):
        turbojpeg.transcode(b"no jpeg")


def test_damage_is_told():
    data = jpeg(scene(size=(64, 64)))
    cut = data[:-60] + b"\xff\xd9"

    assert "premature end" in turbojpeg.decode(cut, 64, 64, Sampling.QUARTER)[1]
    assert "premature end" in turbojpeg.transcode(cut)[1]


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("size", [(1, 1), (15, 7), (33, 17), (40, 24), (61, 65)])
@pytest.mark.parametrize("is_cut", [False, True])
def test_every_byte_of_the_planes_is_written(sampling, size, is_cut):
    """Room for them is not cleared: what another file left there may not be seen in a picture, nor in a damaged one."""
    samples = [bytes(at * 7 % 251 for at in range(w * h)) for w, h in plane_sizes(*size, sampling)]
    coded = turbojpeg.encode(Planes.of(*size, sampling, samples), 90)
    if is_cut:
        coded = coded[: (coded.index(b"\xff\xda") + 14 + len(coded)) // 2] + b"\xff\xd9"
    rooms = [Planes.of(*size, sampling, [bytes((fill,)) * len(plane) for plane in samples]) for fill in (0x00, 0xFF)]
    warnings = [turbojpeg.decode_into(room, coded) for room in rooms]

    assert warnings[0] == warnings[1]
    assert [bytes(plane) for plane in rooms[0].planes] == [bytes(plane) for plane in rooms[1].planes]


def test_transcoding_keeps_pixels_and_takes_no_marker_over():
    data = jpeg(None, b"\xff\xfe\x00\x07words", progressive=True)
    coded, warning = turbojpeg.transcode(data)

    assert warning == ""
    assert Image.open(io.BytesIO(coded)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    assert {0xC0, 0xE0} <= {marker for marker, _ in segments_of(coded)} and b"words" not in coded


def test_no_call_changes_the_next_one():
    """A handle that met a progressive or broken file must not spoil the next result."""
    baseline, progressive = jpeg(), jpeg(progressive=True)
    before = turbojpeg.transcode(baseline)
    turbojpeg.transcode(progressive)
    turbojpeg.transcode(baseline[:-40] + b"\xff\xd9")

    assert turbojpeg.transcode(baseline) == before
