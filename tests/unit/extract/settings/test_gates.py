"""Gates as users write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snake_pipe.errors import ConfigError
from snake_pipe.extract.batch_config import load_config
from snake_pipe.extract.settings.gates import MEASURES, Gate, limit_failures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ok>=99.5%", ("ok", ">=", Fraction("99.5"), True, "")),
        ("failed<=10", ("failed", "<=", Fraction(10), False, "")),
        ("new-failures=0", ("new-failures", "=", Fraction(0), False, "")),
        (" python : ok >= 99 % ", ("ok", ">=", Fraction(99), True, "python")),
        ("new_failures<1", ("new-failures", "<", Fraction(1), False, "")),
        ("ast:quarantined>0", ("quarantined", ">", Fraction(0), False, "ast")),
        ("c-sharp:skipped<5", ("skipped", "<", Fraction(5), False, "c-sharp")),
        ("drift=0", ("drift", "=", Fraction(0), False, "")),
    ],
)
def test_gates_are_read(text, expected):
    gate = Gate.parse(text)
    assert (gate.measure, gate.relation, gate.limit, gate.is_percentage, gate.language) == expected
    assert gate.text == text.strip()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ok", "cannot be read"),
        ("", "cannot be read"),
        ("ok>>5", "cannot be read"),
        ("ok=>5", "cannot be read"),
        ("ok>=99,5%", "cannot be read"),
        ("ok>=-1", "cannot be read"),
        ("okay>=99%", "did you mean ok?"),
        ("deleted=0", "no measure 'deleted'"),
        ("pyhton:ok>=99%", "did you mean python?"),
        (":ok>=99%", "there is no language ''"),
        ("ok>=100.1%", "beyond 100 %"),
        ("ok>=99.5", "no whole number"),
    ],
)
def test_what_is_no_gate_is_refused_with_what_is_possible(text, said):
    with pytest.raises(ConfigError) as refused:
        Gate.parse(text)
    assert said in str(refused.value)
    assert "python:ok>=99%" in refused.value.hint
    assert repr(text) in refused.value.message


@example(999, 1000, 999)
@given(st.integers(0, 10**7), st.integers(1, 10**7), st.integers(0, 1000))
def test_percentages_are_exact(count, total, tenths):
    """With floating point, 99.5 % of 200 files were not always 199."""
    limit = f"{tenths // 10}.{tenths % 10}%"
    shares = [Gate.parse(f"ok{relation}{limit}").allows(count, total) for relation in (">=", "=", "<")]
    difference = 1000 * count - tenths * total
    assert shares == [difference >= 0, difference == 0, difference < 0]


def test_of_no_files_every_percentage_is_met_but_not_every_number():
    assert Gate.parse("ok>=99%").allows(0, 0)
    assert not Gate.parse("ok>=1").allows(0, 0)


@given(st.sampled_from(MEASURES), st.sampled_from([">=", "<=", "=", "<", ">"]), st.integers(0, 99))
def test_every_measure_has_every_relation(measure, relation, limit):
    gate = Gate.parse(f"{measure}{relation}{limit}")
    assert gate.allows(limit, 100) == ("=" in relation)


def test_gates_are_a_setting(tmp_path):
    (tmp_path / "snake-pipe.toml").write_text('gates = ["ok>=99%", "python:failed<=2"]\n')
    config = load_config(project=tmp_path, environment={}).config
    assert config.gates == ("ok>=99%", "python:failed<=2")
    environment = {"SNAKE_PIPE_GATES": "failed<=1, drift=0"}
    assert load_config(project=tmp_path, environment=environment).config.gates == ("failed<=1", "drift=0")
    with pytest.raises(ConfigError, match="gates in command line: the gate 'x' cannot be read"):
        load_config({"gates": ["x"]}, environment={})


@pytest.mark.parametrize(
    ("gates", "max_failures"),
    [
        (["ok>=99%"], None),
        (["new-failures=0", "drift=0"], None),
        (["python:failed<=3"], 0),
        (["drift=0"], 0),
        (["quarantined=0"], 0),
    ],
)
def test_gates_about_failures_take_the_place_of_the_default_of_max_failures(gates, max_failures):
    """`--gate 'failed<=10'` would mean nothing where one failure ends a run with 3."""
    assert limit_failures(gates) == (max_failures is None)
    loaded = load_config({"gates": gates}, environment={})
    if max_failures is None:
        assert loaded.config.max_failures > 10**12
        assert loaded.origins["max_failures"] == "gates"
    else:
        assert loaded.config.max_failures == max_failures
    assert load_config({"gates": gates, "max_failures": 2}, environment={}).config.max_failures == 2
    assert load_config({"gates": gates}, environment={}, watching=True).config.max_failures == 0
