from __future__ import annotations

import pickle
from dataclasses import asdict, fields, replace
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import orjson
import pytest

from snake_pipe.errors import ConfigError
from snake_pipe.extract.batch_config import (
    PRESETS,
    ROW_SETTINGS,
    RUNTIME_SETTINGS,
    SETTINGS,
    WATCHING,
    BatchConfig,
    check_settings,
    load_config,
)
from snake_pipe.extract.settings import values


def test_the_documented_defaults():
    config = BatchConfig()
    assert (
        config.batch_size,
        config.max_concurrent_batches,
        config.retry_attempts,
        config.timeout_seconds,
    ) == (
        200,
        0,  # as many as suit the workers
        3,
        300,
    )


@pytest.mark.parametrize("made", [BatchConfig, lambda **given: load_config(given, environment={}).config])
def test_what_is_not_set_follows_the_workers_wherever_a_configuration_is_made(made):
    """Only `load_config` derived it once, so that a BatchConfig used four of its workers."""
    config = made(worker_count=8)
    assert config.most_in_flight == 17
    assert replace(config, worker_count=2).most_in_flight == 5
    assert replace(config, max_concurrent_batches=3).most_in_flight == 3


def test_what_is_in_force_has_derived_values():
    config = BatchConfig(worker_count=3)
    assert config.in_force("max_concurrent_batches") == 7
    assert config.in_force("worker_count") == 3
    assert config.in_force("max_failures") == 0, "0 is what it says"
    assert BatchConfig().in_force("worker_count") == BatchConfig().workers > 0


def test_a_derived_value_says_from_what(tmp_path):
    derived = load_config(environment={}).origins
    assert (derived["max_concurrent_batches"], derived["worker_count"]) == ("workers", "processors")
    told = load_config({"worker_count": 2}, environment={"SNAKE_PIPE_MAX_CONCURRENT_BATCHES": "9"}).origins
    assert (told["max_concurrent_batches"], told["worker_count"]) == ("environment", "command line")


def test_a_configuration_travels_to_workers():
    config = BatchConfig(tables=("symbols",))
    assert pickle.loads(pickle.dumps(config)) == config


def test_every_setting_says_what_it_means():
    assert all(setting.doc for setting in SETTINGS.values())


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
        ({"batch_size": 1.5}, "batch_size = 1.5 in command line: 1.5 is not a whole number"),
        ({"batch_size": True}, "batch_size = True in command line: expected a number"),
        (
            {"batch_size": None, "flush_interval": [5]},
            "flush_interval = .5. in command line: expected a time",
        ),
        ({"attrs": "maybe"}, "attrs = 'maybe' in command line: expected true or false"),
        ({"tables": 3}, "tables = 3 in command line: expected a list"),
        ({"priority": [9]}, "priority = .9. in command line: expected a list"),
        ({"compression": 3}, "compression = 3 in command line: expected a word"),
        ({"batch_bytes": 2**60}, "batch_bytes = 1152921504606846976 in command line"),
        ({"sinks": ["=x"]}, "has no name before the ="),
        ({"sinks": ["sqlite=a.db", "sqlite=a.db"]}, "the same sink is named twice"),
        ({"sink_failures": "ignore"}, "one of stop, warn"),
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


def test_a_change_is_checked_and_leaves_the_old_one():
    config = BatchConfig()
    assert config.changed({"batch_size": "7", "worker_count": 2}) == replace(
        config, batch_size=7, worker_count=2
    )
    assert config.batch_size == 200
    with pytest.raises(ConfigError):
        config.changed({"batch_size": -1})


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_a_watch_has_defaults_of_its_own(preset):
    """A preset that says nothing of them, such as low-memory, had taken a watch's defaults away."""
    loaded = load_config(preset=preset, environment={}, watching=True)
    said = {} if preset in (None, "throughput") else PRESETS[preset]
    for name, watched in WATCHING.items():
        assert getattr(loaded.config, name) == said.get(name, watched)
        assert loaded.origins[name] == (f"preset {preset}" if name in said else "watch")
    for name in set(PRESETS.get(preset, ())) - set(WATCHING):
        assert getattr(loaded.config, name) == PRESETS[preset][name]


