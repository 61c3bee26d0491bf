"""The ensemble engine: stiff systems of ordinary differential equations, one cell or a million, from SBML.

::

    model = avpi.Model.from_sbml("model.xml")
    avpi.simulate(model, avpi.LogNormal(cells=10_000, sigma=0.5), times=[0, 24, 72])

Knows nothing of biology. From a file to numbers: ``sbml`` reads it into ``equations`` on a graph of ``expression``s;
``kernels`` and ``step`` write them as instructions, ``machine`` makes code of those; ``inputs`` checks what a user asks
for, ``chunks`` hands it to the loop in ``driver``; ``simulate`` and ``sensitivities`` are what people call.
docs/explanation/solver.md explains how it works.
"""
