"""What the page about shards tells schedulers is what they and `--shard auto` understand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from snake_pipe.extract.settings.job_array import shard_of_array
from snake_pipe.utils.shard import Shard

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "shards.md"


@pytest.fixture(scope="module")
def example():
    found = dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```\n', PAGE.read_text(), re.DOTALL))
    return found.__getitem__


def test_a_job_of_kubernetes(example):
    spec = yaml.safe_load(example("snake-pipe-job.yaml"))["spec"]
    assert spec["completionMode"] == "Indexed"
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    last = spec["completions"] - 1
    assert shard_of_array(variables | {"JOB_COMPLETION_INDEX": str(last)}) == Shard(16, 16)
    assert {mount["name"] for mount in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    assert "--shard=auto" in container["args"]


def test_an_array_of_slurm(example):
    script = example("snake-pipe.sbatch")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    first, last = re.search(r"^#SBATCH --array=(\d+)-(\d+)$", script, re.MULTILINE).groups()
    names = ("ID", "COUNT", "MIN", "MAX")
    values = (last, str(int(last) - int(first) + 1), first, last)
    variables = {f"SLURM_ARRAY_TASK_{name}": value for name, value in zip(names, values, strict=True)}
    assert shard_of_array(variables) == Shard(16, 16)
    assert "--shard auto" in script


def test_an_array_of_aws_batch(example):
    request = json.loads(example("snake-pipe-array.json"))
    size = str(request["arrayProperties"]["size"])
    variables = {"AWS_BATCH_JOB_ARRAY_SIZE": size, "AWS_BATCH_JOB_ARRAY_INDEX": "0"}
    assert shard_of_array(variables) == Shard(1, 16)
    command = request["containerOverrides"]["command"]
    assert command[command.index("--shard") + 1] == "auto"
