/// Tells catalogues by OpenLineage events which data and which model each batch read, and what it published.
@NullMarked
package io.nightshift.node.lineage;

import org.jspecify.annotations.NullMarked;
