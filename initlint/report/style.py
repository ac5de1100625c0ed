"""How the page of a report looks: light, dark, narrow, and on paper."""

from __future__ import annotations

PAGE = """
:root{color-scheme:light dark;--fg:#1c2128;--bg:#fff;--soft:#f3f5f7;--rule:#d3d9df;--note:#0b5fa5;--bad:#a40e26;--add:#116329;--warn:#7d4e00;
--insbg:#e3f5e8;--delbg:#fdebec;--dim:#57606a}
@media (prefers-color-scheme:dark){:root{--fg:#e6e6e6;--bg:#161b22;--soft:#21262d;--rule:#3d444d;--note:#6cb6ff;--bad:#ff9aa5;--add:#7ee2a8;
--warn:#f0c36d;--insbg:#12301d;--delbg:#3b161b;--dim:#a5aeb8}}
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem}
body{margin:0;color:var(--fg);background:var(--bg);font:16px/1.55 system-ui,sans-serif}
main,header{max-width:72rem;margin:auto;padding:0 1rem}
header{padding-top:1.2rem}
h1{font-size:1.45rem;line-height:1.3;margin:.2rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.6rem 0 .6rem;padding-top:.2rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
main>p,.dim{color:var(--dim)}
.verdict{border-left:.4rem solid var(--note);border-radius:.5rem;background:var(--soft);padding:.9rem 1.1rem;margin:0;overflow-wrap:anywhere;
font-size:1.05rem}
.verdict b{text-transform:capitalize}
.harmful{border-color:var(--bad)}
.suboptimal{border-color:var(--warn)}
.ok{border-color:var(--add)}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2rem;margin:1rem 0 0;padding:0;list-style:none}
.facts b{display:block;font-size:1.35rem;line-height:1.2}
.facts span{color:var(--dim);font-size:.85rem}
a{color:var(--note)}
nav{position:sticky;top:0;z-index:1;background:var(--bg);border-bottom:1px solid var(--rule);margin-top:1rem}
nav div{max-width:72rem;margin:auto;padding:0 1rem;overflow-x:auto;white-space:nowrap}
nav a{display:inline-block;margin-right:1.2rem;padding:.6rem 0;text-decoration:none}
a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:2px solid var(--note);outline-offset:2px}
.wide{overflow-x:auto;max-width:100%;border:1px solid var(--rule);border-radius:.5rem}
.tall{max-height:34rem;overflow:auto}
table{border-collapse:collapse;font-size:.85rem;min-width:100%}
caption{text-align:left;padding:.5rem .7rem;color:var(--dim)}
th,td{padding:.25rem .7rem;text-align:left;white-space:nowrap;border-bottom:1px solid var(--rule)}
thead th{background:var(--soft)}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:400;font-family:ui-monospace,monospace}
.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1.6rem 0}
figure>svg{display:block;width:100%;max-width:62rem;height:auto}
figcaption{font-weight:600}
.hists figcaption{font-weight:400}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;padding:0;margin:.3rem 0 0;font-size:.85rem}
.legend svg{vertical-align:-.1rem}
details{margin:.6rem 0}
summary{cursor:pointer;padding:.3rem 0;color:var(--note)}
.finding{border:1px solid var(--rule);border-radius:.5rem;padding:.8rem 1rem;margin:.8rem 0}
.finding p{margin:.2rem 0 .5rem;overflow-wrap:anywhere}
.tag{font-weight:600}
.error .tag{color:var(--bad)}
.warning .tag{color:var(--warn)}
.note .tag{color:var(--note)}
pre,code{font:13px/1.45 ui-monospace,monospace}
pre{margin:0;padding:.6rem;min-width:max-content;width:100%}
.src tr{display:grid;grid-template-columns:3.2rem minmax(0,8fr) minmax(0,5fr);border:0}
.src td,.src th{display:block;border:0;padding:0 .7rem;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}
.src tbody th{text-align:right;color:var(--dim)}
.src thead th{white-space:nowrap;font:13px/2 system-ui,sans-serif;font-weight:600}
.src thead th:first-child{padding:0 .3rem;text-align:right}
.src tr:target{background:var(--soft)}
.src td.say{color:var(--note);font:13px/1.5 system-ui,sans-serif}
.src .say p{margin:0}
@media (max-width:60rem){.src tr{grid-template-columns:2.6rem minmax(0,1fr)}.src td,.src th{padding:0 .4rem}
.src .say{grid-column:2;border-left:2px solid var(--rule)}
.src thead .say,.src td:empty{display:none}}
.find{color:var(--bad);font-weight:600}
.del{color:var(--bad);background:var(--delbg);text-decoration:none}
.ins{color:var(--add);background:var(--insbg);text-decoration:none}
@media print{.wide,.tall{overflow:visible;max-height:none;border:0}nav{display:none}td,th{white-space:normal}
body{font-size:11px}.hists{grid-template-columns:repeat(3,1fr)}}
"""

PICTURES = """
.hists{display:grid;grid-template-columns:repeat(auto-fill,minmax(17.5rem,1fr));gap:.6rem;list-style:none;padding:0;margin:1rem 0}
.hists li{border:1px solid var(--rule);border-radius:.5rem;padding:.5rem .7rem;min-width:0}
.hists b{display:block;font:600 .8rem/1.4 ui-monospace,monospace;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.hists .pair{display:flex;gap:.6rem}
.hists figure{margin:.2rem 0 0;flex:1;min-width:0}
.hists svg{display:block;width:100%;height:2.8rem}
.hists figcaption{font-size:.75rem;opacity:.8}
.hists .x{fill:var(--c0)}
.hists .g{fill:var(--c1)}
.hists .base{stroke:currentColor;stroke-opacity:.35}
.hists .ended{font-size:.75rem;color:var(--bad)}
.spark{display:block;max-width:100%;height:auto}
.spark path{fill:none;stroke-width:2}
.spark .before{stroke:var(--c1);stroke-dasharray:5 3}
.spark .after{stroke:var(--c2)}
"""
"""Of the small pictures."""
