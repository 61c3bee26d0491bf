"""Inhibitors as factors: what each leaves of its target, always by its dose.

A factor is 1 / (1 + dose / IC50): nothing is ever on or off. ``translation`` and ``proteasome`` stand for every protein
that is made and for every one that is marked with ubiquitin.
"""

from avpi.network.parts import Module, Rule

INHIBITORS = Module(
    name="inhibitors",
    title="Inhibitors",
    rules=(
        Rule("translation", "1 / (1 + CHX / IC50_CHX)", "cycloheximide: translation that is left"),
        Rule("proteasome", "1 / (1 + MG132 / IC50_MG132 + bortezomib / IC50_bortezomib)", "proteasome that is left"),
        Rule("Nec", "Nec1 / IC50_Nec1 + Nec1s / IC50_Nec1s", "occupancy of RIPK1 kinase by either, relative to half"),
        Rule("g_Nec", "1 / (1 + Nec^2)", "RIPK1 kinase that is left: two must be free to phosphorylate each other"),
        Rule("g_GSK872", "1 / (1 + GSK872 / IC50_GSK872)", "RIPK3 kinase that is left"),
        Rule("g_NSA", "1 / (1 + NSA_binds * NSA / IC50_NSA)", "MLKL that can reach the membrane"),
        Rule("g_NIK", "1 / (1 + NIKi / IC50_NIKi)", "NIK that is left"),
        Rule("g_IKK", "1 / (1 + IKKi / IC50_IKKi)", "IKK that is left"),
        Rule("g_TAK1", "1 / (1 + TAK1i / IC50_TAK1i)", "TAK1 that is left"),
        Rule("PI3K", "1 / (1 + PI3Ki / IC50_PI3Ki)", "PI3K that is left"),
    ),
)
