/// Readers of the documents that model files consist of: JSON, UBJSON and Protocol Buffers. A length in a
/// file never costs more memory than the file has bytes for.
@NullMarked
package io.nightshift.scoring.document;

import org.jspecify.annotations.NullMarked;
