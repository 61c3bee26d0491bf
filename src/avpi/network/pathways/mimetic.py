"""The Smac mimetic: into the cell, and onto the BIR domains of cIAP1, cIAP2 and XIAP.

    mimetic in medium  ⇌  D in the cell
                          D + cIAP1          ⇌  cIAP1:D             one head on one BIR3
                          cIAP1:D + cIAP1    ⇌  cIAP1:D:cIAP1       ternary; only a bivalent mimetic can
                          2 cIAP1:D          ⇌  (cIAP1:D)2          RING dimer of liganded monomers
                          ternary, RING dimer  →  active E3, destroys itself (ciap.py)

Binding is fast beside everything else and is solved at once. With ``L`` free mimetic, ``K`` the constant of one head,
``P`` free and ``Pt`` total cytosolic cIAP1, ``b`` 1 for a bivalent mimetic and 0 for a monovalent one, ``a`` the
cooperativity of the ternary complex:

    2 a b L/K² P² + (1 + (1+b) L/K) P - Pt = 0,    ternary = a b L P²/K²,    liganded monomers = (1+b) L P/K

At L >> K both heads of a bivalent mimetic find a cIAP1 each and the ternary complex falls as 1/L: the hook. It is mild,
because liganded monomers still dimerise through their RINGs (a mimetic of either kind opens the closed monomer: Dueber
2011 Science 334:376, doi:10.1126/science.1207862).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

MIMETIC = Module(
    name="mimetic",
    title="Smac mimetic: entry and binding",
    species=(Species("D", "free Smac mimetic in the cell"),),
    rules=(
        Rule(
            "K_head", "Kd_cIAP1 * closed", "constant of one head for whole cIAP1: it must open the closed monomer first"
        ),
        Rule("head", "D / K_head", "free mimetic over that constant"),
        Rule("one_head", "1 + (1 + bivalent) * head", "partition of cIAP1 over free and singly occupied"),
        Rule(
            "C1_free",
            "2 * C1c / (one_head + sqrt(one_head^2 + 8 * cooperativity * bivalent * head / K_head * C1c))",
            "free cytosolic cIAP1: the positive root of the balance above",
        ),
        Rule("ternary", "cooperativity * bivalent * head * C1_free^2 / K_head", "cIAP1:D:cIAP1"),
        Rule("liganded", "(1 + bivalent) * head * C1_free", "cIAP1 with one mimetic on it"),
        Rule("liganded_monomer", "2 * liganded / (1 + sqrt(1 + 8 * liganded / K_ring))", "of these, not dimerised"),
        Rule("C1_active", "2 * ternary + 2 * liganded_monomer^2 / K_ring", "cIAP1 in an active RING dimer"),
        Rule("active_share", "C1_active / (C1c + 1e-9)", "share of cytosolic cIAP1 in an active dimer"),
        Rule(
            "chain",
            "(1 + K_chain^2) * active_share^2 / (active_share^2 + K_chain^2)",
            "chains that outrun deubiquitylases: a molecule must be active most of the time",
        ),
        Rule("occupied_C1", "D / (D + K_head)", "share of cIAP1 heads with a mimetic"),
        Rule("occupied_C2", "D / (D + Kd_cIAP2)", "share of cIAP2 heads with a mimetic"),
    ),
    reactions=(
        Reaction("entry", "-> D", "k_entry * partition * D_medium", "uptake; the lag of minutes seen in Protocol A"),
        Reaction("exit", "D ->", "k_entry * D", "the medium is large: the cells do not use the mimetic up (assumed)"),
    ),
)
