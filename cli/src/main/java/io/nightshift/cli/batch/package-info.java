/// `nightshift batch`: what ran, its history, the proof, and the control of what runs in a cluster.
@NullMarked
package io.nightshift.cli.batch;

import org.jspecify.annotations.NullMarked;
