/// Databases by name: a job names one, the node's configuration says where it is. Connections to them, and a
/// pool.
@NullMarked
package io.nightshift.storage.database;

import org.jspecify.annotations.NullMarked;
