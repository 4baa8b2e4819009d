#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The table of all benchmarks: as text, as JSON, and as a page with plots.

Each benchmark adds its lines, JSON objects, to the file that BENCH_ROWS names
(bench/bench.h, bench/net/rows.py).  scripts/bench lets this make of them
bench.txt, bench.json and bench.html beside it.

A line has "benchmark", "what", "unit", "spate" (median, min, max, runs), maybe
"peer" (a name) and "of_peer" (as "spate"), "place" (NEAR or FAR), "note", and
its goal: "goal_is" ("ratio", "at least", "at most", "no more" than the peer, or
"none"), "goal", "met".  What was not measured has "absent": why.
"""
import argparse
import html
import json
import os
import platform
import re
import subprocess
import time

WIDTH, BAR, LEFT = 720, 12, 300
STYLE = """
:root { color-scheme: light dark; --ours: #2a6fb0; --theirs: #999;
  --goal: #b3261e }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { text-align: left; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid #8884 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
td.no { color: var(--goal); font-weight: 600 }
svg { width: 100%; height: auto } svg text { font-size: 11px;
  fill: currentColor }
.ours { fill: var(--ours) } .theirs { fill: var(--theirs) }
.goal { stroke: var(--goal); stroke-width: 2 }
.spread { stroke: currentColor; stroke-width: 1 }
"""


def read(path):
    rows = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f if line.strip()]
    for row in rows:
        ours, theirs = row.get("spate"), row.get("of_peer")
        if ours and theirs and theirs["median"]:
            row["ratio"] = ours["median"] / theirs["median"]
    return rows


def first(path, pattern):
    try:
        with open(path, encoding="utf-8") as f:
            found = re.search(pattern, f.read(), re.M)
        return found[1] if found else ""
    except OSError:
        return ""


def output(*argv):
    try:
        return subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL,
                              check=False).stdout.strip()
    except OSError:
        return ""


def machine():
    """What the figures were measured on."""
    kib = first("/proc/meminfo", r"^MemTotal: +(\d+)")
    return {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "processor": first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
            "cpus": os.cpu_count(),
            "hypervisor": first("/sys/hypervisor/type", r"(.*)") or
            ("yes" if first("/proc/cpuinfo", r"^flags.*\b(hypervisor)\b")
             else "none"),
            "memory_mib": int(kib) // 1024 if kib else None,
            "kernel": platform.release(),
            "libc": " ".join(platform.libc_ver()),
            "load_before": first("/proc/loadavg", r"^(\S+ \S+ \S+)"),
            "dpdk": output("pkg-config", "--modversion", "libdpdk"),
            "commit": output("git", "describe", "--always", "--dirty")}


def figure(f):
    return f"{f['median']:.4g}" if f else ""


def spread(f):
    if not f or f.get("runs", 0) < 2:
        return ""
    return f"{f['min']:.4g} to {f['max']:.4g}, {f['runs']} runs"


def goal(row):
    kind, n = row.get("goal_is", "none"), row.get("goal")
    return {"ratio": f"{n} of it", "at least": f"at least {n}",
            "at most": f"at most {n}", "no more": "no more than it",
            "none": "-"}[kind]


def met(row):
    if "absent" in row:
        return "not here"
    if row.get("goal_is", "none") == "none":
        return "-"
    return "met" if row["met"] else "not met"


def cells(row):
    what = row["what"] + (f" ({row['place']})" if row.get("place") else "")
    ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
    return [row["benchmark"], what, row.get("unit", ""),
            figure(row.get("spate")), row.get("peer", ""),
            figure(row.get("of_peer")), ratio,
            row.get("absent") or goal(row), met(row)]


HEAD = ["benchmark", "what", "unit", "Spate", "peer", "its", "ratio", "goal",
        ""]


def text(rows, about):
    lines = [HEAD] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    numbers = {3, 5, 6}
    out = [f"{key}: {value}" for key, value in about.items() if value] + [""]
    for line in lines:
        out.append("  ".join(
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    short = [row for row in rows if met(row) == "not met"]
    here = sum(met(row) == "met" for row in rows)
    out += ["", f"{here} goals met, {len(short)} not met, "
            f"{sum('absent' in row for row in rows)} peers not here"]
    return "\n".join(out) + "\n"


def bar(at, name, f, scale, kind):
    """A bar with the spread of its runs; its name to the left."""
    end = LEFT + f["median"] * scale
    low, high = LEFT + f["min"] * scale, LEFT + f["max"] * scale
    middle = at + BAR / 2
    return (f'<text x="{LEFT - 6}" y="{at + BAR - 2}" text-anchor="end">'
            f'{html.escape(name)}</text>'
            f'<rect class="{kind}" x="{LEFT}" y="{at}" height="{BAR}" '
            f'width="{max(end - LEFT, 1):.1f}"/>'
            f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" '
            f'y1="{middle}" y2="{middle}"/>'
            f'<text x="{max(end, high) + 5:.1f}" y="{at + BAR - 2}">'
            f'{f["median"]:.4g}</text>')


def limit(row):
    """The goal on the scale of the figures; None: it has none."""
    kind = row.get("goal_is", "none")
    if kind == "ratio" and row.get("of_peer"):
        return row["goal"] * row["of_peer"]["median"]
    if kind in ("at least", "at most"):
        return row["goal"]
    return None


def plot(unit, rows):
    """All lines of a benchmark that have one unit."""
    most = max([f["max"] for row in rows for f in
                (row.get("spate"), row.get("of_peer")) if f] +
               [limit(row) or 0 for row in rows])
    scale = (WIDTH - LEFT - 70) / most if most > 0 else 0
    at, parts = 4, []
    for row in rows:
        place = f" {row['place']}" if row.get("place") else ""
        top = at
        parts.append(bar(at, row["what"] + place, row["spate"], scale, "ours"))
        at += BAR + 2
        if row.get("of_peer"):
            parts.append(bar(at, row["peer"], row["of_peer"], scale,
                             "theirs"))
            at += BAR + 2
        mark = limit(row)
        if mark is not None:
            x = LEFT + mark * scale
            parts.append(f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" '
                         f'y1="{top - 2}" y2="{top + BAR + 2}"/>')
        at += 8
    return (f'<svg viewBox="0 0 {WIDTH} {at}" role="img" aria-label="'
            f'{html.escape(unit)}">{"".join(parts)}</svg>')


def page(rows, about):
    out = ["<!DOCTYPE html><html lang=en><meta charset=utf-8>"
           "<meta name=viewport content='width=device-width'>"
           f"<title>Benchmarks of Spate</title><style>{STYLE}</style>"
           "<h1>Benchmarks</h1><p>"]
    out.append("; ".join(f"{key} {html.escape(str(value))}"
                         for key, value in about.items() if value) + "</p>")
    out.append("<p>Blue: Spate; grey: its peer, in turns with it; red: the "
               "goal. Bars are medians, thin lines go from the least to the "
               "most of all runs.</p>")
    groups = {}
    for row in rows:
        if row.get("spate"):
            groups.setdefault((row["benchmark"], row["unit"]), []).append(row)
    for (name, unit), group in groups.items():
        out.append(f"<h2>{html.escape(name)}, {html.escape(unit)}</h2>" +
                   plot(unit, group))
    out.append("<h2>All figures</h2><table><tr>" +
               "".join(f"<th>{h}</th>" for h in HEAD) + "<th>runs</th></tr>")
    for row in rows:
        line = cells(row)
        wrong = ' class="no"' if line[-1] == "not met" else ""
        out.append("<tr>" + "".join(
            f"<td{' class=n' if i in (3, 5, 6) else ''}>{html.escape(c)}</td>"
            for i, c in enumerate(line[:-1])) +
            f"<td{wrong}>{line[-1]}</td>"
            f"<td>{html.escape(spread(row.get('spate')))}</td></tr>")
    return "".join(out) + "</table></html>\n"


def main():
    parser = argparse.ArgumentParser(description="table of all benchmarks")
    parser.add_argument("rows", help="what BENCH_ROWS named")
    parser.add_argument("folder", help="where bench.txt, .json, .html go")
    args = parser.parse_args()
    rows, about = read(args.rows), machine()
    wanted = {"bench.txt": text(rows, about), "bench.html": page(rows, about),
              "bench.json": json.dumps({"machine": about, "rows": rows},
                                       indent=2) + "\n"}
    for name, what in wanted.items():
        with open(os.path.join(args.folder, name), "w",
                  encoding="utf-8") as f:
            f.write(what)
    print(wanted["bench.txt"], end="")


main()
