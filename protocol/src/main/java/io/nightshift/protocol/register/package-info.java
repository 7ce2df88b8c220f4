/// The register of all jobs' batches: which is open, which was published last, and which has work
/// to give.
@NullMarked
package io.nightshift.protocol.register;

import org.jspecify.annotations.NullMarked;
