/// The client for programs that submit batches to a cluster and watch them, over HTTP.
///
/// Start at [NightshiftClient#overHttp]. The package needs the JDK, Jackson and [io.nightshift.api], whose
/// records it returns.
@NullMarked
package io.nightshift.client;

import org.jspecify.annotations.NullMarked;
