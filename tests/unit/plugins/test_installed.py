"""Plugins by name: of packages, of modules, and what is said where there is none."""

from __future__ import annotations

import pytest

from snake_pipe.errors import PluginError
from snake_pipe.plugins.batching import load_strategy
from snake_pipe.plugins.offered import offered_plugins
from snake_pipe.plugins.processors import PROCESSOR_GROUP, load_processor
from snake_pipe.plugins.sinks import load_sink, sink_id, split_sink


def package(site, name, *lines):
    about = site / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("\n".join((f"[{PROCESSOR_GROUP}]", *lines)) + "\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_name_that_two_packages_offer_is_refused_by_both_names(site):
    package(site, "acme", "lengths = json:dumps", "only = json:loads")
    package(site, "bolt", "lengths = json:loads")
    with pytest.raises(PluginError, match=r"acme 1\.0 and bolt 1\.0 both offer the processor 'lengths'"):
        load_processor("lengths")
    assert load_processor("only").__name__ == "loads"
    offered = [(kind, one.name, one.package) for kind, one in offered_plugins() if one.package[:4] == "acme"]
    assert offered == [("processor", "lengths", "acme 1.0"), ("processor", "only", "acme 1.0")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "there is no processor 'nowhere'"),
        ("no_such_module_here:x", "'no_such_module_here:x' cannot be imported: ModuleNotFoundError"),
        ("json:nothing", "'json:nothing' cannot be imported: AttributeError"),
        ("json:", "'json:' cannot be imported: AttributeError"),
        (":x", "':x' cannot be imported: ValueError"),
        ("gone", "the processor 'gone' of acme 1.0 cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_what_is_not_there_is_named(site, name, message):
    package(site, "acme", "gone = no_such_module_here:x")
    with pytest.raises(PluginError, match=message):
        load_processor(name)


def test_what_stands_in_a_class_can_be_named(site):
    assert load_processor("pathlib:Path.stat").__name__ == "stat"


def test_our_own_go_before_those_of_others():
    assert load_strategy("fixed").__name__ == "Fixed"
    with pytest.raises(PluginError, match="there is no batching strategy 'by_folder'") as refused:
        load_strategy("by_folder")
    assert "by-folder" in refused.value.hint


def test_a_sink_has_a_name_an_argument_and_an_id_that_tells_neither():
    assert split_sink("postgresql=service=a=b") == ("postgresql", "service=a=b")
    assert split_sink("acme.lines:Sink") == ("acme.lines:Sink", "")
    first, second = sink_id("acme.lines:Sink=/a"), sink_id("acme.lines:Sink=/b")
    assert first != second
    assert first.startswith("acme-lines-Sink-")
    with pytest.raises(PluginError, match="there is no sink 'acme'"):
        load_sink("acme=secret")
