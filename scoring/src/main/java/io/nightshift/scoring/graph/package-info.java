/// Scores ONNX graphs with ONNX Runtime. The only package that knows the runtime, which need not be
/// installed.
@NullMarked
package io.nightshift.scoring.graph;

import org.jspecify.annotations.NullMarked;
