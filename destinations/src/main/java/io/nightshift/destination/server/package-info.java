/// The shared parts of destinations that are on a server: tables of a database, and keys.
@NullMarked
package io.nightshift.destination.server;

import org.jspecify.annotations.NullMarked;
