/// Scores rows with trained models, in any JVM program. [Model] is the front door.
@NullMarked
package io.nightshift.scoring;

import org.jspecify.annotations.NullMarked;
