/// A version of a Delta table as the source of a job: which data files it has, which of their rows are deleted,
/// and which columns they have (docs/decisions/0076-delta-source.md).
@NullMarked
package io.nightshift.delta.source;

import org.jspecify.annotations.NullMarked;
