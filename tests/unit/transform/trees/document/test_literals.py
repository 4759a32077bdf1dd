"""Numbers beyond 64 bits: what the fast decoder rounds is found again in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.transform.dialects.python_ast import PYTHON_AST
from snake_pipe.transform.trees.document.decoding import decode, decode_exactly
from snake_pipe.transform.trees.document.literals import InexactNumberError, Literals


def texts_of(text: bytes) -> list[str | None]:
    """The texts of a list of literals, decoded as the transformer does it."""
    try:
        literals = Literals(PYTHON_AST, text)
        return [literals.text_of({"value": value}, "value") for value in decode(text)]
    except InexactNumberError:
        literals = Literals(PYTHON_AST, None)
        return [literals.text_of({"value": value}, "value") for value in decode_exactly(text)]


numbers = (
    st.integers(-(2**70), 2**70).map(str)
    | st.integers(2**63 - 2, 2**64 + 2).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(["1e19", "10000000000000000000", "1.0e19", "1E+19", "10000000000000000000.5", "1e5"])
    | st.builds("{}e{}".format, st.integers(1, 10**20), st.integers(0, 12))
)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_numbers_are_those_of_an_exact_decoder(found: list[str]) -> None:
    text = f"[{','.join(found)}]".encode()
    exact = [repr(v) if isinstance(v, float) else str(v) for v in decode_exactly(text)]
    assert texts_of(text) == exact


def test_digits_in_a_string_are_no_number() -> None:
    """1.0 was written as the 51 digits of a string that are as much, beside a number beyond 64 bits."""
    text = b'["1.%b1", 36893488147419103232, 1.0, "%b"]' % (b"0" * 50, b"1" + b"0" * 30)
    assert texts_of(text)[1:3] == ["36893488147419103232", "1.0"]
    assert texts_of(b'["1%b", 1e+30]' % (b"0" * 30))[1] == "1e+30"


@pytest.mark.parametrize("digits", ["18446744073709551616", "-18446744073709551617", "9" * 300])
def test_large_integers_keep_their_digits_beside_floats(digits: str) -> None:
    assert texts_of(f"[1e300, {digits}, 0.5]".encode()) == ["1e+300", digits, "0.5"]


def test_an_integer_and_a_float_of_one_value_need_the_exact_decoder() -> None:
    text = b"[100000000000000000000, 1e20]"
    with pytest.raises(InexactNumberError):
        Literals(PYTHON_AST, text).text_of({"value": 1e20}, "value")
    assert texts_of(text) == ["100000000000000000000", "1e+20"]


def test_digits_in_strings_change_nothing() -> None:
    assert texts_of(b'["100000000000000000000", 1e20]')[1] == "1e+20"
    assert texts_of(b'["a 99999999999999999999e5 b", 1e30]')[1] == "1e+30"
