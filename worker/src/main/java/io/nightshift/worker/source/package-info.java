/// Input files: which there are, what is in them, and how a job's expressions and a model's
/// features fit them.
@NullMarked
package io.nightshift.worker.source;

import org.jspecify.annotations.NullMarked;
