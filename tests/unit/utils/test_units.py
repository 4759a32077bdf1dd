from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.utils.units import parse_bytes, parse_count, parse_seconds


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_seconds, "2", 2.0),
        (parse_seconds, "2s", 2.0),
        (parse_seconds, "500ms", 0.5),
        (parse_seconds, " 1.5 h ", 5400.0),
        (parse_seconds, "1m", 60.0),
        (parse_seconds, "1min", 60.0),
        (parse_seconds, "3D", 259_200.0),
        (parse_seconds, "1e-3", 0.001),
        (parse_bytes, "512", 512),
        (parse_bytes, "512B", 512),
        (parse_bytes, "100k", 102_400),
        (parse_bytes, "100KiB", 102_400),
        (parse_bytes, "100kB", 100_000),
        (parse_bytes, "0.5MiB", 524_288),
        (parse_bytes, "1_000", 1000),
        (parse_bytes, "2G", 2 << 30),
        (parse_count, "100k", 100_000),
        (parse_count, "1.5M", 1_500_000),
        (parse_count, "-1", -1),  # limits are checked by who asks
    ],
)
def test_what_people_write(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize("parse", [parse_seconds, parse_bytes, parse_count])
@pytest.mark.parametrize(
    "text", ["", "s", "two", "1x", "1 2", "nan", "inf", "1e999", "--1", "1__0", "0x10", "1,5"]
)
def test_what_means_nothing(parse, text):
    with pytest.raises(ValueError, match="expected a"):
        parse(text)


@pytest.mark.parametrize("parse", [parse_bytes, parse_count])
def test_half_a_byte(parse):
    with pytest.raises(ValueError, match="not a whole number"):
        parse("0.5")


@given(st.integers(0, 2**50))
def test_plain_numbers_are_themselves(number):
    assert parse_bytes(str(number)) == parse_count(str(number)) == number
