/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a report looks: by day, by night, and on paper.
 *
 * The colours of series are told apart by readers who see few colours, too;
 * marks and dashes say the same again.
 */
#include "gen/report_int.h"

/* clang-format off */
#define DAY \
	"--page:#fcfcfb;--panel:#ffffff;--ink:#16191d;--soft:#55595f;" \
	"--faint:#e3e3df;--line:#c9c9c4;--good:#0a7d33;--bad:#b3261e;" \
	"--warn:#8a5a00;--warnback:#fff4d6;--badback:#fdeceb;" \
	"--s0:#2a6fd0;--s1:#12886a;--s2:#c4511c;--s3:#7a4fc4;" \
	"--s4:#b0842b;--s5:#b8336f;--s6:#70757c;--s7:#a3440f;"
#define NIGHT \
	"--page:#15171a;--panel:#1c1f23;--ink:#e9e9e6;--soft:#a9adb3;" \
	"--faint:#2c3035;--line:#474c53;--good:#57c67d;--bad:#ff8a80;" \
	"--warn:#f0c05a;--warnback:#332a12;--badback:#3a1d1b;" \
	"--s0:#6aa5f5;--s1:#35b893;--s2:#ee8350;--s3:#ab8bea;" \
	"--s4:#d9ae57;--s5:#ea74a4;--s6:#9aa0a8;--s7:#e0884f;"

const char report_style[] =
    ":root{color-scheme:light dark;" DAY "}\n"
    "@media (prefers-color-scheme:dark){:root{" NIGHT "}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1120px;padding:28px 24px 60px;"
    "background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Liberation Sans\",\"DejaVu Sans\",sans-serif}\n"
    "h1{font-size:27px;line-height:1.2;margin:0 0 "
    "10px;overflow-wrap:anywhere}\n"
    "h2{font-size:20px;line-height:1.3;margin:44px 0 4px;padding-top:14px;"
    "border-top:1px solid var(--line);overflow-wrap:anywhere}\n"
    "h3{font-size:15px;margin:22px 0 6px}\n"
    "p{margin:8px 0}\n"
    ".clause{color:var(--soft);font-size:13.5px;margin:0 0 10px}\n"
    ".badge{display:inline-block;border:1px solid currentColor;"
    "border-radius:999px;padding:1px 11px;margin:0 8px 6px 0;font-size:13px;"
    "font-weight:600;vertical-align:2px}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}\n"
    ".banner,.note{background:var(--warnback);border-left:4px solid "
    "var(--warn);"
    "padding:8px 14px;margin:12px 0;overflow-wrap:anywhere}\n"
    ".note.bad{background:var(--badback);border-color:var(--bad);"
    "color:var(--ink)}\n"
    ".note p{margin:2px 0}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 20px;"
    "margin:12px 0}\n"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}\n"
    ".wide{overflow-x:auto;margin:12px 0}\n"
    "table{border-collapse:collapse;font-size:13.5px;"
    "font-variant-numeric:tabular-nums}\n"
    "th{text-align:right;vertical-align:bottom;font-weight:600;line-height:1."
    "25;"
    "padding:5px 12px;border-bottom:1.5px solid var(--line)}\n"
    "th small{display:block;font-weight:400;color:var(--soft);"
    "font-size:12px;white-space:nowrap}\n"
    "td{text-align:right;padding:4px 12px;border-bottom:1px solid var(--faint);"
    "white-space:nowrap;vertical-align:top}\n"
    "th.t,td.t{text-align:left}\n"
    "td.why{text-align:left;white-space:normal;overflow-wrap:anywhere;"
    "color:var(--soft)}tr.noted td{border-bottom:0}\n"
    "td.t{overflow-wrap:anywhere}\n"
    "tr.doubt td{background:var(--badback)}"
    "tr.bound td{background:var(--warnback)}\n"
    "th:first-child,td:first-child{padding-left:4px}\n"
    "pre{background:var(--panel);border:1px solid var(--faint);"
    "border-radius:6px;padding:12px 14px;font:12.5px/1.45 ui-monospace,"
    "\"DejaVu Sans Mono\",Menlo,Consolas,monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere;margin:8px 0}\n"
    "details{margin:14px 0}summary{cursor:pointer;color:var(--soft)}\n"
    ".plots{display:grid;gap:20px;margin:18px 0;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,470px),1fr))}\n"
    "figure{margin:0;background:var(--panel);border:1px solid var(--faint);"
    "border-radius:8px;padding:14px 14px 8px;break-inside:avoid;min-width:0}\n"
    "figcaption{font-weight:600;font-size:14.5px;margin:0 0 6px}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;"
    "margin:0 0 8px;padding:0;font-size:13px}\n"
    ".legend li{overflow-wrap:anywhere}\n"
    ".legend svg{width:28px;height:14px;vertical-align:-2px;margin-right:6px}\n"
    "svg{display:block;width:100%;height:auto;overflow:visible}\n"
    ".legend svg{display:inline-block}\n"
    "svg text{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Liberation Sans\",\"DejaVu Sans\",sans-serif;fill:var(--soft)}\n"
    "svg .mid{text-anchor:middle}svg .end{text-anchor:end}\n"
    "svg .label{fill:var(--ink)}\n"
    ".grid{stroke:var(--faint);fill:none}.axis{stroke:var(--line);fill:none}\n"
    ".s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}"
    ".s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}"
    ".s6{--c:var(--s6)}.s7{--c:var(--s7)}\n"
    ".line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}\n"
    ".s1.line{stroke-dasharray:9 3}.s2.line{stroke-dasharray:3 3}"
    ".s3.line{stroke-dasharray:9 3 2 3}.s4.line{stroke-dasharray:14 4}"
    ".s5.line{stroke-dasharray:5 2}.s6.line{stroke-dasharray:2 2}"
    ".s7.line{stroke-dasharray:12 3 3 3 3 3}.again.line{stroke-width:1.2}\n"
    ".limit{stroke:var(--c);stroke-width:2.5;fill:none}"
    ".s7.limit{stroke-dasharray:4 3}\n"
    ".mark{fill:var(--c);stroke:var(--panel);stroke-width:1.5}\n"
    ".mark.doubt{fill:var(--panel);stroke:var(--c);stroke-width:2}\n"
    ".whisker{stroke:var(--c);stroke-width:1.5;fill:none;opacity:.75}\n"
    "footer{margin-top:44px;padding-top:12px;border-top:1px solid var(--line);"
    "color:var(--soft);font-size:13px}\n"
    ".always{display:none}\n"
    "@page{margin:16mm 14mm 18mm}\n"
    "@media print{:root{color-scheme:light;" DAY "--page:#fff}"
    "body{max-width:none;padding:0;font-size:10pt}"
    "h2,h3{break-after:avoid}tr,figure,.note{break-inside:avoid}"
    "thead{display:table-header-group}"
    ".wide{overflow:visible}table{font-size:8pt}"
    "th,td{padding:2px 6px}td{white-space:normal}"
    ".plots{grid-template-columns:1fr 1fr;gap:10px}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    /* A fixed box is on each sheet. */
    ".always{display:block;position:fixed;bottom:-11mm;left:0;right:0;"
    "text-align:center;font-size:8pt;color:var(--warn)}}\n";
/* clang-format on */
