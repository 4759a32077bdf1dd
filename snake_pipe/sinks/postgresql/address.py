"""Which database, and which schema of it: the address that a user gives, without a password."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from snake_pipe.errors import ConfigError

_SCHEMES = ("postgresql", "postgres")
_SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
_DEFAULTS = {
    "client_encoding": "UTF8",
    "fallback_application_name": "snake-pipe",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""What libpq is told unless the user does: a server that is gone is noticed within a minute."""

_MOST_LETTERS = 63
"""Of a name in PostgreSQL."""

_WHERE_TO = "PGPASSWORD, ~/.pgpass and service files are the places for passwords"


@dataclass(frozen=True, slots=True)
class Address:
    """`uri` is for libpq, `shown` for messages.

    `replaces` says that what the schema holds of another dataset may be dropped.
    """

    uri: str
    schema: str
    replaces: bool
    shown: str


def parse_address(text: str) -> Address:
    """The address in `postgresql://[user@][host][:port][/database][?schema=name&replace=yes&...]`.

    What is left out comes from where libpq takes it: PG* variables, a service file. ConfigError for what is
    no such address or holds a password; it never repeats the text, which others may see.
    """
    try:
        parts = urlsplit(text or "postgresql://")
        pairs = parts.query.replace("+", "%2B")  # which to libpq is no space
        query = dict(parse_qsl(pairs, keep_blank_values=True, strict_parsing=bool(pairs)))
    except ValueError:  # whose text may have all of the address
        raise ConfigError(
            "the address of the sink postgresql cannot be read",
            "write postgresql://user@host/database?name=value&name=value, and special characters as %XX",
        ) from None
    if parts.scheme not in _SCHEMES:
        raise ConfigError(
            "the address of the sink postgresql is none",
            "write postgresql://user@host/database; what is left out comes from PG* variables",
        )
    user, _, host = parts.netloc.rpartition("@")
    if ":" in user or _SECRETS & query.keys() or "@" in parts.path or parts.fragment:
        raise ConfigError(
            "the address of the sink postgresql holds a password, which others would see and jobs would keep",
            f"leave it out: {_WHERE_TO}",
        )
    schema = query.pop("schema", "snake_pipe")
    if not schema or len(schema.encode()) > _MOST_LETTERS or "\0" in schema or schema.startswith("pg_"):
        raise ConfigError(f"{schema!r} cannot be the name of a schema in PostgreSQL")
    replaces = query.pop("replace", "no")
    if replaces not in ("yes", "no"):
        raise ConfigError(f"replace={replaces} in the address of the sink postgresql: it is yes or no")
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in query}
    if "PGCONNECT_TIMEOUT" in os.environ:
        defaults.pop("connect_timeout", None)
    uri = f"postgresql://{parts.netloc}{parts.path}?{urlencode(defaults | query, quote_via=quote)}"
    server, database = host or query.get("host", ""), parts.path.strip("/")
    place = ", ".join([*([server] if server else ()), *([f"database {database}"] if database else ())])
    return Address(uri, schema, replaces == "yes", f"PostgreSQL ({place})" if place else "PostgreSQL")
