"""A bucket (Azure: a container) and how it is reached: addresses, credentials, time limits, tries.

Credentials come from where the tools of each cloud look for them, and stay in the library that sends
requests.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snake_pipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_TIMEOUT = 30.0
"""Seconds for one request and its answer, whole; no request has more than a few MB."""

_RETRIES = 6
_RETRY_TIMEOUT = 60.0
"""Seconds after which a request that failed is not sent again."""

_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
"""The variables that name another server than the cloud's own."""

_OWN_S3_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables of which one is enough to sign requests, whatever files say."""


class Bucket:
    """A bucket by its URL's scheme and its name. For any thread; another process opens it again."""

    def __init__(self, scheme: str, name: str) -> None:
        self.scheme = scheme
        self.name = name
        self.is_checked = False  # whether its server is known to keep conditions

    def __reduce__(self) -> tuple[Any, ...]:
        return Bucket, (self.scheme, self.name)

    @property
    def url(self) -> str:
        """As users write it."""
        return f"{self.scheme}://{self.name}"

    @cached_property
    def store(self) -> Any:
        """What sends requests, with tries for those that fail."""
        return self._open(timeout=REQUEST_TIMEOUT, retries=_RETRIES)

    def impatient_store(self, timeout: float) -> Any:
        """What sends a request once, and has the answer within `timeout` seconds or none."""
        return self._open(timeout=timeout, retries=0)

    @property
    def delta_options(self) -> Mapping[str, str] | None:
        """What deltalake needs beside the URL and the environment: addresses, and what only boto3 can read.

        Not to be shown: the keys of a profile are among it, as they are now.
        """
        options = {f"aws_{key}": value for key, value in self._profile.items()}
        if (provider := self._profile_credentials) is not None:
            keys = provider()
            options["aws_access_key_id"] = keys["access_key_id"]
            options["aws_secret_access_key"] = keys["secret_access_key"]
            if keys["token"]:
                options["aws_session_token"] = keys["token"]
        if self._is_plain_http:
            options["allow_http"] = "true"
        return options or None

    def _open(self, *, timeout: float, retries: int) -> Any:
        from obstore.store import AzureStore, GCSStore, S3Store

        options: dict[str, Any] = {
            "client_options": {
                "timeout": timedelta(seconds=timeout),
                "connect_timeout": timedelta(seconds=min(timeout, 10.0)),
                "allow_http": self._is_plain_http,
            },
            "retry_config": {"max_retries": retries, "retry_timeout": timedelta(seconds=_RETRY_TIMEOUT)},
        }
        if self.scheme == "gs":
            return GCSStore(self.name, **options)
        if self.scheme == "az":
            return AzureStore(self.name, **options)
        profile: Any = self._profile
        return S3Store(self.name, **options, **profile, credential_provider=self._profile_credentials)

    @property
    def _is_plain_http(self) -> bool:
        named = [value for name in _ENDPOINTS[self.scheme] if (value := os.environ.get(name))]
        named += [self._profile.get("endpoint_url", "")]
        if self.scheme == "az" and os.environ.get("AZURE_STORAGE_USE_EMULATOR", "").lower() in ("1", "true"):
            return True
        return named[0].startswith("http://")

    @cached_property
    def _profile(self) -> dict[str, str]:
        """Region and address that the files of AWS's tools name, where the environment names none."""
        if (session := self._session) is None:
            return {}
        settings = session.get_scoped_config()
        found = {}
        if not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
            found["region"] = settings.get("region")
        if not any(os.environ.get(name) for name in _ENDPOINTS["s3"]):
            found["endpoint_url"] = settings.get("endpoint_url")
        return {key: value for key, value in found.items() if value}

    @cached_property
    def _profile_credentials(self) -> Any:
        if self._session is None:
            return None
        import boto3
        from obstore.auth.boto3 import Boto3CredentialProvider

        try:
            return Boto3CredentialProvider(boto3.Session(botocore_session=self._session))
        except ValueError:  # files without credentials: those of the machine, then
            return None

    @cached_property
    def _session(self) -> Any:
        """What boto3 makes of `~/.aws`: profiles, single sign-on, roles; None where nothing is there."""
        if self.scheme != "s3" or any(os.environ.get(name) for name in _OWN_S3_CREDENTIALS):
            return None
        profile = os.environ.get("AWS_PROFILE")
        has_keys, has_settings = (path.is_file() for path in _aws_files())
        if profile is None and not has_keys and not has_settings:
            return None
        try:
            import botocore.exceptions
            import botocore.session
        except ImportError:
            if profile is None and not has_keys:  # a region, perhaps, and the machine has a role
                return None
            raise UsageError(
                "the credentials in ~/.aws are read by boto3, which is not installed",
                "pip install boto3, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ) from None
        session = botocore.session.Session(profile=profile)
        try:
            session.get_scoped_config()
        except botocore.exceptions.BotoCoreError as error:
            raise UsageError(f"AWS_PROFILE: {error}", "aws configure list-profiles") from error
        return session


def _aws_files() -> tuple[Path, Path]:
    home = Path("~/.aws").expanduser()
    return (
        Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials").expanduser(),
        Path(os.environ.get("AWS_CONFIG_FILE") or home / "config").expanduser(),
    )
