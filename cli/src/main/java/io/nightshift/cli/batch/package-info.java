/// `nightshift batch`: batches listed, shown, verified, submitted and controlled.
@NullMarked
package io.nightshift.cli.batch;

import org.jspecify.annotations.NullMarked;
