/// How a job that somebody submits is checked and resolved: its model, its source and its destination.
@NullMarked
package io.nightshift.node.submission;

import org.jspecify.annotations.NullMarked;
