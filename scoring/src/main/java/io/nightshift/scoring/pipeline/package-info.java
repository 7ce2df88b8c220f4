/// Scores pipelines: the columns of each step, block by block.
@NullMarked
package io.nightshift.scoring.pipeline;

import org.jspecify.annotations.NullMarked;
