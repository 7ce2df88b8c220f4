/// The processes under test: nodes, their database, their clocks and disks, and the reading of their logs.
@NullMarked
package io.nightshift.nemesis.cluster;

import org.jspecify.annotations.NullMarked;
