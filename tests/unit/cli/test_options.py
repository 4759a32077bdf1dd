"""What the help says of settings, against the settings."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

from snake_pipe.cli.options.settings import Settings, WatchSettings
from snake_pipe.extract.batch_config import SETTINGS, WATCHING, load_config

SAID_IN_WORDS = {"all", "one per processor", "what cgroup and machine allow"}


def defaults_in_help(options: type) -> dict[str, str]:
    """The default that the help of each option names, by setting."""
    hints = get_type_hints(options, include_extras=True)
    helps = {
        field.name: get_args(hints[field.name])[1].help for field in fields(options) if field.name in SETTINGS
    }
    found = {name: re.search(r"Default: ([^.]+)\.", text) for name, text in helps.items()}
    return {name: match[1] for name, match in found.items() if match and match[1] not in SAID_IN_WORDS}


@pytest.mark.parametrize(("options", "watching"), [(Settings, False), (WatchSettings, True)])
def test_the_defaults_in_the_help_are_those_of_the_settings(options, watching):
    """Those of a watch are written twice, since the help is not to wait for the settings."""
    said = defaults_in_help(options)
    assert set(WATCHING) < set(said)
    config = load_config(environment={}, watching=watching).config
    assert {name: SETTINGS[name].read(text) for name, text in said.items()} == {
        name: getattr(config, name) for name in said
    }
