"""Readers of plate files, one file for each program that writes them.

A module here with a ``READER`` is found by itself (:func:`avpi.formats.plate_file.readers`): a new reader is one
file here and one example in ``tests/data/formats/<name>/``.
"""
