"""cIAP1 and cIAP2: made, bound to TRAF2, destroyed under a Smac mimetic; what is left of the ubiquitin ligase.

    →  C1c  ⇌  C1t (on TRAF2)          C1c, C1t  →  basal loss
       C1c  →  with a mimetic: RING dimer, autoubiquitylation, proteasome: minutes
       C1t  →  with a mimetic: fast if it is bivalent (cross-links two TRAF2:cIAP1 trimers), slow if monovalent
    NF-kB, p52, PI3K  →  mC2  →  C2     C2  →  basal, and in trans by cIAP1; with a mimetic faster, while cIAP1 lasts

``E3`` is the ligase on TRAF2 that ubiquitylates RIPK1 in complex I and leads NIK to its destruction. Either cIAP can do
it, and both must go before it fails (Zarnegar 2008 Nat Immunol 9:1371). cIAP2 is destroyed by cIAP1 rather than by
itself, so it comes back once cIAP1 is gone and NF-kB makes more of it: the rebound (Feltham 2011 J Biol Chem 286:17015;
Petersen 2010 Cancer Res, H2009). A monovalent mimetic leaves cIAP1 on TRAF2 behind (Mitsuuchi 2017 Cell Death Discov
3:16046, doi:10.1038/cddiscovery.2016.46).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

CIAP = Module(
    name="ciap",
    title="cIAP1 and cIAP2",
    species=(
        Species("C1c", "cytosolic cIAP1", ("Q13490",), start="(1 - on_TRAF2) * C1_total"),
        Species("C1t", "cIAP1 on TRAF2", ("Q13490", "Q12933"), start="on_TRAF2 * C1_total"),
        Species("mC2", "cIAP2 mRNA", start="C2_basal_mRNA", unit="relative"),
        Species("C2", "cIAP2", ("Q13489",), start="2"),
    ),
    rules=(
        Rule("C1", "C1c + C1t", "all cIAP1, as a blot sees it"),
        Rule("sites", "TRAF2_sites^2 * TRAF2 / (TRAF2_sites + C1t)", "places on TRAF2 that cIAP1 leaves to cIAP2"),
        Rule("C2_on", "C2 * sites / (K_T2 + sites)", "cIAP2 on TRAF2: more of it where cIAP1 is lost"),
        Rule(
            "C2_ligase",
            "C2_weight * C2_on * (1 - C2_silenced * occupied_C2)",
            "cIAP2 as a ligase of RIPK1 and NIK: less of it with a mimetic on it",
        ),
        Rule("E3", "(C1t + C2_ligase) * 2 * TRAF2 / (1 + TRAF2)", "ligase of RIPK1 and NIK on TRAF2"),
        Rule(
            "C1t_loss",
            "k_auto * (traf2_pool * traf2_reach + 1 - traf2_pool) * occupied_C1",
            "rate at which a mimetic destroys TRAF2-bound cIAP1; in the variant without such a pool, like the rest",
        ),
        Rule(
            "C1_working",
            "chain * C1c + (traf2_pool * traf2_reach + 1 - traf2_pool) * occupied_C1 * C1t",
            "cIAP1 that a mimetic has set to work: it is gone within the hour, and with it what destroys cIAP2",
        ),
        Rule(
            "C2_trans",
            "k_trans_basal * C1 / (K_trans + C1)"
            " + k_auto_C2 * (C1_working^2 / (K_trans^2 + C1_working^2) + C2_self * occupied_C2)",
            "rate at which cIAP1 destroys cIAP2, and cIAP2 hardly itself",
        ),
    ),
    reactions=(
        Reaction("C1c_made", "-> C1c", "k_C1 * C1_total * translation * (1 - on_TRAF2)", "synthesis"),
        Reaction("C1t_made", "-> C1t", "k_C1 * C1_total * translation * on_TRAF2", "synthesis, onto free TRAF2"),
        Reaction("C1_on_TRAF2", "C1c -> C1t", "k_swap * on_TRAF2 * C1c", "exchange; TRAF2 holds a share of cIAP1"),
        Reaction("C1_off_TRAF2", "C1t -> C1c", "k_swap * (1 - on_TRAF2) * C1t", "exchange"),
        Reaction("C1c_basal", "C1c ->", "k_C1 * proteasome * C1c", "turnover"),
        Reaction("C1t_basal", "C1t ->", "k_C1 * proteasome * C1t", "turnover"),
        Reaction("C1c_auto", "C1c ->", "k_auto * proteasome * chain * C1c", "autoubiquitylation of the RING dimer"),
        Reaction("C1t_auto", "C1t ->", "C1t_loss * proteasome * C1t", "the TRAF2-bound pool (Mitsuuchi 2017)"),
        Reaction(
            "C1t_TWEAK", "C1t ->", "k_TWEAK * TWEAK / (K_TWEAK + TWEAK) * C1t", "TWEAK sends TRAF2:cIAP1 to lysosomes"
        ),
        Reaction(
            "mC2_made",
            "-> mC2",
            "d_mC2 * (C2_basal_mRNA + C2_induction * (NFn + C2_by_p52 * p52 + PI3K_drive * PI3K))",
            "BIRC3 is a target of NF-kB; PI3K keeps it up in H2009 (Petersen 2010)",
        ),
        Reaction("mC2_lost", "mC2 ->", "d_mC2 * mC2", "turnover"),
        Reaction("C2_made", "-> C2", "k_C2_made * C2_level * translation * mC2", "synthesis"),
        Reaction("C2_lost", "C2 ->", "(k_C2 + C2_trans) * proteasome * C2", "turnover, and by cIAP1 in trans"),
    ),
)
