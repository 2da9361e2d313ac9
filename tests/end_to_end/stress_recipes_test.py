"""The stress recipes of GNU parallel's manual, small, for weir alone; bench/stress_recipes has the peers."""

import sys

import pytest

from program import ROOT, WEIR

sys.path.insert(0, str(ROOT / "bench" / "stress_recipes"))

import recipes  # noqa: E402

MEASURES_MEMORY = {"RAM"}
MEASURES_TIME = {"NUMWORDS"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.plain_build] * (name in MEASURES_MEMORY | MEASURES_TIME))
        for name in recipes.RECIPES
    ],
)
def test_weir_passes_the_recipe(name, tmp_path):
    got = recipes.try_recipe(name, recipes.Tool("weir", WEIR), tmp_path / "recipe", recipes.QUICK)
    allowed = {"pass", "not run"} | ({"refused"} if name == "INPUTSIZE, 100 MB" else set())
    assert got.outcome in allowed, got
