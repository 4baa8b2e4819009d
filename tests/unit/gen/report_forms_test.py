#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reports of made-up results, read by programs that others wrote.

usage: report_forms_test.py report_make schema.json
"""
import csv
import html.parser
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import traceback

import jsonschema

MAKE, SCHEMA = sys.argv[1:]
NAMES = ("all", "partial", "strange", "huge", "empty")
VOID = {"meta", "link", "br", "hr", "img"}
EMPTY = {"path"}		# of SVG, closed where it is opened


class Page(html.parser.HTMLParser):
    """Every element is closed, in order; what was seen is kept."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.text, self.styled = [], [], [], False
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        assert tag in EMPTY, tag

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def tags(self, tag):
        return [attrs for name, attrs in self.seen if name == tag]


def read(name, end):
    path = os.path.join(folder, name + "." + end)
    with open(path, encoding="utf-8", newline="") as f:
        return f.read()


def schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema)


def json_is_valid(name):
    """By the schema, and without NaN, which is no JSON."""
    def wrong(constant):
        raise AssertionError(constant)
    report = json.loads(read(name, "json"), parse_constant=wrong)
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(report))
    assert not errors, [(list(e.absolute_path), e.message[:200])
                        for e in errors[:5]]


def schema_is_narrow():
    """What is misspelt, of another type, or missing is found."""
    report = json.loads(read("partial", "json"))
    point = report["methods"][0]["points"][0]
    trial = report["methods"][0]["trials"][0]
    for spoil in (lambda: point.update(throughput=1),
                  lambda: point.update(throughput_pps="1"),
                  lambda: point.update(status="fine"),
                  lambda: trial.pop("sent_packets"),
                  lambda: report.pop("machine"),
                  lambda: report.update(version=2)):
        jsonschema.validate(report, schema)
        before = json.dumps(report), dict(point), dict(trial)
        spoil()
        try:
            jsonschema.validate(report, schema)
        except jsonschema.ValidationError:
            pass
        else:
            raise AssertionError(json.dumps(report)[:100])
        report = json.loads(before[0])
        point = report["methods"][0]["points"][0]
        trial = report["methods"][0]["trials"][0]


def csv_is_whole(name):
    """RFC 4180, the same columns in each line, and all quantities."""
    text = read(name, "csv")
    assert text.count("\r\n") >= 1 and text.endswith("\r\n")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    assert rows[0] == ["section", "method", "frame", "number", "where",
                       "quantity", "value", "unit", "status", "profile",
                       "notes"]
    assert {len(r) for r in rows} == {11}
    report = json.loads(read(name, "json"))
    assert {r[9] for r in rows[1:]} == {report["profile"]["name"]}
    results = {(r[1], r[2], r[4], r[5]): r[6] for r in rows
               if r[0] == "result"}
    for method in report["methods"]:
        for point in method.get("points", []):
            where = method["name"], point["frame"], point.get("variant", "")
            for key, value in point.items():
                if isinstance(value, (int, float)):
                    assert math.isclose(float(results[(*where, key)]), value,
                                        rel_tol=1e-14), (where, key)


def html_is_whole(name):
    """Well formed, and needs nothing from elsewhere."""
    text = read(name, "html")
    page = Page(text)
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(?!#)", text), name
    assert not page.tags("script")
    assert not any(a.startswith("on") for _, attrs in page.seen
                   for a in attrs), name
    for attrs in page.tags("path"):
        assert "nan" not in attrs["d"] and "inf" not in attrs["d"]
    assert len(page.tags("h1")) == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def html_is_harmless():
    """Names stay text."""
    page = Page(read("strange", "html"))
    assert not page.tags("b") or all(not a for a in page.tags("b"))
    assert "</script><b a='\"'>&amp;" in "".join(page.text)


def html_has_plots():
    """Of each kind that the report is to show."""
    text = "".join(Page(read("all", "html")).text)
    for title in ("Frames a second by frame size", "Loss by offered rate",
                  "Bits a second on the wire by frame size",
                  "Latency by percentile", "Pacing error",
                  "tester's own limit", "line rate"):
        assert title in text, title


def doubt_is_told():
    """What does not count says so in its row, in each form."""
    page = "".join(Page(read("partial", "html")).text)
    text = read("partial", "txt")
    rows = list(csv.reader(read("partial", "csv").splitlines(keepends=True)))
    for why in ('MTU of "left" is 68, not 128', "interrupted by SIGINT",
                "left: gateway 10.0.1.1 is silent",
                "within 5 % of the tester's own limit"):
        assert why in page and why in text, why
        assert any(why in row[10] or why in row[6] for row in rows), why
    assert re.search(r"^ +128 .* impossible \[2\]$", text, re.M)
    assert re.search(r"^  \[2\] MTU of", text, re.M)
    assert "PARTIAL" in text and "the report is partial" in page


def text_is_plain(name):
    """Nothing in it commands a terminal."""
    text = read(name, "txt")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert not re.search(" $", text, re.M)


def checks():
    yield "the schema is one", schema_is_one
    for name in NAMES:
        yield f"{name}: JSON is valid", lambda n=name: json_is_valid(n)
        yield f"{name}: CSV is whole", lambda n=name: csv_is_whole(n)
        yield f"{name}: HTML is whole", lambda n=name: html_is_whole(n)
        yield f"{name}: text is plain", lambda n=name: text_is_plain(n)
    yield "the schema is narrow", schema_is_narrow
    yield "HTML is harmless", html_is_harmless
    yield "HTML has plots", html_has_plots
    yield "doubt is told", doubt_is_told


with open(SCHEMA, encoding="utf-8") as schema_file:
    schema = json.load(schema_file)
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([MAKE, folder], check=True)
    todo = list(checks())
    print(f"1..{len(todo)}")
    for number, (what, check) in enumerate(todo, 1):
        try:
            check()
        except Exception:		# pylint: disable=broad-except
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} - {what}")
        else:
            print(f"ok {number} - {what}")
