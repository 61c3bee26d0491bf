"""Necroptosis: RIPK3 on RIPK1, MLKL, and the hole in the membrane.

    RDa + RIPK3  →  N  (amyloid, amplifies itself)   N  →  cut by caspase-8 and caspase-8:FLIP
    MLKL  →(N)→  pM  →  pMo in the membrane          pMo  →  repaired (ESCRT-III)

RIPK3 answers RIPK1 in a non-linear way, caspase-8 in a linear one (Li 2021 Protein Cell 12:858, PMC8563874). Repair by
ESCRT-III delays death after MLKL is at the membrane (Gong 2017 Cell 169:286).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

NECROSOME = Module(
    name="necrosome",
    title="Necrosome and MLKL",
    species=(
        Species("N", "active RIPK3 in the necrosome", ("Q9Y572", "Q13546")),
        Species("pM", "phosphorylated MLKL", ("Q8NB16",)),
        Species("pMo", "MLKL in the membrane", ("Q8NB16",)),
    ),
    rules=(
        Rule("MLKL_now", "MLKL_total * (1 + ISG_MLKL * ISG)", "MLKL; induced by interferon-gamma"),
        Rule("nucleation", "k_nucleate * RDa^3 / (K_nucleate^3 + RDa^3)", "RIPK3 on a RIPK1 oligomer"),
        Rule(
            "growth",
            "k_amplify * N / (K_amplify + N) * RDa / (K_amplify_RDa + RDa)",
            "RIPK3 on RIPK3, while RIPK1 is there",
        ),
    ),
    reactions=(
        Reaction(
            "N_formed",
            "-> N",
            "(nucleation + growth) * (RIPK3_total - N) * RIPK3_kinase * g_GSK872",
            "needs the kinase of RIPK3",
        ),
        Reaction(
            "N_lost",
            "N ->",
            "(d_N + A20_sign * k_A20_N * A20 + k_N_cut * RIPK3_cut_site * C8_cut) * N",
            "turnover; A20 in one variant (Oliver Metzig 2020); caspase-8 cuts RIPK3",
        ),
        Reaction(
            "MLKL_on", "-> pM", "k_pM * MLKL_phospho_site * N * (MLKL_now - pM - pMo)", "RIPK3 phosphorylates MLKL"
        ),
        Reaction("MLKL_off", "pM ->", "d_pM * pM", "phosphatases"),
        Reaction(
            "MLKL_in",
            "pM -> pMo",
            "k_pMo * g_NSA * pM^3 / (K_pMo^2 + pM^2)",
            "oligomerises into the membrane; NSA blocks human MLKL",
        ),
        Reaction("MLKL_out", "pMo ->", "k_ESCRT * pMo", "repair (Gong 2017)"),
    ),
)
