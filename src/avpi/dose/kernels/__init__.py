"""The four-parameter logistic by the million, compiled: values, fits, intervals, whole blocks of curves."""
