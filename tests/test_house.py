"""The shape of the project: layers, start-up, one tested copy, nothing of anybody's machine in it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ratapprox
from ratapprox.activations import ZOO

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "scipy", "sympy", "mpmath", "flint", "rich", "matplotlib", "jsonschema"}


def python(code: str) -> str:
    """What a fresh interpreter prints; it sees the same copy of the package as this one."""
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout


def test_modules_import_only_what_lies_below_them():
    # lint-imports reads the package that python finds first: the checkout's, which is where the layers are written.
    linter = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_module_loads_without_its_heavy_dependencies():
    loaded = json.loads(python("import ratapprox, sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert HEAVY.isdisjoint(loaded)


def test_help_is_printed_without_heavy_imports():
    code = """
import sys, json
from ratapprox.cli import cli
for verb in ("fit", "certify", "export", "ntk"):
    cli.main([verb, "--help"], standalone_mode=False)
cli.main(["--help"], standalone_mode=False)
cli.main(["--version"], standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""
    loaded = json.loads(python(code).splitlines()[-1])
    assert HEAVY.isdisjoint(loaded)
    assert len(loaded) < 250


def test_every_public_name_is_found_and_listed():
    names = {*ratapprox._HOMES, *ratapprox.ACTIVATION_NAMES}
    assert set(ZOO) < names
    for name in names:
        assert name in dir(ratapprox)
        assert getattr(ratapprox, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'relo'"):
        ratapprox.relo  # noqa: B018


def test_one_copy_of_the_package_is_tested():
    home = Path(ratapprox.__path__[0])
    files = [module.__file__ for name, module in sys.modules.items() if name.startswith("ratapprox.")]
    assert {Path(file).is_relative_to(home) for file in files if file} == {True}


def project_files() -> list[Path]:
    """What belongs to the project: the tracked files, or all but hidden and built ones where there is no git."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        return [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    left_out = re.compile(r"(^|/)(\.(?!ci/|gitignore)|build/|dist/|__pycache__/)")
    return [path for path in ROOT.rglob("*") if not left_out.search(path.relative_to(ROOT).as_posix())]


def test_no_path_of_a_machine_is_in_the_tree():
    home = re.compile(rb"/(home|root|Users|work|tmp|opt|srv)/[A-Za-z]")
    guilty = [
        path.name
        for path in project_files()
        if path.is_file() and home.search(path.read_bytes()) and path != Path(__file__)
    ]
    assert guilty == []


def test_the_ci_script_runs_the_two_lines_of_the_readme():
    readme, script = (ROOT.joinpath(name).read_text("utf-8") for name in ("README.md", ".ci/run"))
    commands = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        for step in command.split(" && "):
            assert step.split(" install ")[-1].split(".venv/bin/")[-1].strip() in script.replace(
                "install --quiet --disable-pip-version-check", "install"
            )
