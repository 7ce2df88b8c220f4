/// What programs outside the cluster are told, as records and in JSON; documented in
/// `docs/reference/http.md`. They only grow: a reader passes over fields that it doesn't know, and takes
/// null, zero or an empty list for those that are missing.
@NullMarked
package io.nightshift.protocol.api;

import org.jspecify.annotations.NullMarked;
