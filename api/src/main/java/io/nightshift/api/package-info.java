/// The records that a cluster and the programs outside it exchange, and their JSON.
///
/// The documentation of the HTTP API in `docs/reference/http.md` describes the same fields. The records only
/// grow. A reader ignores a field it doesn't know. It uses null, zero, false, an empty list or an empty map
/// for a field that is missing.
///
/// All records are immutable, so any number of threads may share one. A component is null only where it is
/// declared `@Nullable`. Counts and sizes are 0 or more.
@NullMarked
package io.nightshift.api;

import org.jspecify.annotations.NullMarked;
