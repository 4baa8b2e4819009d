#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The checks find what they are for: each mistake, planted in a tree of its
own, is reported with its file and line.  Prints TAP."""
import os
import signal
import subprocess
import sys
import tempfile

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "..", "..", "scripts")
TAG = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
LAYERS = "layers = ['base', 'cpu', 'mbuf', 'dev', 'ip']\n"
LONG = "\tint a = 0;\n" + "\ta++;\n" * 110


def function(body):
    return TAG + "int f(void);\n\nint\nf(void)\n{\n" + body + "\treturn 0;\n}\n"


# Name, check, files, what it must say; None: it must be content.
CASES = [
    ("includes that are allowed", "layers", {
        "src/meson.build": LAYERS,
        "src/path.h": '#include "mbuf/mbuf.h"\n',
        "src/mbuf/mbuf.h": "", "src/mbuf/mbuf_int.h": "",
        "src/mbuf/mbuf.c": '#include "mbuf/mbuf_int.h"\n',
        "src/dev/tap.c": "#include <linux/if_tun.h>\n",
        "src/ip/ip.c": '#include "path.h"\n#include "mbuf/mbuf.h"\n',
    }, None),
    ("upward include", "layers", {
        "src/meson.build": LAYERS, "src/ip/ip.h": "",
        "src/base/x.c": '\n#include "ip/ip.h"\n',
    }, "src/base/x.c:2: upward"),
    ("path.h includes too much", "layers", {
        "src/meson.build": LAYERS, "src/ip/ip.h": "",
        "src/path.h": '#include "ip/ip.h"\n',
    }, "src/path.h:1: path.h includes"),
    ("private header", "layers", {
        "src/meson.build": LAYERS, "src/mbuf/mbuf_int.h": "",
        "src/ip/ip.c": '#include "mbuf/mbuf_int.h"\n',
    }, "src/ip/ip.c:1: mbuf/mbuf_int.h is private"),
    ("network header of Linux", "layers", {
        "src/meson.build": LAYERS, "src/ip/ip.c": "#include <netinet/ip.h>\n",
    }, "src/ip/ip.c:1: <netinet/ip.h>"),
    ("command reaches into the stack", "layers", {
        "src/meson.build": LAYERS, "src/ip/ip.h": "",
        "cmd/show.c": '#include "ip/ip.h"\n',
    }, "cmd/show.c:1: cmd/ uses"),
    ("folder without a layer", "layers", {
        "src/meson.build": LAYERS, "src/odd/x.c": "",
    }, "src/odd is not in the list"),
    ("header alone", "headers", {
        "src/base/x.h": TAG + "struct y *f(struct z *);\nuint8_t g(void);\n",
    }, "src/base/x.h:1: does not compile"),
    ("header without guard", "headers", {
        "src/base/x.h": TAG + "struct x { int x_a; };\n",
    }, "src/base/x.h:1: does not compile"),
    ("good header", "headers", {
        "src/base/x.h": TAG + "#ifndef X\n#define X\nstruct x { int x_a; };\n"
                              "#endif\n",
    }, None),
    ("short function", "sizes", {"src/base/x.c": function("")}, None),
    ("long function", "sizes", {"src/base/x.c": function(LONG)},
     "src/base/x.c:5: f() has 115 lines"),
    ("long function with a reason", "sizes", {
        "src/base/x.c": function(LONG),
        "scripts/size-allow": "src/base/x.c f one table of states\n",
    }, None),
    ("reason no longer needed", "sizes", {
        "src/base/x.c": function(""),
        "scripts/size-allow": "src/base/x.c f one table of states\n",
    }, "scripts/size-allow:1: src/base/x.c f is not over"),
    ("no licence", "text", {"src/base/x.c": "int a;\n"},
     "src/base/x.c:1: SPDX"),
    ("blanks at the end", "text", {"src/base/x.c": TAG + "int a; \n"},
     "src/base/x.c:2: blanks"),
    ("no newline at the end", "text", {"src/base/x.c": TAG + "int a;"},
     "src/base/x.c:2: the last line"),
    ("member without a mark", "legends", {
        "src/base/x.h": TAG + "/* Marked as in y.h. */\nstruct x {\n"
        "\tint x_a; /* [o] */\n\tint x_b;\n};\n",
    }, "src/base/x.h:5: struct x"),
    ("marks without a legend", "legends", {
        "src/base/x.h": TAG + "struct x {\n\tint x_a; /* [o] */\n};\n",
    }, "src/base/x.h:2: struct x"),
    ("atomics without a legend", "legends", {
        "src/base/x.h": TAG + "struct x {\n\t_Atomic int x_a;\n};\n",
    }, "src/base/x.h:2: struct x"),
    ("all members marked", "legends", {
        "src/base/x.h": TAG + "/*\n * Who may touch a member:\n"
        " *\to\towner\n */\nstruct x {\n\tint x_a;\t/* [o] and a long\n"
        "\t\t\t\t * remark */\n\tint\t(*x_f)(int,\n\t\t    int); /* [o] */\n"
        "};\n",
    }, None),
    ("indentation", "format", {"src/base/x.c": function("    int a;\n")},
     "src/base/x.c:7: format"),
    ("statement beside its condition", "format", {
        "src/base/x.c": function("\tif (1) return 1;\n"),
    }, "src/base/x.c:7: format"),
    ("brace in the wrong place", "format", {
        "src/base/x.c": TAG + "int f(void);\n\nint\nf(void) {\n\treturn 0;\n}\n",
    }, "src/base/x.c:5: format"),
    ("return type beside the name", "format", {
        "src/base/x.c": TAG + "int f(void);\n\nint f(void)\n{\n\treturn 0;\n}\n",
    }, "src/base/x.c:4: format"),
    ("line too long", "format", {
        "src/base/x.c": TAG + "/* " + "x" * 80 + " */\n",
    }, "src/base/x.c:2: format: 86 columns"),
    ("columns of KNF stay", "format", {
        "src/base/x.h": TAG + "struct x {\n\tint\t\t x_a;\t/* [o] */\n"
        "\tstruct y\t*x_b;\t/* [o] */\n};\n\n#define LIST(X)\t\t\\\n"
        "\tX(a,\t1)\t\\\n\tX(bbb,\t2)\n\nint\t f(int);\n"
        "long\t g(int,\n\t    int);\n",
    }, None),
    ("manual page", "manuals", {"cmd/x.1": ".Dd x\n.Sh NAME\n"}, "cmd/x.1:"),
    ("unit that names no page of ours", "units", {
        "cmd/x.service.in": "[Service]\nExecStart=@bindir@/spate\n"
                            "Documentation=man:x(8)\n",
    }, "cmd/x.service.in: there is no page x.8"),
    ("role", "roles", {
        "src/base/x.c": TAG + "int f(void);\n\nint\nf(void)\n{\n"
        "\tunsigned a = 1;\n\treturn a < -1;\n}\n",
    }, "src/base/x.c:8:"),
    ("what only optimisation sees", "release", {
        "meson.build": "project('x', 'c', default_options: "
                       "['warning_level=2', 'werror=true'])\n"
                       "executable('spate', 'src/x.c')\n",
        "src/x.c": "int f(int *);\nint f(int *p) { return *p > 2; }\n"
                   "int main(int n, char **v) {\n\tint a;\n\t(void)v;\n"
                   "\tif (n > 7)\n\t\ta = n;\n\treturn a;\n}\n",
    }, "may be used uninitialized"),
    ("model that does not hold", "models", {
        "docs/models/x.pml": "init { assert(false) }\n",
    }, "docs/models/x.pml:1: spin found"),
    ("model that misses its bug", "models", {
        "docs/models/x.pml": "/*\n * BREAKS: NOTHING\n */\n"
                             "init { assert(true) }\n",
    }, "docs/models/x.pml:1: with NOTHING"),
    ("library that is not listed", "deps", {
        "scripts/deps.sh": "echo gcc\n",
        "docs/dependencies.md": "`gcc`\n",
        "src/meson.build": "x = dependency('libpcap')\n",
    }, "src/meson.build:1: libpcap-dev is not in"),
    ("package that nothing uses", "deps", {
        "scripts/deps.sh": "echo tshark\n",
        "docs/dependencies.md": "`tshark`\n",
    }, "scripts/deps.sh:1: tshark is listed"),
    ("package without a word", "deps", {
        "scripts/deps.sh": "echo libc6-dev\n",
    }, "docs/dependencies.md:1: no word on `libc6-dev`"),
]

# What is in a test log, and what must be said about it.
LOGS = [
    ("no log", None, "0 passed, 1 failed"),
    ("empty log", "", "0 passed, 1 failed"),
    ("TAP", '{"name": "a", "result": "OK", "stdout": '
            '"1..3\\nok 1 - x\\nok 2 - y # SKIP no\\nok 3 z\\n"}\n',
     "2 passed, 0 failed"),
    ("failing line", '{"name": "a", "result": "FAIL", "stdout": '
                     '"1..2\\nok 1 - x\\nnot ok 2 - y\\n"}\n',
     "1 passed, 1 failed"),
    ("death without a failing line",
     '{"name": "a", "result": "FAIL", "returncode": -11, "stdout": '
     '"1..2\\nok 1 - x\\n"}\n', "1 passed, 1 failed"),
    ("no TAP", '{"name": "a", "result": "OK", "stdout": "fine\\n"}\n'
               '{"name": "b", "result": "TIMEOUT"}\n', "1 passed, 1 failed"),
]


def plant(root, tree):
    for path, text in tree.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def try_check(check, tree, want):
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(SCRIPTS, "..", ".clang-format"),
                  encoding="utf-8") as f:
            plant(root, dict(tree, **{".clang-format": f.read()}))
        done = subprocess.run(
            [os.path.join(SCRIPTS, "check-" + check), "--root", root],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
    if want is None:
        return done.returncode == 0, done.stdout
    return done.returncode == 1 and want in done.stdout, done.stdout


def try_summary(log, want):
    with tempfile.TemporaryDirectory() as root:
        if log is not None:
            plant(root, {"log": log})
        done = subprocess.run(
            [os.path.join(SCRIPTS, "test-summary"), os.path.join(root, "log")],
            stdout=subprocess.PIPE, text=True, check=False)
    good = want.endswith(" 0 failed")
    return (done.stdout.rstrip().split("\n")[-1] == want
            and (done.returncode == 0) == good), done.stdout


def main():
    failed = 0
    # Leave by an exception, so that no folder is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    print(f"1..{len(CASES) + len(LOGS)}")
    results = [(f"{check}: {name}", try_check(check, tree, want))
               for name, check, tree, want in CASES]
    results += [("summary: " + name, try_summary(log, want))
                for name, log, want in LOGS]
    for number, (name, (good, said)) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            failed += 1
            print("\n".join("# " + x for x in said.rstrip().split("\n")))
    sys.exit(failed != 0)


main()
