from __future__ import annotations

import pytest

from snake_pipe.errors import ConfigError
from snake_pipe.plugins.sinks import refuse_password

SECRET = "Geheimnis"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://anna:{SECRET}@h/d",
        f"acme.sinks:Queue=amqp://anna:{SECRET}@h",
        f"postgresql://h/d?sslmode=require&password={SECRET}",
        f"postgresql://:{SECRET}@h",
    ],
)
def test_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_password(text)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://anna@h:5432/d?schema=x",
        "postgresql://[::1]:5432/d",
        "acme.sinks:Queue=amqp://h:5672/a@b",
        "iceberg:///srv/lake",
        "sqlite=trees.db",
    ],
)
def test_what_holds_none_is_taken(text: str) -> None:
    refuse_password(text)
