"""The style sheet of the report: readable on a phone and on paper, in light and dark.

Knows: colours and measures. Does not know: what is shown.
"""

STYLE = """
:root { color-scheme: light dark; --ink: #16181d; --ground: #fff; --quiet: #f1f2f5; --edge: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef2; --ground: #14161a; --quiet: #22252b; } }
body { margin: 0 auto; max-width: 60rem; padding: 0 0.9rem 3rem; color: var(--ink); background: var(--ground);
  font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; }
ul { padding-left: 1.2rem; }
li, p { overflow-wrap: anywhere; }
figure { margin: 0.5rem 0; min-width: 0; }
.pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.paper { padding: 0.4rem 0.8rem; border-left: 4px dotted var(--edge); background: var(--quiet); }
.alert { margin: 0.8rem 0; padding: 0.6rem 0.9rem; border-left: 4px solid var(--edge); background: var(--quiet); }
.alert h3, .alert p { margin: 0 0 0.3rem; }
.js-plotly-plot text:not(.hoverlayer text) { fill: var(--ink) !important; }
@media print { section, figure { break-inside: avoid; } }
"""
