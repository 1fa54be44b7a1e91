"""The built wheel holds what a site needs to run: templates, static files, catalogues, migrations."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.architecture import layers


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory) -> set[str]:
    """Names of the files in a wheel built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    shutil.copytree(
        layers.PACKAGE, source / "wagtail_automation", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(layers.ROOT / name, source / name)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(source)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
@pytest.mark.once
def test_every_file_of_the_package_is_in_the_wheel(wheel_names):
    wanted = {
        layers.name(path)
        for path in layers.PACKAGE.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and (path.suffix in (".py", ".mo", ".po") or {"templates", "static"} & set(path.parts))
    }
    assert sorted(wanted - wheel_names) == []
    assert any(name.endswith(".py") and "/migrations/" in name for name in wheel_names)


@pytest.mark.slow
@pytest.mark.once
def test_nothing_else_is_in_the_wheel(wheel_names):
    strangers = {name.split("/")[0] for name in wheel_names} - {"wagtail_automation"}
    assert all(name.endswith(".dist-info") for name in strangers), strangers
