"""A model small enough to run thousands of cells in a blink: A becomes B becomes C."""

from __future__ import annotations

_SPECIES = """<species id="{id}" name="protein {id}" compartment="cell" initialAmount="{amount}"
        hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>"""

_REACTION = """<reaction id="{id}" reversible="false" fast="false">
        <listOfReactants><speciesReference species="{left}" stoichiometry="1" constant="true"/></listOfReactants>
        <listOfProducts><speciesReference species="{right}" stoichiometry="1" constant="true"/></listOfProducts>
        <kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>{rate}</ci><ci>{left}</ci></apply>
        </math></kineticLaw>
      </reaction>"""

CASCADE = f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
  <model id="cascade">
    <listOfCompartments>
      <compartment id="cell" size="1" constant="true" spatialDimensions="3"/>
    </listOfCompartments>
    <listOfSpecies>
      {_SPECIES.format(id="A", amount=100)}
      {_SPECIES.format(id="B", amount=0)}
      {_SPECIES.format(id="C", amount=0)}
    </listOfSpecies>
    <listOfParameters>
      <parameter id="k_on" value="0.5" constant="true"/>
      <parameter id="k_cut" value="0.2" constant="true"/>
    </listOfParameters>
    <listOfReactions>
      {_REACTION.format(id="r1", left="A", right="B", rate="k_on")}
      {_REACTION.format(id="r2", left="B", right="C", rate="k_cut")}
    </listOfReactions>
  </model>
</sbml>
"""

EVENT = """    <listOfEvents>
      <event id="dose" useValuesFromTriggerTime="true">
        <trigger initialValue="true" persistent="true"><math xmlns="http://www.w3.org/1998/Math/MathML">
          <apply><geq/><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>
          <cn>1</cn></apply></math></trigger>
      </event>
    </listOfEvents>
"""

REFUSED = CASCADE.replace("  </model>", EVENT + "  </model>")
"""The same with an event, which the engine does not take."""
