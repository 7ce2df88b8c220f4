/// The job file: its keys, what they may hold, and every mistake a file can contain.
@NullMarked
package io.nightshift.protocol.job;

import org.jspecify.annotations.NullMarked;