def test_what_is_set_for_a_watch_counts_more_than_its_defaults():
    loaded = load_config({"flush_interval": "2s"}, environment={}, watching=True)
    assert (loaded.config.flush_interval, loaded.origins["flush_interval"]) == (2.0, "command line")
    assert (loaded.config.max_latency, loaded.origins["max_latency"]) == (1.0, "watch")


# -- while a job runs --------------------------------------------------------------------------------------


def test_what_may_change_while_a_job_runs():
    assert set(RUNTIME_SETTINGS) == {
        "batch_size",
        "max_batch_size",
        "batch_bytes",
        "target_seconds",
        "max_latency",
        "queue_sizes",
        "ageing_seconds",
        "max_concurrent_batches",
        "flush_interval",
        "checkpoint_interval",
        "shutdown_seconds",
    }


def test_an_update_takes_text_with_units():
    config = BatchConfig().updated(
        {
            "max_latency": "500ms",
            "batch_bytes": "16MiB",
            "batch_size": "1k",
            "ageing_seconds": "off",
            "flush_interval": "1m",
            "queue_sizes": "python=100, ast=4MB",
        }
    )
    assert (config.max_latency, config.batch_bytes, config.batch_size) == (0.5, 16 << 20, 1000)
    assert (config.ageing_seconds, config.flush_interval) == (None, 60.0)
    assert config.queue_sizes == ("python=100", "ast=4MB")


@pytest.mark.parametrize(
    "name", sorted({field.name for field in fields(BatchConfig)} - set(RUNTIME_SETTINGS))
)
def test_an_update_of_anything_else_is_refused(name):
    config = BatchConfig()
    with pytest.raises(ConfigError, match=f"{name} cannot be changed while a job runs") as caught:
        config.updated({"batch_size": 1, name: getattr(config, name)})
    assert "max_latency" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_latency": "2 parsecs"}, "max_latency = '2 parsecs' in update: expected a time such as 2s"),
        ({"max_latency": "0s"}, "above 0"),
        ({"batch_bytes": "16 Mio"}, "expected a size such as 100k"),
        ({"batch_bytes": "0.5"}, "not a whole number"),
        ({"batch_size": "none"}, "expected a number"),
        ({"flush_interval": float("inf")}, "finite"),  # the timer would never ring, nor the job ever commit
        ({"flush_interval": float("nan")}, "finite"),
        ({"queue_sizes": "python"}, "queue_sizes in update: the size 'python'"),
        ({"queue_sizes": "pyton=1"}, "did you mean python"),
        ({"max_latenzy": "1s"}, "did you mean max_latency"),
        ({"languages": "klingon"}, "languages in update: unknown language 'klingon'"),
        ({"exclude": "!"}, "exclude = .* in update"),
    ],
)
def test_an_update_that_cannot_be_is_refused_by_name(changes, message):
    with pytest.raises(ConfigError, match=message):
        BatchConfig().updated(changes)


# -- every setting, from everywhere ------------------------------------------------------------------------

DIALECT = str(Path(__file__).with_name("tiny_dialect.toml"))
OTHER_VALUES = {
    "batching": ("by-folder", "by-folder"),
    "processors": ("todos, acme.metrics:lines", ("todos", "acme.metrics:lines")),
    "processors_only": ("yes", True),
    "sinks": ("sqlite=trees.db", ("sqlite=trees.db",)),
    "sink_failures": ("warn", "warn"),
    "gates": ("ok>=99%, failed<=3", ("ok>=99%", "failed<=3")),
    "smart_batching": ("off", False),
    "queue_sizes": ("go=10, mixed=1MiB", ("go=10", "mixed=1MiB")),
    "priority": ("src/**=9, size>1MiB=2", ("src/**=9", "size>1MiB=2")),
    "tables": ("symbols,refs", ("symbols", "refs")),
    "allow_empty": ("yes", True),
    "anonymous": ("yes", True),
    "attrs": ("1", True),
    "dialects": (DIALECT, (DIALECT,)),
    "compression": ("snappy", "snappy"),
    "executor": ("serial", "serial"),
    "include": ("src/**, *.pyi", ("src/**", "*.pyi")),
    "exclude": ("vendor/", ("vendor/",)),
    "languages": ("python,ast", ("python", "ast")),
    "use_gitignore": ("no", False),
}
"""Text for a setting, and what it is read as; numbers are walked over below."""

