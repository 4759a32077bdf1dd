"""The object store that a dataset is in: whether it is reached, may be written to, and keeps conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.doctor.finding import Finding, Place, error, ok
from snake_pipe.errors import UsageError
from snake_pipe.storage.object_store import ObjectStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT = 3.0
"""Seconds for each of six requests, of which any that fails is the last one."""


def check_object_store(place: Place) -> Iterator[Finding]:
    """Tried with an object that is removed again. The clocks of hosts do not matter."""
    storage: object = place.dataset
    if not isinstance(storage, ObjectStorage):
        return
    subject, url = "object store", storage.url
    try:
        storage.check_server(_TIMEOUT)
    except UsageError as failure:
        yield error(subject, failure.message, failure.hint)
    except FileNotFoundError:
        yield error(subject, f"{url}: the bucket does not exist", "make it, or name another with -d")
    except PermissionError as failure:
        yield error(subject, f"{url}: {failure.strerror}", "name credentials that may write there")
    except OSError as failure:
        yield error(subject, f"{url}: {failure.strerror}", "is the network up, and the endpoint right?")
    else:
        found = f"{url} can be written to; its server lets one of several writers win"
        yield ok(subject, found)


CHECKS = (check_object_store,)
