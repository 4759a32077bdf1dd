"""Errors of object stores as the OSErrors that a disk would give, in one line without anything secret."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUERY = re.compile(r"(https?://[^\s?)]*)\?[^\s)]*")
_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>")
_STATUS = re.compile(r"status code: (\d+)")
_LONGEST = 300

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, or the machine's account",
    "az": "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_CLIENT_ID",
}
"""Where credentials are looked for, by the scheme of URLs."""

_NO_CREDENTIALS = ("169.254.169.254", "metadata.google.internal", "credential", "Account must be specified")
"""What errors say that come from the search for credentials."""


@contextmanager
def os_errors(url: str) -> Iterator[None]:
    """What is raised inside by the library becomes an OSError about `url`."""
    from obstore import exceptions as raised

    try:
        yield
    except FileNotFoundError as error:
        raise _missing(error, url) from None
    except (raised.AlreadyExistsError, raised.PreconditionError):
        raise FileExistsError(errno.EEXIST, "Object exists", url) from None
    except (raised.PermissionDeniedError, raised.UnauthenticatedError) as error:
        raise _refused(error, url) from None
    except raised.BaseError as error:
        if _is_of_missing_bucket(error):
            raise _missing(error, url) from None
        text = _first_line(error)
        if any(word in text for word in _NO_CREDENTIALS) or _STATUS.findall(text)[-1:] in (["401"], ["403"]):
            raise _refused(error, url) from None
        raise OSError(errno.EIO, text, url) from None


def _is_of_missing_bucket(error: Exception) -> bool:
    return any(code in str(error) for code in ("NoSuchBucket", "ContainerNotFound"))


def _missing(error: Exception, url: str) -> FileNotFoundError:
    what = "the bucket does not exist" if _is_of_missing_bucket(error) else "No such object"
    return FileNotFoundError(errno.ENOENT, what, url)


def _refused(error: Exception, url: str) -> PermissionError:
    places = _CREDENTIALS[url.partition(":")[0]]
    return PermissionError(
        errno.EACCES, f"refused; credentials come from {places} ({_first_line(error)})", url
    )


def _first_line(error: Exception) -> str:
    """What a message says: no dump of the library's structures, no XML, no query strings with signatures."""
    whole = str(error)
    line = whole.strip().partition("\n")[0].partition("<")[0].strip(" :")
    line = _QUERY.sub(r"\1", line)
    code = _CODE.search(whole)
    told = f"{line}: {code.group(1)}" if code else line
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