BY_READER = {
    values.count: ("7", 7),
    values.seconds: ("1500ms", 1.5),
    values.seconds_or_unset: ("1500ms", 1.5),
    values.days: ("36h", 1.5),
    values.size: ("3MiB", 3 << 20),
    values.mebibytes: ("3GiB", 3 << 10),
}


def other_value(field):
    return OTHER_VALUES.get(field.name) or BY_READER[SETTINGS[field.name].read]


@pytest.mark.parametrize("field", fields(BatchConfig), ids=lambda field: field.name)
def test_every_setting_can_come_from_the_environment(field):
    text, value = other_value(field)
    loaded = load_config(environment={f"SNAKE_PIPE_{field.name.upper()}": text})
    assert getattr(loaded.config, field.name) == value
    assert loaded.origins[field.name] == "environment"
    assert value != field.default


@pytest.mark.parametrize("field", fields(BatchConfig), ids=lambda field: field.name)
def test_every_setting_is_read_as_the_type_it_is_declared_to_be(field):
    text, _ = other_value(field)
    read, hint = SETTINGS[field.name].read, get_type_hints(BatchConfig)[field.name]
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    assert type(read(text)) in [get_origin(kind) or kind for kind in kinds]
    assert read(field.default) == field.default


@pytest.mark.parametrize("field", fields(BatchConfig), ids=lambda field: field.name)
def test_every_setting_can_come_from_a_file_as_text(field, tmp_path):
    text, value = other_value(field)
    (tmp_path / "snake-pipe.toml").write_text(f'{field.name.replace("_", "-")} = "{text}"\n')
    loaded = load_config(project=tmp_path, environment={})
    assert getattr(loaded.config, field.name) == value


@pytest.mark.parametrize("field", fields(BatchConfig), ids=lambda field: field.name)
def test_every_setting_survives_a_checkpoint(field):
    text, _ = other_value(field)
    config = BatchConfig().changed({field.name: text})
    stored = orjson.loads(orjson.dumps(asdict(config)))
    assert BatchConfig(**check_settings(stored, "the checkpoint")) == config


@pytest.mark.parametrize("field", fields(BatchConfig), ids=lambda field: field.name)
def test_what_decides_on_rows_has_a_digest(field):
    config = BatchConfig().changed({field.name: other_value(field)[0]})
    assert (config.read_with != BatchConfig().read_with) == (field.name in ROW_SETTINGS)


def test_the_order_of_tables_decides_on_no_rows():
    ways = [BatchConfig(tables=tables) for tables in (("nodes", "refs"), ("refs", "nodes"))]
    assert ways[0].read_with == ways[1].read_with


def test_plain_numbers_count_in_the_unit_of_the_setting():
    config = load_config(
        {"memory_limit_mb": "512", "max_latency": "2", "batch_bytes": "4096"}, environment={}
    ).config
    assert (config.memory_limit_bytes, config.max_latency, config.batch_bytes) == (512 << 20, 2.0, 4096)


def test_a_memory_limit_below_one_mebibyte_is_not_none_at_all():
    # 0 means that there is no limit, so rounding down would have turned a small limit into none.
    assert load_config({"memory_limit_mb": "100kB"}, environment={}).config.memory_limit_mb == 1


@pytest.mark.parametrize("rule", ["src/**", "size<x=9"])
def test_a_wrong_priority_rule_is_refused_when_settings_are_read(rule):
    with pytest.raises(ConfigError, match="priority in command line") as caught:
        load_config({"priority": [rule]}, environment={})
    assert repr(rule) in caught.value.message
    assert "src/**=9" in caught.value.hint
