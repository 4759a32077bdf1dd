"""Credentials of S3 from where the tools of AWS look for them; what is seen of them nowhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from snake_pipe.errors import UsageError
from snake_pipe.storage.open import open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from testkit.object_servers import ObjectServer


@pytest.fixture
def profile(bucket: str, object_server: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The place of `bucket`, to which only a profile in the files of AWS's tools leads."""
    for name in object_server.environment:
        monkeypatch.delenv(name)
    keys, settings = tmp_path / "credentials", tmp_path / "config"
    keys.write_text("[ours]\naws_access_key_id = tester\naws_secret_access_key = hush\n")
    endpoint = object_server.environment["AWS_ENDPOINT_URL"]
    settings.write_text(f"[profile ours]\nregion = eu-west-1\nendpoint_url = {endpoint}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    monkeypatch.setenv("AWS_PROFILE", "ours")
    return bucket


def test_a_profile_leads_to_the_bucket(profile: str) -> None:
    storage = open_storage(profile)
    storage.create("a", b"1")
    assert storage.read("a") == b"1"
    options = storage.delta_options
    assert options is not None
    assert (options["aws_region"], options["aws_access_key_id"]) == ("eu-west-1", "tester")
    assert "hush" not in storage.url + storage.delta_url + repr(storage)


def test_variables_come_before_files(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert open_storage(profile).delta_options is None


def test_a_profile_that_is_missing_is_told(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="nobody"):
        open_storage(profile).read("a")


def test_profiles_need_a_library(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(UsageError, match="pip install boto3"):
        open_storage(profile).read("a")
