/// The export of a node's metrics, to Prometheus and by OTLP.
@NullMarked
package io.nightshift.node.metrics;

import org.jspecify.annotations.NullMarked;
