"""Complex II and caspase-8: IIa (TRADD, FADD), IIb (RIPK1 kinase, FADD), the ripoptosome, and the DISC of TRAIL.

    CI0, CIub, CIM1  →  C2a                    IIa: does not need RIPK1; blocked by FLIP, which cycloheximide removes
    RIPK1 with cIAPs gone  →  RD               the ripoptosome: without any ligand
    2 RD  →(RIPK1 kinase; Nec-1)→  RDa         IIb: needs the kinase; endogenous FLIP does not block it
    TRAIL  →  DISC
    C2a, RDa, DISC + FADD  →  C8a              each against FLIP with a threshold of its own
                           →  C8F              caspase-8:FLIP-L: does not kill, cuts RIPK1 and RIPK3

IIb is not blocked by the FLIP that cells have (Wang 2008), but by ectopic FLIP (Cheung 2010). FLIP-S helps the
ripoptosome (Feoktistova 2011 Mol Cell 43:449, PMC3163271).
"""

from avpi.network.parts import Module, Reaction, Rule, Species

COMPLEX_TWO = Module(
    name="complex_two",
    title="Complex II, DISC and caspase-8",
    species=(
        Species("RD", "released RIPK1", ("Q13546",)),
        Species("RDa", "RIPK1 oligomer, autophosphorylated (pS166)", ("Q13546",)),
        Species("TD", "TRADD that has left the receptor", ("Q15628",)),
        Species("C2a", "complex IIa (TRADD:FADD)", ("Q15628", "Q13158")),
        Species("DISC", "TRAIL receptor complex", ("O00220", "O14763", "Q13158")),
        Species("FLIP", "FLIP-L", ("O15519",), start="FLIP_total"),
        Species("p8", "procaspase-8", ("Q14790",), start="CASP8_total"),
        Species("C8a", "active caspase-8", ("Q14790",)),
        Species("C8F", "caspase-8:FLIP-L", ("Q14790", "O15519")),
    ),
    rules=(
        Rule(
            "g_C8",
            "CASP8_activity / (1 + zV / IC50_zVAD_C8 + emricasan / IC50_emricasan_C8 + crmA / K_crmA)",
            "caspase-8 that inhibitors leave, share",
        ),
        Rule(
            "g_C8F",
            "CASP8_activity / (1 + zV / IC50_zVAD_C8F + emricasan / IC50_emricasan_C8F)",
            "caspase-8:FLIP that inhibitors leave",
        ),
        Rule("C8_cut", "C8a * g_C8 + C8F_weight * C8F * g_C8F", "what cuts RIPK1 and RIPK3"),
        Rule(
            "FLIPS",
            "FLIPS_share * FLIPS_level * FLIP_total * translation * (1 + FLIP_by_NFkB * NFn)",
            "FLIP-S: gone as soon as it is not made",
        ),
        Rule("flip", "FLIP + FLIPS", "FLIP of both kinds, which blocks"),
        Rule(
            "recruit",
            "FADD / (1 + dnFADD) * p8 / (K_p8 + p8 + CASP10_total) * (1 + FLIP_helps * FLIP / (K_FLIP_helps + FLIP))",
            "FADD with procaspase-8 to take up; caspase-10 competes (Horn 2017 Cell Rep 19:785), a little FLIP-L helps",
        ),
        Rule("by_IIa", "k_IIa * C2a / (1 + (flip / K_FLIP_IIa)^3)", "activation in complex IIa"),
        Rule("by_IIb", "k_IIb * RDa^2 / (K_IIb + RDa) / (1 + (flip / K_FLIP_IIb)^3)", "activation in complex IIb"),
        Rule("by_DISC", "k_DISC * DISC / (1 + (flip / K_FLIP_DISC)^2)", "activation in the DISC"),
        Rule("ligase_lost", "K_ripo / (K_ripo + E3)", "share of RIPK1 that no cIAP holds"),
        Rule(
            "leak",
            "k_ripo * ripo_factor * (1 + dex_ripo * dex / (K_dex + dex))"
            " * (1 + FLIPS / K_FLIPS_ripo) / (1 + (FLIP / K_FLIPL_ripo)^2)",
            "ripoptosome without ligand; FLIP-S for it, FLIP-L against it",
        ),
    ),
    reactions=(
        Reaction(
            "ripoptosome",
            "-> RD",
            "leak * RIP1 * ligase_lost^2",
            "assembles when cIAPs are lost (Tenev 2011; Feoktistova 2011)",
        ),
        Reaction(
            "RD_by_DISC",
            "-> RD",
            "k_DISC_RD * FADD * DISC * RIP1 * ligase_lost^2",
            "RIPK1 from the DISC where cIAPs are lost",
        ),
        Reaction(
            "RD_by_TRIF",
            "-> RD",
            "k_TRIF * TRIF * LPS / (K_LPS + LPS)"
            " * (TRIF_alone + RIPK3_total / (K_TRIF_RIPK3 + RIPK3_total)) * RIP1"
            " * (TRIF_held + (1 - TRIF_held) * ligase_lost)",
            "RIPK1 from TLR4 and TRIF, which binds RIPK3 too; most of it where cIAPs are lost (Lawlor 2015)",
        ),
        Reaction(
            "RD_by_GSK872",
            "-> RD",
            "k_GSK872_RD * GSK872^2 / (K_GSK872_RD^2 + GSK872^2) * RIPK3_total / (10 + RIPK3_total) * RIP1",
            "much GSK'872 makes RIPK3 a scaffold for RIPK1 and caspase-8 (Mandal 2014)",
        ),
        Reaction(
            "RD_lost", "RD ->", "(d_RD + k_RIPK1_cut * RIPK1_cut_site * C8_cut) * RD", "turnover; caspase-8 cuts RIPK1"
        ),
        Reaction(
            "RD_fires",
            "RD -> RDa",
            "k_fire * RIPK1_kinase * g_Nec * RD^2 / (K_fire + RD) / (1 + (IKK / K_hold_RD)^2)",
            "trans-autophosphorylation; Nec-1 blocks it; IKK and MK2 hold it here too (Jaco 2017 Mol Cell 66:698)",
        ),
        Reaction(
            "RDa_lost",
            "RDa ->",
            "(d_RDa + k_RIPK1_cut * RIPK1_cut_site * C8_cut) * RDa",
            "turnover; caspase-8 cuts RIPK1",
        ),
        Reaction(
            "TRADD_out",
            "-> TD",
            "k_C2a * TRADD * (CI0 + CIub + CIM1)",
            "TRADD leaves with internalised receptors (Micheau 2003)",
        ),
        Reaction("TRADD_lost", "TD ->", "d_TD * TD", "some of it is lost on the way"),
        Reaction("IIa_formed", "TD -> C2a", "k_IIa_ripe * TD", "meets FADD: complex IIa is ripe an hour or two later"),
        Reaction("IIa_lost", "C2a ->", "d_C2a * C2a", "turnover"),
        Reaction(
            "DISC_formed", "-> DISC", "k_TRAIL * DR_level * TRAIL / (K_TRAIL + TRAIL)", "TRAIL onto its receptors"
        ),
        Reaction("DISC_lost", "DISC ->", "d_DISC * DISC", "internalisation"),
        Reaction(
            "FLIP_made",
            "-> FLIP",
            "d_FLIP * FLIPL_level * FLIP_total * translation * (1 + FLIP_by_NFkB * NFn)",
            "CFLAR is a target of NF-kB",
        ),
        Reaction("FLIP_lost", "FLIP ->", "d_FLIP * FLIP", "short-lived"),
        Reaction(
            "p8_made",
            "-> p8",
            "k_p8 * CASP8_total * translation * (1 + ISG_CASP8 * ISG)",
            "turnover; induced by interferon-gamma",
        ),
        Reaction("p8_lost", "p8 ->", "k_p8 * p8", "turnover"),
        Reaction(
            "C8_on",
            "p8 -> C8a",
            "(by_IIa + by_IIb + by_DISC) * recruit + k_C8_by_C3 * C3_act * p8",
            "dimerises on FADD; a little by caspase-3 through caspase-6",
        ),
        Reaction("C8_off", "C8a ->", "d_C8 * (0.3 + 0.7 * proteasome) * C8a", "loss of p18 (Kallenberger 2014)"),
        Reaction(
            "C8F_on",
            "-> C8F",
            "k_C8F * (RDa + 0.3 * C2a + 0.3 * DISC) * recruit * FLIP / (K_C8F + FLIP + FLIPS)",
            "the heterodimer",
        ),
        Reaction("C8F_off", "C8F ->", "d_C8F * C8F", "turnover"),
    ),
)
