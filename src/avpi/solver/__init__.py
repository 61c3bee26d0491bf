"""The ensemble engine: stiff systems of ordinary differential equations, one cell or a million, from SBML.

    model = Model.from_sbml("model.xml")
    result = simulate(model, LogNormal(cells=10_000, sigma=0.5), times=np.linspace(0, 72 * 3600, 13))

Knows nothing of biology. docs/explanation/solver.md explains how it works.
"""
