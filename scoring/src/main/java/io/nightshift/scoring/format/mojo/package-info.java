/// Reads the MOJO files of [H2O](https://docs.h2o.ai), version 3.
@NullMarked
package io.nightshift.scoring.format.mojo;

import org.jspecify.annotations.NullMarked;
