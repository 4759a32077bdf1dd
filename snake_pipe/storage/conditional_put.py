"""Puts of which one of several wins, also when an answer is lost."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from snake_pipe.storage.object_errors import os_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITER = "writer"
"""The key of an object's metadata that tells by which attempt it was made."""

_ATTEMPTS = 3
"""How often a put is sent of which nobody knows whether it arrived, after the library's own tries."""

_PAUSE = 0.5
"""Seconds between them, times a random factor of 1 to 2."""


def create_object(store: Any, key: str, data: bytes, url: str) -> None:
    """Make an object; FileExistsError if one is there.

    What is put carries a token in its metadata. So a put whose answer was lost is known when it is met
    again, and a second one of the same attempt can do no harm. PermissionError, FileNotFoundError where there
    is no such bucket; any other OSError means that nobody knows: the object may be there, or still arrive.
    """
    token = uuid4().hex
    for left in reversed(range(_ATTEMPTS)):
        try:
            with os_errors(url):
                store.put(key, data, mode="create", attributes={WRITER: token}, use_multipart=False)
        except FileExistsError:
            if was_made_by(token, store, key, url):
                return
            raise
        except (FileNotFoundError, PermissionError):
            raise
        except OSError:
            if not left:
                raise
            time.sleep(_PAUSE * (1 + random.random()))  # noqa: S311 - only spreads tries
        else:
            return


def was_made_by(token: str, store: Any, key: str, url: str) -> bool:
    """Whether an object is there and its metadata has that token; OSError if that can't be told."""
    try:
        with os_errors(url):
            found = store.get(key, options={"head": True})
            return bool(found.attributes.get(WRITER) == token)
    except FileNotFoundError:
        return False


def version_of(result: Mapping[str, Any]) -> dict[str, str]:
    """What names the version of an object, for a put that is to replace only that."""
    return {key: value for key in ("e_tag", "version") if (value := result.get(key)) is not None}
