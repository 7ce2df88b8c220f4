/// Reads [LightGBM](https://lightgbm.readthedocs.io)'s text files.
@NullMarked
package io.nightshift.scoring.format.lightgbm;

import org.jspecify.annotations.NullMarked;
