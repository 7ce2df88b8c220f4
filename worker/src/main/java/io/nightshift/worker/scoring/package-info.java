/// Columns in, columns out: the scorers and their kernels.
@NullMarked
package io.nightshift.worker.scoring;

import org.jspecify.annotations.NullMarked;
