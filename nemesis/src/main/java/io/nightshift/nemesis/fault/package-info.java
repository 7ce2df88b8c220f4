/// The faults, their order and their injection.
@NullMarked
package io.nightshift.nemesis.fault;

import org.jspecify.annotations.NullMarked;
