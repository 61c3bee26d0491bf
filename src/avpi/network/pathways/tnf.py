"""TNF: made by the cell, caught by the cell and its neighbours.

    NF-kB, p52, active RIPK1, IL-1/LPS (through NF-kB), zVAD (some lines)  →  mTNF  →  secretion  →  medium
    TNF = what is in the medium + what the cell catches of its own before it has left

What drives TNF under a Smac mimetic is disputed: by the classical chain NIK makes p52 and p52 makes TNF, but blocking
NF-kB did not stop TNF in NSCLC cells (Bai 2009, PMC2697389). So there are four drivers, and the variant decides whether
the ones that do not need NF-kB count. The medium belongs to all cells of a well: ``TNF_medium`` comes from outside
(``avpi.population.medium``), never from this cell alone. What a cell catches of its own explains why an antibody in the
medium rescues only in part (assumed).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

TNF = Module(
    name="tnf",
    title="TNF, made and caught",
    species=(
        Species("mTNF", "TNF mRNA", start="0.01", unit="relative"),
        Species("TNF_given", "TNF that was added, ng/mL", ("P01375",), unit="ng_per_ml"),
        Species("zV", "zVAD in the cell, uM", unit="uM"),
    ),
    rules=(
        Rule(
            "TNF_drive",
            "TNF_basal + TNF_by_NFkB * NFn^3 / (K_TNF_NFkB^3 + NFn^3) + TNF_by_p52 * p52^3 / (K_TNF_p52^3 + p52^3)"
            " + nfkb_free_tnf * (TNF_by_RIPK1 * RDa^2 / (K_TNF_RIPK1^2 + RDa^2)"
            " + TNF_by_NIK * NIK_active^4 / (K_TNF_NIK^4 + NIK_active^4))",
            "what makes TNF mRNA, relative to full",
        ),
        Rule(
            "secretion",
            "k_secretion * TNF_level * translation * mTNF",
            "ng/mL per hour if all cells were like this one",
        ),
        Rule(
            "TNF_seen",
            "(TNF_given + TNF_medium) / (1 + anti_TNF / K_anti_TNF)"
            " + own_TNF * secretion / (1 + anti_TNF / (K_anti_TNF * own_TNF_shielded))",
            "ng/mL at the receptors of this cell",
        ),
    ),
    reactions=(
        Reaction(
            "mTNF_made",
            "-> mTNF",
            "d_mTNF * ((autocrine + ISG_opens * ISG) * TNF_drive + autocrine * zVAD_TNF * zV^2 / (K_zVAD_TNF^2 + zV^2))"
            " + d_mTNF * (autocrine + toll_opens) * TNF_by_toll * toll",
            "autocrine is what a line can make of it; interferon-gamma, IL-1 and LPS open it; zVAD makes TNF in L929",
        ),
        Reaction("mTNF_lost", "mTNF ->", "d_mTNF * mTNF", "turnover in half an hour"),
        Reaction(
            "given_TNF_lost",
            "TNF_given ->",
            "(d_TNF + TNF_uptake / (1 + (TNF_given + TNF_medium) / K_TNF_uptake)) * TNF_given",
            "degraded slowly, and taken up by receptors, which much of it saturates",
        ),
        Reaction(
            "zVAD_lost", "zV ->", "d_zVAD * zV", "the methyl ketone is used up: a single dose fades within two days"
        ),
    ),
)
