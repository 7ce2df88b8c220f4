/// Reads [ONNX](https://onnx.ai) files: a single tree ensemble becomes a forest, any other graph is left to
/// ONNX Runtime.
@NullMarked
package io.nightshift.scoring.format.onnx;

import org.jspecify.annotations.NullMarked;
