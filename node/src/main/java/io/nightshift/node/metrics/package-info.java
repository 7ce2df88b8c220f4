/// How a node's metrics get out: for Prometheus to fetch, and by OTLP.
@NullMarked
package io.nightshift.node.metrics;

import org.jspecify.annotations.NullMarked;
