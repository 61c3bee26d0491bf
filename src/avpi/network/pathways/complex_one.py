"""Complex I: what TNF builds at its receptor, and how RIPK1 leaves it.

    TNF + TNFR1  →  CI0  →(E3: K63)→  CIub  →(LUBAC: M1)→  CIM1  →  TAK1, IKK
                    CI0  →  RD (RIPK1 without ubiquitin)
                    CIub, CIM1  →(CYLD, unless IKK and TAK1 hold)→  RD

Ubiquitin on RIPK1 within a quarter of an hour, complex II after two hours (Micheau 2003 Cell 114:181). CYLD takes the
ubiquitin off (Wang 2008 Cell 133:693). IKK and TAK1 protect before any gene is made: the first checkpoint
(Legarda-Addison 2009, PMC2728158). What A20 does here is disputed; the variant decides: it removes complex I's ligase
scaffold and so lets RIPK1 go less often (protects), or it stabilises M1 chains and its loss sensitises.
"""

from avpi.network.parts import Module, Reaction, Rule, Species

_COMPLEX = ("P19438", "Q15628", "Q13546", "Q12933")

COMPLEX_ONE = Module(
    name="complex_one",
    title="TNFR1 and complex I",
    species=(
        Species("R", "free TNFR1 at the surface", ("P19438",), start="TNFR1_total"),
        Species("CI0", "complex I, not ubiquitylated", _COMPLEX),
        Species("CIub", "complex I, K63 chains", _COMPLEX),
        Species("CIM1", "complex I, M1 chains, TAK1 and IKK on it", (*_COMPLEX, "Q96EP0")),
        Species("CY", "CYLD, relative to the line's", ("Q9NQC7",), start="CYLD_level", unit="relative"),
        Species(
            "RIP1", "RIPK1 in the cytosol, relative to the line's", ("Q13546",), start="RIPK1_level", unit="relative"
        ),
    ),
    rules=(
        Rule("binding", "k_TNF * TNF_seen / (1 + TNF_seen / K_TNF) * R", "TNF onto its receptor; saturates"),
        Rule(
            "checkpoint",
            "1 / (1 + (IKK + TAK1_hold * TAK1_signal) / K_hold)",
            "RIPK1 that IKK and TAK1 do not hold, share",
        ),
        Rule(
            "CYLD_work", "CYLD_activity * (1 + K_CYLD) * CY / (K_CYLD + CY)", "CYLD, saturating; 1 at the usual amount"
        ),
        Rule(
            "A20_holds",
            "1 / (1 + A20_sign * A20 / K_A20_hold)",
            "share that A20 on M1 chains does not hold together",
        ),
        Rule(
            "k_let_go",
            "k_CYLD * CYLD_work * checkpoint * A20_holds",
            "rate at which RIPK1 leaves ubiquitylated complex I",
        ),
        Rule(
            "k_CI_lost",
            "k_internal + (1 - A20_sign) * k_A20_CI * A20",
            "internalisation; in one variant A20 takes complex I apart",
        ),
    ),
    reactions=(
        Reaction("R_back", "-> R", "k_R * TNFR1_total", "receptors come to the surface"),
        Reaction("R_lost", "R ->", "k_R * R", "turnover in two hours"),
        Reaction(
            "CI_formed",
            "R -> CI0",
            "binding * (TRADD + RIPK1_direct * RIP1) / (1 + RIPK1_direct)",
            "takes up TRADD, RIPK1, TRAF2; a little RIPK1 without TRADD",
        ),
        Reaction(
            "CI_K63",
            "CI0 -> CIub",
            "k_K63 * RIPK1_ubiquitin_site * E3^2 / (K_K63^2 + E3^2) * CI0",
            "cIAPs ubiquitylate RIPK1 (Bertrand 2008 Mol Cell 30:689)",
        ),
        Reaction("CI_M1", "CIub -> CIM1", "k_LUBAC * LUBAC * CIub", "LUBAC on K63 chains"),
        Reaction("CI0_lost", "CI0 ->", "k_internal * CI0", "internalisation"),
        Reaction("CIub_lost", "CIub ->", "k_CI_lost * CIub", "internalisation"),
        Reaction("CIM1_lost", "CIM1 ->", "k_CI_lost * CIM1", "internalisation"),
        Reaction(
            "CI0_let_go",
            "CI0 -> RD",
            "k_release * (0.067 + 0.933 * CYLD_work) * RIP1 * CI0",
            "RIPK1 without chains leaves; complex II peaks at two hours",
        ),
        Reaction("CIub_let_go", "CIub -> RD", "k_let_go * RIP1 * CIub", "deubiquitylated by CYLD"),
        Reaction("CIM1_let_go", "CIM1 -> RD", "k_let_go * RIP1 * CIM1", "deubiquitylated by CYLD"),
        Reaction("CY_made", "-> CY", "k_CY * CYLD_level * translation", "turnover"),
        Reaction(
            "CY_lost",
            "CY ->",
            "(k_CY + k_CY_cut * CYLD_cut_site * C8_cut) * CY",
            "turnover; caspase-8 cuts CYLD at D215 (O'Donnell 2011 Nat Cell Biol 13:1437)",
        ),
        Reaction("RIP1_made", "-> RIP1", "k_RIPK1 * RIPK1_level * translation", "turnover in a day"),
        Reaction(
            "RIP1_lost",
            "RIP1 ->",
            "(k_RIPK1 + k_RIPK1_cut * RIPK1_cut_site * C8_cut) * RIP1",
            "turnover; caspase-8 cuts RIPK1",
        ),
    ),
)
