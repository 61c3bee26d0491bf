"""The command line: one file a command; standard output is data, standard error is talk."""
