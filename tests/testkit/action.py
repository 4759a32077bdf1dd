"""The project as an action for GitHub: its steps, run as a runner runs them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from testkit.command import LIMIT
from testkit.places import PROJECT

ACTION = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}


@dataclass
class Runner:
    """Runs a step's script in bash, with the variables and files that a runner has for it."""

    root: Path
    temp: Path
    environment: dict[str, str]
    limit: float = LIMIT

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        self.temp.mkdir(exist_ok=True)
        (self.temp / "step.sh").write_text(script)
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", self.temp / "step.sh"],
            cwd=self.root,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=self.limit,
            check=False,
        )

    def step(self, step_id: str, **inputs: str) -> tuple[int, str, dict[str, str]]:
        """A step of the action: its exit code, what it says, and its outputs."""
        step = STEPS[step_id]
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()} | inputs
        expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
        files = {
            name: str(self.temp / name) for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        done = self.run(
            step["run"],
            GITHUB_ACTIONS="true",
            GITHUB_ACTION_PATH=str(PROJECT),
            GITHUB_WORKSPACE=str(self.root),
            RUNNER_TEMP=str(self.temp),
            **files,
            **{name: expressions[text] for name, text in step["env"].items()},
        )
        lines = Path(files["GITHUB_OUTPUT"]).read_text().splitlines()
        return done.returncode, done.stdout + done.stderr, dict(line.split("=", 1) for line in lines)
