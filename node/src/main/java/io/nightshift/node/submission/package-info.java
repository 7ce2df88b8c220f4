/// Checks and resolves submitted jobs: their model, source and destination.
@NullMarked
package io.nightshift.node.submission;

import org.jspecify.annotations.NullMarked;
