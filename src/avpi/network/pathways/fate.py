"""How a cell ends: the three ways of dying race, and the first to be complete wins.

    caspase-3 at work  →  HA      apoptosis
    MLKL in membrane   →  HN      necroptosis
    very much mimetic  →  HL      lysis that needs no cIAP (Miles 2020)

Each H integrates a hazard; a cell is dead when their sum reaches 1, in the mode that has the most of it. A cell is
a cell here: half-dead populations come from cells that differ (``avpi.population``), not from this equation.
"""

from avpi.network.parts import Module, Reaction, Rule, Species

FATE = Module(
    name="fate",
    title="Fate of the cell",
    species=(
        Species("HA", "apoptosis, completed share", unit="relative"),
        Species("HN", "necroptosis, completed share", unit="relative"),
        Species("HL", "lysis, completed share", unit="relative"),
    ),
    rules=(Rule("death", "HA + HN + HL", "a cell is dead at 1"),),
    reactions=(
        Reaction(
            "dies_by_apoptosis",
            "-> HA",
            "k_apoptosis * C3_act^3 / (K_apoptosis^3 + C3_act^3)",
            "caspase-3 above a threshold for some hours",
        ),
        Reaction("mends_apoptosis", "HA ->", "k_mend * HA", "a cell that is not killed soon repairs"),
        Reaction(
            "dies_late", "-> HA", "k_late * Me^2", "empty mitochondria kill in a day or two even without caspases"
        ),
        Reaction(
            "dies_without_proteasome",
            "-> HA",
            "k_unfolded * (1 - proteasome)^2 * g_C3",
            "proteins that are not taken away kill in a day",
        ),
        Reaction("mends_necroptosis", "HN ->", "k_mend * HN", "a cell that is not killed soon repairs"),
        Reaction(
            "dies_by_necroptosis",
            "-> HN",
            "k_necroptosis * pMo^3 / (K_necroptosis^3 + pMo^3)",
            "MLKL in the membrane faster than repair",
        ),
        Reaction(
            "dies_by_lysis",
            "-> HL",
            "k_lysis * (D_medium / EC50_lysis)^2 / (1 + (D_medium / EC50_lysis)^2)",
            "micromolar mimetics lyse cells without IAPs (Miles 2020)",
        ),
    ),
)
