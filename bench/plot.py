"""Medians as a drawing: groups of bars on a logarithmic scale, by gnuplot where it is installed."""
import math
import pathlib
import shutil
import subprocess

import programs

COLUMNS = 2  # panels side by side
WIDTH, HEIGHT = 640, 300  # of a panel

Panel = dict[str, dict[str, float]]  # group -> name of the bar -> height


def draw(panels: dict[str, Panel], axis: str, file: pathlib.Path) -> None:
    """Writes an SVG, a panel a title. Without gnuplot nothing is drawn, which is said."""
    if not panels or not shutil.which("gnuplot"):
        programs.note(f"{file} is not drawn: "
                      + ("no gnuplot (gnuplot-nox)" if panels else "nothing in it was measured"))
        return
    rows = -(-len(panels) // COLUMNS)
    script = [f"set terminal svg size {WIDTH * COLUMNS},{HEIGHT * rows} dynamic background 'white'",
              f"set output '{file}'",
              "set style data histograms", "set style histogram clustered gap 1", "set style fill solid 0.9",
              "set logscale y", f"set yrange {common_range(panels)}", f"set ylabel '{axis}'",
              "set grid ytics", "set key outside right top",
              f"set multiplot layout {rows},{COLUMNS}"]
    for number, (title, groups) in enumerate(panels.items()):
        script += panel(number, title, groups)
    done = subprocess.run(["gnuplot", "-"], input="\n".join(script) + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        programs.note(f"{file} is not drawn: {done.stderr.strip()[-300:]}")


def common_range(panels: dict[str, Panel]) -> str:
    """All panels show the same, so that their bars can be compared; whole decades."""
    heights = [height for groups in panels.values() for bars in groups.values() for height in bars.values()]
    return f"[1e{math.floor(math.log10(min(heights)))}:1e{math.ceil(math.log10(max(heights)))}]"


def panel(number: int, title: str, groups: Panel) -> list[str]:
    """Its figures as a block of data, and the command that draws it."""
    names = list(dict.fromkeys(name for bars in groups.values() for name in bars))
    lines = [f"$panel{number} << END", " ".join(f'"{word}"' for word in ("group", *names))]
    lines += [" ".join([f'"{group}"', *(str(bars.get(name, "NaN")) for name in names)])
              for group, bars in groups.items()]
    columns = ", ".join(f"$panel{number} using {i + 2}:xtic(1) title columnheader({i + 2})"
                        for i in range(len(names)))
    return [*lines, "END", f"set title '{title}'", f"plot {columns}"]
