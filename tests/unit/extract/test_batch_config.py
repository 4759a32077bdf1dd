from __future__ import annotations

import pickle
from dataclasses import fields

import pytest

from snake_pipe.errors import ConfigError
from snake_pipe.extract.batch_config import PRESETS, BatchConfig, load_config


def test_the_documented_defaults():
    config = BatchConfig()
    assert (
        config.batch_size,
        config.max_concurrent_batches,
        config.retry_attempts,
        config.timeout_seconds,
    ) == (
        200,
        4,
        3,
        300,
    )


def test_a_configuration_travels_to_workers():
    config = BatchConfig(tables=("symbols",))
    assert pickle.loads(pickle.dumps(config)) == config


def test_every_setting_says_what_it_means():
    assert all(field.metadata["doc"] for field in fields(BatchConfig))


def test_sources_by_rank_and_with_their_origin(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.snake-pipe]\npreset = "latency"\nbatch-size = 1\n'
        "flush-interval = 7\nmax-failures = 3\nretry-attempts = 9\n"
    )
    (tmp_path / "snake-pipe.toml").write_text("batch_size = 2\nflush_interval = 8\nmax_failures = 4\n")
    environment = {"SNAKE_PIPE_FLUSH_INTERVAL": "9", "SNAKE_PIPE_MAX_FAILURES": "5", "HOME": "/"}
    loaded = load_config({"max_failures": 6, "attrs": None}, project=tmp_path, environment=environment)
    config, origins = loaded.config, loaded.origins
    assert (config.max_failures, origins["max_failures"]) == (6, "command line")
    assert (config.flush_interval, origins["flush_interval"]) == (9.0, "environment")
    assert (config.batch_size, origins["batch_size"]) == (2, "snake-pipe.toml")
    assert (config.retry_attempts, origins["retry_attempts"]) == (9, "pyproject.toml")
    assert (config.max_latency, origins["max_latency"]) == (0.25, "preset latency")
    assert (config.attrs, origins["attrs"]) == (False, "default")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid(preset):
    assert load_config(preset=preset, environment={}).config


def test_text_is_converted():
    environment = {
        "SNAKE_PIPE_ATTRS": "true",
        "SNAKE_PIPE_TABLES": "symbols, refs",
        "SNAKE_PIPE_MAX_LATENCY": "",
    }
    config = load_config(environment=environment).config
    assert (config.attrs, config.tables, config.max_latency) == (True, ("symbols", "refs"), None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_sise": 3}, "unknown setting 'batch_sise' in command line"),
        ({"batch_size": 0}, "batch_size = 0 in command line"),
        ({"batch_size": "many"}, "batch_size = 'many'"),
        ({"tables": ("nodes", "ndoes")}, "'ndoes'"),
        ({"compression": "rar"}, "'rar'"),
        ({"compression_level": 99}, "at most 22"),
        ({"max_latency": 0}, "above 0"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message):
        load_config(settings, environment={})


def test_an_unknown_preset_is_refused():
    with pytest.raises(ConfigError, match="no preset 'fast'"):
        load_config(preset="fast", environment={})


def test_a_broken_settings_file_is_refused(tmp_path):
    (tmp_path / "snake-pipe.toml").write_text("batch_size =")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(project=tmp_path, environment={})


def test_an_update_is_checked_and_leaves_the_old_one():
    config = BatchConfig()
    assert config.updated({"batch_size": "7"}).batch_size == 7
    assert config.batch_size == 200
    with pytest.raises(ConfigError):
        config.updated({"batch_size": -1})
