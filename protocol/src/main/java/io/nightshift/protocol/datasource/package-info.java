/// Databases by name: a job names one, the node's configuration says what it is.
@NullMarked
package io.nightshift.protocol.datasource;

import org.jspecify.annotations.NullMarked;
