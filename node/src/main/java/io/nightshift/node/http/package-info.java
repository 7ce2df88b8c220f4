/// The node's door for programs that speak HTTP: routes under `/v1`, who may use them, and how much.
/// Documented in `docs/reference/http.md`; `openapi.json` beside these classes describes the same for
/// machines.
@NullMarked
package io.nightshift.node.http;

import org.jspecify.annotations.NullMarked;
