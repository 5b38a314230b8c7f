/** How a receipt looks: on a light or dark screen, and on paper. */
export const STYLE = `
:root { color-scheme: light; --paper: #fff; --ink: #1c1f23; --quiet: #565d66; --line: #d5d9de; --rule: #9aa1aa; --panel: #f5f6f8; --good: #1c6b3c; --bad: #a3221f; --doubt: #7a5200;
  --m0: #1f5f8b; --m1: #b3491b; --m2: #3f7a2c; --m3: #7b4397; --m4: #8a6d00; --m5: #9c2f5f; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; --paper: #1b1e22; --ink: #e4e7ea; --quiet: #a9b1b9; --line: #343a41; --rule: #5b636c; --panel: #25292e; --good: #74c794; --bad: #f08a80; --doubt: #e0b45c;
  --m0: #6ab4d0; --m1: #f0956a; --m2: #93c97c; --m3: #c49ae0; --m4: #dcc05a; --m5: #ea8fb4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
.product { margin: 0; color: var(--quiet); }
h1 { margin: 0 0 .5rem; font-size: 1.7rem; font-weight: 600; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; font-weight: 600; } h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; font-weight: 600; }
.headline { margin: 0 0 1.5rem; padding: .7rem 1rem; border-left: 4px solid; font-size: 1.05rem; background: var(--panel); }
.headline.good { border-color: var(--good); } .headline.bad { border-color: var(--bad); color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem 1.5rem; margin: 0; }
dt { color: var(--quiet); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { white-space: nowrap; overflow-wrap: normal; color: var(--quiet); font-weight: 500; border-bottom-color: var(--rule); }
tbody th { font-weight: 500; }
.n { text-align: right; white-space: nowrap; }
.w { white-space: nowrap; overflow-wrap: normal; }
.scan { break-inside: avoid; } .scan tr:has(+ .detail) > td { border-bottom: 0; } .detail td { padding-top: 0; }
.about p { margin: .2rem 0 0; } .about { display: flex; gap: .6rem 1.25rem; align-items: flex-start; }
.pictures { display: flex; gap: .4rem; flex: none; } .pictures img { display: block; width: 96px; height: 96px; object-fit: contain; background: #000; border-radius: 3px; color: #fff; font-size: .7rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: 0; } .numbers .changes { flex-basis: 100%; } .numbers dt { font-size: .8rem; } .numbers .bad dd { color: var(--bad); font-weight: 600; }
table.cohort { width: auto; min-width: 24rem; }
.wide { overflow-x: auto; } .figures th, .figures td { overflow-wrap: normal; } .figures thead th { white-space: normal; vertical-align: bottom; } .range { display: block; color: var(--quiet); font-size: .85em; }
.quiet, .quiet th { color: var(--quiet); } td.at-risk { color: var(--bad); font-weight: 600; } td.cannot-tell { color: var(--doubt); }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; margin: 1rem 0; } .plots figure { flex: 0 1 22rem; min-width: 17rem; margin: 0; break-inside: avoid; }
.plot { display: block; width: 100%; height: auto; font-size: 11px; } .plot text { fill: var(--ink); } .plot .title { font-size: 12px; font-weight: 600; } .plot line, .plot path { fill: none; stroke: currentColor; stroke-width: 1.5; } .plot .grid { stroke: var(--line); stroke-width: 1; } .plot .mark { fill: currentColor; stroke: var(--paper); stroke-width: 1; } .plot .hollow { fill: var(--paper); stroke: currentColor; stroke-width: 1.5; } .plot path.wide, .plot line.wide { stroke-width: 4; opacity: .45; }
.plot .ref { color: var(--quiet); } .plot .m0 { color: var(--m0); } .plot .m1 { color: var(--m1); } .plot .m2 { color: var(--m2); } .plot .m3 { color: var(--m3); } .plot .m4 { color: var(--m4); } .plot .m5 { color: var(--m5); }
.checks tbody th { min-width: 9rem; } .words { overflow-wrap: break-word; min-width: 6rem; }
.state { white-space: nowrap; font-weight: 600; } .ok .state { color: var(--good); } .failed .state { color: var(--bad); } .not-checked .state, .todo .state { color: var(--quiet); }
.note { color: var(--quiet); font-size: .9em; }
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .9rem; max-width: 46rem; }
@media print { th, td { padding: .25rem .3rem; } table { font-size: 8.5pt; } .numbers { gap: .1rem 1rem; } .numbers dt { font-size: 7.5pt; } main { padding: 0; max-width: none; } body { font-size: 10pt; } thead { display: table-header-group; } tr { break-inside: avoid; } .pictures img { width: 22mm; height: 22mm; print-color-adjust: exact; } h2, h3 { break-after: avoid; } .figures, .cohort, .note, .headline, .facts, li, footer { break-inside: avoid; } .wide + .note, .plots + .note { break-before: avoid; } p { orphans: 3; widows: 3; } .wide { overflow: visible; } .figures { font-size: 8pt; } .plots figure { flex-basis: 8.2cm; min-width: 0; } .plot * { print-color-adjust: exact; } .headline { background: none; } }
@page { margin: 16mm; }
`;
