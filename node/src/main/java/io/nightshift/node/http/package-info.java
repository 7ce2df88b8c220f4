/// The HTTP server of a node, on Vert.x: routes under `/v1`, permissions and limits. `docs/reference/http.md`
/// documents it, and `openapi.json` in this package's resources describes it for programs.
@NullMarked
package io.nightshift.node.http;

import org.jspecify.annotations.NullMarked;
