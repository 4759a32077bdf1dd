from __future__ import annotations

import pickle
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snake_pipe.errors import ConfigError
from snake_pipe.sinks.postgresql.address import parse_address

SECRET = "Geheimnis"


def test_what_is_ours_is_taken_out_and_the_rest_is_for_libpq() -> None:
    address = parse_address("postgresql://anna@db.example:5433/code?schema=ours&sslmode=require")
    assert (address.schema, address.replaces) == ("ours", False)
    assert address.shown == "PostgreSQL (db.example:5433, database code)"
    parts = urlsplit(address.uri)
    assert (parts.netloc, parts.path) == ("anna@db.example:5433", "/code")
    query = parse_qs(parts.query)
    assert query["sslmode"] == ["require"]
    assert "schema" not in query


def test_values_are_written_as_libpq_reads_them() -> None:
    uri = parse_address("postgresql://h/d?options=-c%20a%3Db+c").uri
    assert "options=-c%20a%3Db%2Bc" in uri


@pytest.mark.parametrize("text", ["", "postgresql://", "postgres://"])
def test_everything_may_come_from_the_usual_places(text: str) -> None:
    address = parse_address(text)
    assert address.uri.startswith("postgresql://?")
    assert (address.schema, address.shown) == ("snake_pipe", "PostgreSQL")


def test_waits_have_an_end_which_the_user_may_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_qs(urlsplit(parse_address("").uri).query)["connect_timeout"] == ["10"]
    own = parse_address("postgresql://h/d?connect_timeout=3").uri
    assert parse_qs(urlsplit(own).query)["connect_timeout"] == ["3"]
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "4")
    assert "connect_timeout" not in parse_address("").uri


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://anna:{SECRET}@h/d",
        f"postgresql://anna:{SECRET}/x@h/d",
        f"postgresql://anna:{SECRET}?x@h/d",
        f"postgresql://anna:{SECRET}#x@h/d",
        f"postgresql://h/d?password={SECRET}",
        f"postgresql://h/d?sslpassword={SECRET}",
        f"mysql://anna:{SECRET}@h/d",
        f"host=h password={SECRET}",
    ],
)
def test_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_address(text)
    assert SECRET not in str(pickle.loads(pickle.dumps(refused.value)))


@given(st.text(min_size=1).map(lambda text: f"{text}{SECRET}"))
def test_no_password_passes_however_it_is_written(password: str) -> None:
    for written in (password, quote(password), quote(password, safe="")):
        with pytest.raises(ConfigError) as refused:
            parse_address(f"postgresql://anna:{written}@h/d")
        assert SECRET not in str(refused.value)


@pytest.mark.parametrize("schema", ["", "pg_mine", "x" * 64, "\0"])
def test_a_schema_has_a_name_that_the_server_keeps(schema: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(f"postgresql://h/d?schema={quote(schema)}")


def test_replacing_is_yes_or_no() -> None:
    assert parse_address("postgresql://h/d?replace=yes").replaces
    with pytest.raises(ConfigError, match="yes or no"):
        parse_address("postgresql://h/d?replace=1")
