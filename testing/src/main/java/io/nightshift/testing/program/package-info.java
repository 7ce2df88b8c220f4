/// The program as an operating system process, started from the assembled distribution.
@NullMarked
package io.nightshift.testing.program;

import org.jspecify.annotations.NullMarked;
