"""Mitochondria and the effector caspases, and what XIAP holds of them.

    C8a  →  tBid  →  MOMP  →  Smac, cytochrome c (C9a)
    C8a, C9a  →  C3a  ⇌  XIAP:C3a             XIAP holds active caspase-3 and has it destroyed
    Smac, mimetic  ⊣  XIAP                    a mimetic displaces, it does not destroy

Amounts of procaspase-3, XIAP, procaspase-9 and Smac in HeLa, and the affinity of XIAP for caspase-3: Rehm 2006 EMBO J
25:4338 (BIOMD0000000256). MOMP is a switch: cooperative in tBid (Spencer 2009 Nature 459:428).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

CASPASES = Module(
    name="caspases",
    title="MOMP, caspase-9, caspase-3 and XIAP",
    species=(
        Species("Bid", "Bid", ("P55957",), start="BID_total"),
        Species("tBid", "truncated Bid", ("P55957",)),
        Species("M", "mitochondria that are open, share", ("Q07812", "Q16611"), unit="relative"),
        Species("Me", "mitochondria that are open and empty, share", ("Q07812", "Q16611"), unit="relative"),
        Species("Smac", "Smac in the cytosol", ("Q9NR28",)),
        Species("C9a", "active caspase-9", ("P55211",)),
        Species("p3", "procaspase-3", ("P42574",), start="CASP3_total"),
        Species("C3a", "cleaved caspase-3", ("P42574",)),
        Species("cPARP", "cut PARP, share", ("P09874",), unit="relative"),
        Species("X", "XIAP", ("P98170",), start="XIAP_total"),
    ),
    rules=(
        Rule("g_C3", "1 / (1 + zV / IC50_zVAD_C3 + emricasan / IC50_emricasan_C3)", "caspase-3 that inhibitors leave"),
        Rule("g_C9", "1 / (1 + zV / IC50_zVAD_C9 + emricasan / IC50_emricasan_C3)", "caspase-9 that inhibitors leave"),
        Rule("guardians", "BCL2 + BCLXL + MCL1", "what tBid must overcome; 1 at the usual amounts"),
        Rule("X_mimetic", "1 + D / Kd_XIAP", "by how much a mimetic dilutes the XIAP that is there for others"),
        Rule("X_over", "X - Smac - Kd_Smac * X_mimetic", "of the tight-binding balance of XIAP and Smac"),
        Rule("X_left", "(X_over + sqrt(X_over^2 + 4 * Kd_Smac * X_mimetic * X)) / 2", "XIAP that Smac does not occupy"),
        Rule("X_free", "X_left / X_mimetic", "XIAP that neither Smac nor a mimetic occupies"),
        Rule(
            "K_C3",
            "Kd_XC3 * (X_mimetic + (Smac - X + X_left) / Kd_Smac)",
            "constant of caspase-3 and XIAP against a mimetic and free Smac, which it can displace",
        ),
        Rule("C3_over", "C3a - X - K_C3", "of the tight-binding balance of caspase-3 and XIAP"),
        Rule(
            "C3_free",
            "2 * K_C3 * C3a / (sqrt(C3_over^2 + 4 * K_C3 * C3a) - C3_over)",
            "active caspase-3 without XIAP; the positive root, written so that little caspase-3 loses no digits",
        ),
        Rule("C3_act", "C3_free * g_C3", "caspase-3 at work"),
    ),
    reactions=(
        Reaction("Bid_made", "-> Bid", "k_Bid * BID_total * translation", "turnover"),
        Reaction("Bid_lost", "Bid ->", "k_Bid * Bid", "turnover"),
        Reaction("Bid_cut", "Bid -> tBid", "k_Bid_cut * C8a * g_C8 * Bid", "by caspase-8"),
        Reaction("tBid_lost", "tBid ->", "d_tBid * tBid", "turnover"),
        Reaction(
            "MOMP",
            "-> M",
            "k_MOMP * (BAX + BAK) * (1 - M)"
            " * (tBid^4 / ((K_MOMP * guardians)^4 + tBid^4) + spread * M^2 / (K_spread^2 + M^2))",
            "cooperative, and open pores recruit BAX and BAK: all or none; BAX and BAK stand for each other",
        ),
        Reaction("M_back", "M ->", "d_M * M", "few mitochondria open: the cell recovers"),
        Reaction(
            "emptied", "-> Me", "k_Smac * (M - Me)", "an open one loses its own content within minutes (Rehm 2006)"
        ),
        Reaction("Me_back", "Me ->", "d_M * Me", "as those that are open"),
        Reaction("Smac_out", "-> Smac", "k_Smac * (M - Me) * SMAC_total", "Smac of those that open"),
        Reaction("Smac_lost", "Smac ->", "d_Smac * Smac", "turnover"),
        Reaction("C9_on", "-> C9a", "k_C9 * APAF1 * Me^2 * (CASP9_total - C9a)", "apoptosome"),
        Reaction("C9_off", "C9a ->", "d_C9 * (1 + X_free / K_XIAP_C9) * C9a", "turnover; XIAP holds caspase-9"),
        Reaction("p3_made", "-> p3", "k_p3 * CASP3_total * translation", "turnover"),
        Reaction("p3_lost", "p3 ->", "k_p3 * p3", "turnover"),
        Reaction(
            "C3_on", "p3 -> C3a", "(k_C3_by_C8 * C8a * g_C8 + k_C3_by_C9 * C9a * g_C9) * p3", "type I and type II"
        ),
        Reaction(
            "C3_off",
            "C3a ->",
            "d_C3 * C3_free + d_XC3 * proteasome * (C3a - C3_free)",
            "turnover; XIAP marks caspase-3 for the proteasome",
        ),
        Reaction("PARP_cut", "-> cPARP", "k_PARP * C3_act * (1 - cPARP)", "by caspase-3"),
        Reaction("cPARP_lost", "cPARP ->", "d_PARP * cPARP", "turnover"),
        Reaction("X_made", "-> X", "k_X * XIAP_total * translation", "turnover in a day"),
        Reaction(
            "X_lost",
            "X ->",
            "(k_X + k_X_cut * C3_act) * X",
            "turnover; caspase-3 cuts XIAP: no loss before caspases are active",
        ),
    ),
)
