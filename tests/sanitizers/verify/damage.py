"""hurt(): a good file with a few bytes changed, for what must hold for any bytes."""

from hypothesis import strategies as st


@st.composite
def hurt(draw, seeds):
    """A good file with a few bytes changed, lost, doubled or put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        match draw(st.sampled_from(["change", "lose", "double", "put in"])):
            case "change":
                data[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
            case "lose":
                del data[start:end]
            case "double":
                data[start:start] = data[start:end]
            case "put in":
                data[start:start] = draw(
                    st.binary(max_size=8) | st.sampled_from([b"=", b"\xff", b"PK", b"\x1b", b"\0"])
                )
    return bytes(data)
