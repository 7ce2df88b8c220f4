/// Examinations of published batches: the first predictions, the verification, and the replay.
@org.jspecify.annotations.NullMarked
package io.nightshift.node.check;
