"""Structures that bind IAPs as Smac does, and others that resemble them and do not.

The compounds of the library are judged beside these. Peptides are written as sequences. Drugs are drawn from their
systematic names; the tests with thousands of drugs take their structures from a public set.
"""

from __future__ import annotations

POSITIVES: dict[str, tuple[str, int]] = {
    # peptides: Smac, HtrA2, caspase-9, GSPT1, and what insects have
    "AVPI amide": ("H-AVPI-NH2", 1),
    "AVPF": ("H-AVPF-OH", 1),
    "Smac-N9": ("H-AVPIAQKSE-OH", 1),
    "N-methyl AVPI": ("Me-AVPI-NH2", 1),
    "AVPFY amide": ("H-AVPFY-NH2", 1),
    "HtrA2": ("H-AVPSPPPA-OH", 1),
    "caspase-9": ("H-ATPFQEGLR-OH", 1),
    "GSPT1": ("H-AKPFVPNVH-OH", 1),
    "Hid": ("H-AVPFYLPEG-OH", 1),
    "Sickle": ("H-AIPFFEEEH-OH", 1),
    "Reaper": ("H-AVAFYIPDQ-OH", 1),
    "Grim": ("H-AIAYFIPDQ-OH", 1),
    # one head
    "benzhydryl prolinamide": ("CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)NC(c1ccccc1)c1ccccc1)C1CCCCC1", 1),
    "methyl ester of a diphenylalanine, of MV1's formula": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)N[C@H](C(=O)OC)C(c1ccccc1)c1ccccc1)C1CCCCC1", 1),
    "aspartate in the second place": (
        "CN[C@@H](C)C(=O)N[C@@H](CC(=O)O)C(=O)N1CCC[C@H]1C(=O)N[C@@H]1CCCc2ccccc21", 1),
    "phenoxyproline": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1C[C@@H](Oc2ccccc2)C[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C1CCCCC1", 1),
    "pyridine behind pyrrolidine": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1cncc(C(=O)c2ccccc2)c1)C1CCCCC1", 1),
    "azabicyclooctane": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1[C@H](CNC(=O)C(c2ccccc2)c2ccccc2)C[C@@H]2CCCC[C@@H]21)C1CCCCC1", 1),
    "bicyclic lactam with an oxygen": (
        "CN[C@@H](C)C(=O)N[C@H]1CCO[C@H]2CC(C)(C)[C@@H](C(=O)N[C@@H]3CCCc4ccccc43)N2C1=O", 1),
    "ring from the second residue to the fourth": (
        "CN[C@@H](C)C(=O)N[C@H]1CCCCNC(=O)[C@H](Cc2ccccc2)NC(=O)[C@@H]2CCCN2C1=O", 1),
    "quinuclidine amide": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N[C@H]1C[C@H]2CC[C@@H]1N(CCc1ccccc1)C2)C1CCCCC1", 1),
    "tetralinyl prolinamide": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C1CCCCC1", 1),
    "free amine of it": ("C[C@H](N)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C1CCCCC1", 1),
    "tert-leucine head": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C(C)(C)C", 1),
    "octahydropyrrolopyridine": ("CN[C@@H](C)C(=O)N[C@H](C(=O)N1CC[C@@H]2[C@H]1CN(CCc1ccccc1)CC2)C1CCCCC1", 1),
    "octahydropyrrolopyrazine": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1C[C@@H]2CCCN2C[C@H]1C(=O)N[C@@H]1CCOc2ccccc21)C1CCCCC1", 1),
    "half of birinapant": ("CC[C@H](NC(=O)[C@H](C)NC)C(=O)N1C[C@@H](O)C[C@H]1Cc1c[nH]c2cc(F)ccc12", 1),
    "benzodiazepinone for BIR2": ("CN[C@@H](C)C(=O)N[C@H]1CN(C(C)=O)c2ccccc2N(Cc2c(OC)ccc3ccccc23)C1=O", 1),
    "bicyclic lactam": ("CN[C@@H](C)C(=O)N[C@H]1CCCC[C@H]2CC[C@@H](C(=O)NC(c3ccccc3)c3ccccc3)N2C1=O", 1),
    "aminopiperidine amide": ("CN[C@@H](C)C(=O)N[C@@H](C1CCCCC1)C(=O)N[C@H]1CCCN(C1)C(=O)Cc1ccccc1", 1),
    "biaryl amide": ("CN[C@@H](C)C(=O)N[C@H](C(=O)Nc1cncc(-c2ccccc2)c1)C1CCCCC1", 1),
    "thioamide": ("CN[C@@H](C)C(=S)N[C@H](C(=O)N1CCC[C@H]1C(=O)NC(c1ccccc1)c1ccccc1)C1CCCCC1", 1),
    "alkynyl pyridine": ("CN[C@@H](C)C(=O)Nc1cccc(C#Cc2cnc3ccccc3c2)n1", 1),
    "alkynyl arene, pyridine behind it": ("CN[C@@H](C)C(=O)Nc1cc(C#Cc2ccncc2)c2ccccc2c1", 1),
    # the class of tolinapant
    "indoline of tolinapant's class": (
        "C[C@@H]1CN(CC(=O)N2CC(C)(C)c3ccc(Cc4ccccc4)cc32)[C@@H](COC)CN1", 1),
    "azaindoline, other side chain": (
        "C[C@@H]1CN(CC(=O)N2CC(C)(C)c3ncc(Cc4ccc(F)cc4)cc32)[C@@H](CN2CCOCC2)CN1", 1),
    "indoline with a butyl group": ("C[C@@H]1CN(CC(=O)N2CC(C)(C)c3ccc(CCCC)cc32)[C@@H](COC)CN1", 1),
    "azaindoline with a difluorobenzyl group": (
        "C[C@@H]1CN(CC(=O)N2CC(C)(C)c3ncc(C(F)(F)c4ccccc4)cc32)[C@@H](COC)CN1", 1),
    # two and more heads
    "two tetralinyl prolinamides on a terephthalamide": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1C[C@@H](NC(=O)c2ccc(cc2)C(=O)N[C@H]2C[C@@H](C(=O)N[C@@H]3CCCc4ccccc43)N(C2)C(=O)"
        "[C@@H](NC(=O)[C@H](C)NC)C(C)(C)C)C[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C(C)(C)C", 2),
    "three AVPI on an amine": (
        "CC[C@H](C)[C@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)C(=O)NCCN(CCNC(=O)[C@@H](NC(=O)"
        "[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)[C@@H](C)CC)CCNC(=O)[C@@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H]"
        "(NC(=O)[C@H](C)N)C(C)C)[C@@H](C)CC", 3),
    "two prolinamides on a diyne": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1C[C@@H](OCC#CC#CCO[C@@H]2CN(C(=O)[C@@H](NC(=O)[C@H](C)NC)C(C)(C)C)"
        "[C@H](C(=O)N[C@@H]3CCCc4ccccc43)C2)C[C@H]1C(=O)N[C@@H]1CCCc2ccccc21)C(C)(C)C", 2),
    "BV6's kind": (
        "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)N[C@H](C(=O)NCCCCCCNC(=O)[C@@H](NC(=O)[C@@H]1CCCN1C(=O)"
        "[C@@H](NC(=O)[C@H](C)NC)C1CCCCC1)C(c1ccccc1)c1ccccc1)C(c1ccccc1)c1ccccc1)C1CCCCC1", 2),
    "two bicyclic heads on a sulfonamide": (
        "CN[C@@H](C)C(=O)N[C@H]1CN(S(=O)(=O)c2cccc(S(=O)(=O)N3CC[C@H]4CC[C@@H](C(=O)NC(c5ccccc5)c5ccccc5)N4C(=O)"
        "[C@@H](NC(=O)[C@H](C)NC)C3)c2)CC[C@H]2CC[C@@H](C(=O)NC(c3ccccc3)c3ccccc3)N2C1=O", 2),
    "two AVPI on lysine": (
        "CC[C@H](C)[C@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)C(=O)NCCCC[C@H](NC(=O)[C@@H](NC(=O)"
        "[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)[C@@H](C)CC)C(N)=O", 2),
}  # fmt: skip

