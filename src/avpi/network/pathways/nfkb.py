"""NIK and NF-kB: both branches, with the brakes IkBa and A20.

    →  NIK  →  destroyed through TRAF3 by E3 (ciap.py); without it NIK accumulates
    p100  →(NIK)→  p52                                     the non-canonical branch: hours
    CIM1, CIub, IL-1, LPS, NIK  →  IKK  →  IkBa destroyed  →  NFn in the nucleus      the canonical branch: minutes
    NFn  →  IkBa, A20, p100, cIAP2, FLIP, TNF              A20 and IkBa switch it off again

NF-kB in the nucleus, IKK and NIK are relative to their maximum, p52 and mRNA to what full induction would give.
The time scales are those of Oliver Metzig 2020 Mol Syst Biol (PMC7734648): IKK peaks within half an hour and falls to a
plateau; A20 mRNA rises an order of magnitude within an hour; p100 takes a day.
"""

from avpi.network.parts import Module, Reaction, Rule, Species

NFKB = Module(
    name="nfkb",
    title="NIK and NF-kB",
    species=(
        Species("NIK", "NIK", ("Q99558",), start="0.02", unit="relative"),
        Species("p100", "p100", ("Q00653",), start="p100_basal", unit="relative"),
        Species("p52", "p52 in the nucleus", ("Q00653",), start="0.02", unit="relative"),
        Species("IKK", "active IKK", ("O14920", "Q9Y6K9"), start="0.01", unit="relative"),
        Species("NFn", "RelA:p50 in the nucleus", ("Q04206",), start="0.03", unit="relative"),
        Species("mIkB", "IkBa mRNA", start="1", unit="relative"),
        Species("IkB", "IkBa", ("P25963",), start="IkB_total", unit="relative"),
        Species("mA20", "A20 mRNA", start="1", unit="relative"),
        Species("A20", "A20", ("P21580",), start="A20_total", unit="relative"),
        Species("ISG", "induction by interferon-gamma", start="0", unit="relative"),
        Species("MyD88", "receptors of IL-1 and LPS that still signal", start="1", unit="relative"),
    ),
    rules=(
        Rule("NIK_active", "NIK * g_NIK", "NIK that the inhibitor leaves"),
        Rule("toll", "MyD88 * (IL1 / (K_IL1 + IL1) + LPS / (K_LPS + LPS))", "signal of IL-1 and LPS: not through cIAP"),
        Rule("TAK1_signal", "TAK1 * g_TAK1 * (k_TNF_IKK * (CIM1 + IKK_by_K63 * CIub) + k_toll * toll)", "through TAK1"),
        Rule(
            "IKK_drive", "(IKK_basal + TAK1_signal + k_NIK_IKK * NIK_active) * NEMO * IKKb * g_IKK", "what turns IKK on"
        ),
    ),
    reactions=(
        Reaction("NIK_made", "-> NIK", "k_NIK * NIK_total * translation", "slow and steady; NIK is short-lived"),
        Reaction(
            "NIK_lost",
            "NIK ->",
            "(k_NIK + k_NIK_E3 * proteasome * TRAF3 * E3^2 / (K_NIK^2 + E3^2)) * NIK",
            "TRAF3 brings NIK to the cIAPs (Varfolomeev 2007 Cell 131:669; Zarnegar 2008)",
        ),
        Reaction(
            "p100_made",
            "-> p100",
            "d_p100 * p100_level * (p100_basal + p100_by_NFkB * NFn) * translation",
            "NFKB2 is a target of NF-kB",
        ),
        Reaction("p100_lost", "p100 ->", "d_p100 * p100", "turnover"),
        Reaction("p100_cut", "p100 -> p52", "k_p100 * proteasome * NIK_active * p100", "NIK, IKKa and the proteasome"),
        Reaction("p52_lost", "p52 ->", "d_p52 * p52", "turnover"),
        Reaction("IKK_on", "-> IKK", "IKK_drive * (1 - IKK)", "IKK is used up by its own activation"),
        Reaction("IKK_off", "IKK ->", "k_IKK_off * (1 + A20 / K_A20_IKK) * IKK", "phosphatases; A20"),
        Reaction(
            "NFkB_in",
            "-> NFn",
            "(k_NF_basal + k_NF * IKK * proteasome) * (RelA - NFn)",
            "IkBa is destroyed, RelA:p50 goes in",
        ),
        Reaction("NFkB_out", "NFn ->", "k_NF_out * IkB * NFn", "new IkBa carries it out"),
        Reaction("mIkB_made", "-> mIkB", "d_mIkB * (1 + IkB_induction * NFn)", "NFKBIA is a target of NF-kB"),
        Reaction("mIkB_lost", "mIkB ->", "d_mIkB * mIkB", "turnover in half an hour"),
        Reaction("IkB_made", "-> IkB", "d_IkB * IkB_total * translation * mIkB", "synthesis"),
        Reaction(
            "IkB_lost",
            "IkB ->",
            "(d_IkB + k_IkB_IKK * IKK * proteasome) * IkB",
            "turnover; IKK marks it for the proteasome",
        ),
        Reaction(
            "mA20_made",
            "-> mA20",
            "d_mA20 * (1 + A20_induction * NFn + A20_other * IKK)",
            "mostly RelA, a little without it (Oliver Metzig 2020)",
        ),
        Reaction("mA20_lost", "mA20 ->", "d_mA20 * mA20", "turnover in half an hour"),
        Reaction("A20_made", "-> A20", "d_A20 * A20_total * translation * mA20", "synthesis"),
        Reaction("A20_lost", "A20 ->", "d_A20 * A20", "turnover"),
        Reaction("ISG_on", "-> ISG", "k_ISG * IFN / (K_IFN + IFN)", "STAT1 targets: caspase-8, MLKL, TNF sensitivity"),
        Reaction("ISG_off", "ISG ->", "k_ISG * ISG", "turnover"),
        Reaction("MyD88_back", "-> MyD88", "k_MyD88 * (1 - MyD88)", "receptors come back"),
        Reaction("MyD88_tired", "MyD88 ->", "k_tired * toll * MyD88", "tolerance: the signal fades in hours"),
    ),
)
