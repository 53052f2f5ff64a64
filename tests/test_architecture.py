"""The drawing of docs/architecture.md, held true by reading the imports."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("policies", "sanitizers", "gateway")
NECK = ("sanitizers.wire", "sanitizers.model", "sanitizers.errors")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LIBRARIES_OF_THE_LEFT = ("asyncio", "aiohttp", "subprocess", "socket", "sqlite3", "structlog", "rich")
CLOCK_AND_DICE = ("time", "datetime", "random", "secrets", "uuid")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module that this file imports, wherever in it; `from a import b` counts as a.b when that is a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            base = node.module or ""
            for alias in node.names:
                inner = ROOT / Path(*base.split(".")) / alias.name
                found.add(f"{base}.{alias.name}" if inner.with_suffix(".py").exists() or inner.is_dir() else base)
    return found


def is_in(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


IMPORTS = {name_of(path): imports_of(path) for path in MODULES}


@pytest.mark.parametrize("module", [name for name in IMPORTS if is_in(name, "policies")])
def test_the_ground_stands_on_the_standard_library_alone(module):
    for name in IMPORTS[module]:
        assert is_in(name, "policies") or name.split(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("module", [name for name in IMPORTS if is_in(name, "sanitizers")])
def test_the_right_tower_does_no_input_or_output(module):
    for name in IMPORTS[module]:
        assert not is_in(name, "gateway"), name
        if not is_in(module, "sanitizers.worker"):
            assert not is_in(name, *LIBRARIES_OF_THE_LEFT, *CLOCK_AND_DICE), name


@pytest.mark.parametrize("module", [name for name in IMPORTS if is_in(name, "gateway")])
def test_the_left_tower_reaches_the_right_one_through_the_neck_alone(module):
    for name in IMPORTS[module]:
        assert not is_in(name, "sanitizers") or name in NECK, name


@pytest.mark.parametrize("module", [name for name in IMPORTS if name in NECK])
def test_the_neck_stands_on_the_ground(module):
    for name in IMPORTS[module]:
        assert not is_in(name, "sanitizers") or name in NECK, name


@pytest.mark.parametrize("module", [name for name in IMPORTS if is_in(name, "sanitizers.verify")])
def test_the_judge_shares_nothing_with_those_it_judges(module):
    for name in IMPORTS[module]:
        assert not is_in(name, "sanitizers") or name in NECK or is_in(name, "sanitizers.verify"), name
        assert not is_in(name, "PIL", "lxml", "deflate", "isal", "zlib", "pikepdf", "magic"), name


def test_the_judge_inflates_by_a_library_of_its_own():
    assert {module for module, names in IMPORTS.items() if any(is_in(name, "zlib_ng") for name in names)} == {
        "sanitizers.verify.deflated"
    }


def test_parsers_and_codecs_know_no_policy():
    for module, imported in IMPORTS.items():
        if is_in(module, "sanitizers.parsers", "sanitizers.codecs"):
            assert not any(is_in(name, "policies.model", "policies.load", "sanitizers.formats") for name in imported), (
                module
            )


def test_imports_make_no_circle():
    graph = {
        module: {name for name in names if name in IMPORTS and name != module} for module, names in IMPORTS.items()
    }
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {module for module, names in graph.items() if module not in done and names <= done}
        assert ready, f"a circle among {sorted(set(graph) - done)}"
        done |= ready


def test_every_module_can_be_imported_alone():
    """Each in a process of its own; the libraries are loaded before, as only needs of ours are looked for."""
    script = (
        "import importlib, os, sys\n"
        "for name in os.environ['LIBRARIES'].split():\n"
        "    importlib.import_module(name)\n"
        "for name in sys.argv[1:]:\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "        except BaseException as error:\n"
        "            print(name, type(error).__name__, error, flush=True)\n"
        "            os._exit(1)\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    names = [name for name in IMPORTS if not name.endswith("__main__")]
    libraries = {found for imported in IMPORTS.values() for found in imported if not is_in(found, *ROOMS)}
    environment = {**os.environ, "LIBRARIES": " ".join(sorted(libraries - {"magic", "pylibmagic"}))}
    answer = subprocess.run(
        [sys.executable, "-c", script, *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=240,
    )
    assert answer.stdout == ""
    assert answer.returncode == 0


def test_every_module_says_what_stands_in_it():
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


MAY_CATCH_EVERYTHING = {
    "sanitizers.worker": "a parser's mistake becomes a verdict",
    "gateway.doors.http": "a handler's mistake becomes a problem of the client's connection alone",
    "gateway.spool.group_commit": "a batch's error goes to each of its askers; the thread goes on",
    "gateway.spool.database": "a transaction is rolled back, the error goes on",
}


def test_only_where_an_error_is_handed_on_is_everything_caught():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else ""
                if caught in ("", "Exception", "BaseException"):
                    assert is_in(name_of(path), *MAY_CATCH_EVERYTHING), f"{path}:{node.lineno}"
