/// Reads exchange files, to which `tools/export-sklearn.py` exports models of
/// [scikit-learn](https://scikit-learn.org).
@NullMarked
package io.nightshift.scoring.format.sklearn;

import org.jspecify.annotations.NullMarked;
