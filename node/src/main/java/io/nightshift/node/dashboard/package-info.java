/// The dashboard: the files of the pages, and what only they ask for. Everything else the pages ask for by the
/// HTTP API. See `docs/decisions/0034-dashboard.md`.
@NullMarked
package io.nightshift.node.dashboard;

import org.jspecify.annotations.NullMarked;
