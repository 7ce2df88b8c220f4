/// The job file: its keys, their values, and the mistakes that a file can contain.
@NullMarked
package io.nightshift.protocol.job;

import org.jspecify.annotations.NullMarked;
