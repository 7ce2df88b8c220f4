/// Written output, looked at again.
@NullMarked
package io.nightshift.worker.output;

import org.jspecify.annotations.NullMarked;
