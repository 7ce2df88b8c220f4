package io.nightshift.node.lineage;

import io.nightshift.node.alert.AlertChannel;
import io.nightshift.node.alert.Secret;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.lineage`: where the lineage of batches is sent.
///
/// @param target an endpoint that accepts OpenLineage events by HTTP
/// @param token the bearer token of each request; null for none
/// @param namespace of the jobs
public record LineageSettings(
        AlertChannel.Target target, @Nullable Secret token, String namespace) {}