EPIMERS: dict[str, str] = {
    "LCL161 with D-alanine": "CN[C@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "benzhydryl prolinamide with D-alanine": "CN[C@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1C(=O)NC(c1ccccc1)c1ccccc1)C1CCCCC1",
    "aVPI": "H-aVPI-NH2",
    "birinapant with two D-alanines": (
        "CC[C@H](NC(=O)[C@@H](C)NC)C(=O)N1C[C@@H](O)C[C@H]1Cc1c(-c2[nH]c3cc(F)ccc3c2C[C@@H]2C[C@H](O)CN2C(=O)"
        "[C@H](CC)NC(=O)[C@@H](C)NC)[nH]c2cc(F)ccc12"
    ),
}

DECOYS: dict[str, str] = {
    # ACE inhibitors: alanyl-proline, but the amine is alkylated and alanine's carbonyl sits on proline itself
    "captopril": "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O",
    "enalapril": "CCOC(=O)[C@H](CCc1ccccc1)N[C@@H](C)C(=O)N1CCC[C@H]1C(=O)O",
    "enalaprilat": "C[C@H](N[C@@H](CCc1ccccc1)C(=O)O)C(=O)N1CCC[C@H]1C(=O)O",
    "lisinopril": "NCCCC[C@H](N[C@@H](CCc1ccccc1)C(=O)O)C(=O)N1CCC[C@H]1C(=O)O",
    "ramipril": "CCOC(=O)[C@H](CCc1ccccc1)N[C@@H](C)C(=O)N1[C@H](C(=O)O)C[C@@H]2CCC[C@@H]21",
    "quinapril": "CCOC(=O)[C@H](CCc1ccccc1)N[C@@H](C)C(=O)N1Cc2ccccc2C[C@H]1C(=O)O",
    "perindopril": "CCC[C@H](N[C@@H](C)C(=O)N1[C@H](C(=O)O)C[C@@H]2CCCC[C@@H]21)C(=O)OCC",
    "imidapril": "CCOC(=O)[C@H](CCc1ccccc1)N[C@@H](C)C(=O)N1C(=O)N(C)C[C@H]1C(=O)O",
    # auristatins and dolastatins: N-methylated, but valine comes first
    "MMAE": (
        "CC[C@H](C)[C@@H]([C@@H](CC(=O)N1CCC[C@H]1[C@@H]([C@@H](C)C(=O)N[C@H](C)[C@H](c1ccccc1)O)OC)OC)N(C)C(=O)"
        "[C@H](C(C)C)NC(=O)[C@H](C(C)C)NC"
    ),
    "MMAF": (
        "CC[C@H](C)[C@@H]([C@@H](CC(=O)N1CCC[C@H]1[C@@H]([C@@H](C)C(=O)N[C@@H](Cc1ccccc1)C(=O)O)OC)OC)N(C)C(=O)"
        "[C@H](C(C)C)NC(=O)[C@H](C(C)C)NC"
    ),
    "dolastatin 10": (
        "CC[C@H](C)[C@@H]([C@@H](CC(=O)N1CCC[C@H]1[C@@H]([C@@H](C)C(=O)N[C@@H](Cc1ccccc1)c1nccs1)OC)OC)N(C)C(=O)"
        "[C@H](C(C)C)NC(=O)[C@H](C(C)C)N(C)C"
    ),
    "hemiasterlin's kind": ("CC(C)[C@@H](C=C(C)C(=O)O)N(C)C(=O)[C@@H](NC(=O)[C@@H](NC)C(C)(C)c1ccccc1)C(C)(C)C"),
    "auristatin with N-methylalanine first": (
        "CN[C@@H](C)C(=O)N[C@@H](C(C)C)C(=O)N(C)[C@@H]([C@@H](C)CC)[C@@H](CC(=O)N1CCC[C@H]1[C@H](OC)[C@@H](C)C(=O)"
        "N[C@H](C)[C@@H](O)c1ccccc1)OC"
    ),
    # maytansinoids: an ester of N-methylalanine, with its amine acylated or free
    "maytansine": (
        "CC1C2CC(C(C=CC=C(CC3=CC(=C(C(=C3)OC)Cl)N(C(=O)CC(C4(C1O4)C)OC(=O)C(C)N(C)C(C)=O)C)C)OC)(NC(=O)O2)O"
    ),
    "mertansine": (
        "CC1C2CC(C(C=CC=C(CC3=CC(=C(C(=C3)OC)Cl)N(C(=O)CC(C4(C1O4)C)OC(=O)C(C)N(C)C(=O)CCS)C)C)OC)(NC(=O)O2)O"
    ),
    "maytansinol N-methylalaninate": (
        "CC1C2CC(C(C=CC=C(CC3=CC(=C(C(=C3)OC)Cl)N(C(=O)CC(C4(C1O4)C)OC(=O)C(C)NC)C)C)OC)(NC(=O)O2)O"
    ),
    # ghrelin agonists: 2-aminoisobutyric acid comes first, which is alanine with a second methyl group
    "macimorelin": "CC(C)(N)C(=O)N[C@H](Cc1c[nH]c2ccccc12)C(=O)N[C@H](Cc1c[nH]c2ccccc12)NC=O",
    "ibutamoren": "CC(C)(N)C(=O)N[C@H](COCc1ccccc1)C(=O)N1CCC2(CC1)CN(S(C)(=O)=O)c1ccccc12",
    "anamorelin": "CN(C)N(C)C(=O)[C@]1(Cc2ccccc2)CCCN(C(=O)[C@@H](Cc2c[nH]c3ccccc23)NC(=O)C(C)(C)N)C1",
    "capromorelin": "CN1N=C2CCN(C(=O)[C@@H](COCc3ccccc3)NC(=O)C(C)(C)N)C[C@]2(Cc2ccccc2)C1=O",
    "pralmorelin": (
        "C[C@@H](N)C(=O)N[C@H](Cc1ccc2ccccc2c1)C(=O)N[C@@H](C)C(=O)N[C@@H](Cc1c[nH]c2ccccc12)C(=O)N[C@H]"
        "(Cc1ccccc1)C(=O)N[C@@H](CCCCN)C(N)=O"
    ),
    "ibutamoren's core with alanine": "C[C@H](N)C(=O)N[C@@H](COCc1ccccc1)C(=O)N1CCC2(CC1)CN(S(C)(=O)=O)c1ccccc12",
    "spiroindane with alanine": "C[C@H](N)C(=O)N[C@@H](Cc1c[nH]c2ccccc12)C(=O)N1CCC2(CC1)CCc1ccccc12",
    "alanyl-phenylalanine phenylpiperazide": "C[C@H](N)C(=O)N[C@@H](Cc1ccccc1)C(=O)N1CCN(CC1)c1ccccc1",
    "alexamorelin's kind": "H-AHWAWfK-NH2",
    # inhibitors of peptidases and of the proteasome
    "bestatin": "CC(C)C[C@H](NC(=O)[C@@H](O)[C@H](N)Cc1ccccc1)C(=O)O",
    "bestatin methyl ester": "CC(C)C[C@H](NC(=O)[C@@H](O)[C@H](N)Cc1ccccc1)C(=O)OC",
    "bortezomib": "CC(C)C[C@H](NC(=O)[C@H](Cc1ccccc1)NC(=O)c1cnccn1)B(O)O",
    "sitagliptin": "N[C@@H](CC(=O)N1CCn2c(nnc2C(F)(F)F)C1)Cc1cc(F)c(F)cc1F",
    "vildagliptin": "N#C[C@@H]1CCCN1C(=O)CNC12CC3CC(CC(O)(C3)C1)C2",
    "saxagliptin": "N#C[C@@H]1C[C@@H]2C[C@@H]2N1C(=O)[C@@H](N)C12CC3CC(CC(O)(C3)C1)C2",
    "boceprevir": ("CC(C)(C)NC(=O)N[C@H](C(=O)N1C[C@H]2[C@@H]([C@H]1C(=O)NC(CC1CCC1)C(=O)C(N)=O)C2(C)C)C(C)(C)C"),
    "elastase substrate": "COC(=O)CCC(=O)N[C@@H](C)C(=O)N[C@@H](C)C(=O)N1CCC[C@H]1C(=O)N[C@@H](C(C)C)C(C)=O",
    # alanyl and N-methylalanyl compounds
    "tocainide": "Cc1cccc(C)c1NC(=O)C(C)N",
    "safinamide": "C[C@H](NCc1ccc(OCc2cccc(F)c2)cc1)C(N)=O",
    "alatrofloxacin": (
        "C[C@H](N)C(=O)N[C@@H](C)C(=O)N[C@@H]1[C@H]2CN(c3nc4c(cc3F)c(=O)c(C(=O)O)cn4-c3ccc(F)cc3F)C[C@@H]12"
    ),
    "alafosfalin": "C[C@H](N)C(=O)N[C@@H](C)P(=O)(O)O",
    "brivanib alaninate": "Cc1cc2c(F)c(Oc3ncnn4cc(OC[C@@H](C)OC(=O)[C@H](C)N)c(C)c34)ccc2[nH]1",
    "alanylglutamine": "C[C@H](N)C(=O)N[C@@H](CCC(N)=O)C(=O)O",
    "trialanine": "H-AAA-OH",
    "N-methylalanyl dipeptide": "Me-AV-OH",
    "N-methylalanyl tripeptide": "Me-AVL-NH2",
    "N-methylalanyl-ornithyl-alanine": "CN[C@@H](C)C(=O)N[C@@H](CCCN)C(=O)N[C@@H](C)C(=O)O",
    "N-methylalanyl-leucyl-phenylalanine": "Me-ALF-NH2",
    "peptidase substrate Ala-Val-AMC": "C[C@H](N)C(=O)N[C@@H](C(C)C)C(=O)Nc1ccc2c(C)cc(=O)oc2c1",
    "peptidase substrate Ala-Ala-Phe-AMC": (
        "C[C@H](N)C(=O)N[C@@H](C)C(=O)N[C@@H](Cc1ccccc1)C(=O)Nc1ccc2c(C)cc(=O)oc2c1"
    ),
    "linker Val-Ala-PAB": "CC(C)[C@H](N)C(=O)N[C@@H](C)C(=O)Nc1ccc(CO)cc1",
    "alanyl aminodibenzazepinone": "CN1C(=O)[C@@H](NC(=O)[C@H](C)N)c2ccccc2-c2ccccc21",
    "alanyl aminobenzazepinone": "CN1CCc2ccccc2[C@H](NC(=O)[C@H](C)N)C1=O",
    "Ala-Gly-Pro-Arg": "H-AGPR-OH",
    "Ala-Ala-Pro-Phe": "H-AAPF-OH",
    "alanine anilide with an alkyne": "C[C@H](N)C(=O)Nc1cccc(C#Cc2ccccc2)c1",
    "N-methylalanine anilide": "CN[C@@H](C)C(=O)Nc1ccccc1",
    # what is left of AVPI when something that binds is taken away
    "acetylated AVPI": "Ac-AVPI-NH2",
    "Boc-AVPI": "CC[C@H](C)[C@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)NC(=O)OC(C)(C)C)C(C)C)C(=O)O",
    "GVPI": "H-GVPI-OH",
    "MAVPI, uncut": "H-MAVPI-OH",
    "IPVA, read backwards": "H-IPVA-OH",
    "AVP": "H-AVP-NH2",
    "AVPG": "H-AVPG-OH",
    "APVI": "H-APVI-OH",
    "LCL161 methylated on the second amide": (
        "CN[C@@H](C)C(=O)N(C)[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"
    ),
    "LCL161 with serine": "CN[C@@H](CO)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "LCL161 with glycine": "CNCC(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "LCL161 with trifluoroalanine": (
        "CN[C@@H](C(F)(F)F)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"
    ),
    "LCL161 as an ester": "CN[C@@H](C)C(=O)O[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "azide on the way to LCL161": (
        "[N-]=[N+]=N[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"
    ),
    "quaternary LCL161": ("C[N+](C)(C)[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"),
    "dimethylated LCL161": "CN(C)[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "LCL161 with 2-aminoisobutyric acid": "CNC(C)(C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    "LCL161 without alanine": "N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
    # hormones and other peptides
    "octreotide": (
        "C[C@@H](O)[C@@H](CO)NC(=O)[C@@H]1CSSC[C@H](NC(=O)[C@H](N)Cc2ccccc2)C(=O)N[C@@H](Cc2ccccc2)C(=O)N[C@H]"
        "(Cc2c[nH]c3ccccc23)C(=O)N[C@@H](CCCCN)C(=O)N[C@@H]([C@@H](C)O)C(=O)N1"
    ),
    "enterostatin": "H-APGPR-OH",
    "tuftsin": "H-TKPR-OH",
    "diprotin A": "H-IPI-OH",
    "Val-Pro-Pro": "H-VPP-OH",
    "angiotensin II": "H-DRVYIHPF-OH",
    "bradykinin": "H-RPPGFSPFR-OH",
    "sermorelin's beginning": "H-YADAIFTNSYR-NH2",
    "semaglutide's kind of beginning": "CC(C)(NC(=O)[C@@H](N)Cc1c[nH]cn1)C(=O)N[C@@H](CCC(=O)O)C(=O)NCC(=O)O",
    # false friends: sold or published as IAP or XIAP inhibitors without the motif
    "embelin": "CCCCCCCCCCCC1=C(O)C(=O)C=C(O)C1=O",
    "UC-112": "Oc1c(CN2CCCC2)cc(OCc2ccccc2)c2cccnc12",
    "idronoxil": "Oc1ccc(C2=Cc3ccc(O)cc3OC2)cc1",
    "YM-155's cation": "COCCn1c(C)[n+](Cc2cnccn2)c2c1C(=O)c1ccccc1C2=O",
    # 2-methylpiperazines that are no tolinapant
    "gatifloxacin": "COc1c(N2CCNC(C)C2)c(F)cc2c(=O)c(C(=O)O)cn(C3CC3)c12",
    "methylpiperazinyl acetanilide": "CC1CN(CC(=O)Nc2ccccc2)CCN1",
    "pirenzepine's core": "CC1CN(CC(=O)N2c3ccccc3NC(=O)c3cccnc32)CCN1",
    "phenothiazine": "CC1CN(CC(=O)N2c3ccccc3Sc3ccccc32)CCN1",
    "tetrahydroquinoline": "CC1CN(CC(=O)N2CCCc3ccccc32)CCN1",
    "bare indoline": "CC1CN(CC(=O)N2CCc3ccccc32)CCN1",
    "lidocaine's piperazine": "Cc1cccc(C)c1NC(=O)CN1CCNC(C)C1",
}
