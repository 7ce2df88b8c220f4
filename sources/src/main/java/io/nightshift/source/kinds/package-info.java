/// [Sources][io.nightshift.source.kinds.Sources] finds what belongs to a job's kind of source. Each kind is one
/// package beside this one.
@NullMarked
package io.nightshift.source.kinds;

import org.jspecify.annotations.NullMarked;
