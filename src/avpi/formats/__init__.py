"""Files of instruments and of the bench, read into :mod:`avpi.readings`; one file per program that writes them."""
