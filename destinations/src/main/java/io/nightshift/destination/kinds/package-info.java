/// [Destinations][io.nightshift.destination.kinds.Destinations] finds what belongs to a job's kind of
/// destination. Each kind is one package beside this one, or a plug-in.
@NullMarked
package io.nightshift.destination.kinds;

import org.jspecify.annotations.NullMarked;
