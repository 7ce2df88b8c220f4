/// Scores rows with trained models, in any JVM program. Start with [Model].
@NullMarked
package io.nightshift.scoring;

import org.jspecify.annotations.NullMarked;
