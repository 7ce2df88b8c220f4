"""Turns fitted models of scikit-learn into exchange files of Nightshift."""
