package io.nightshift.api.operation;

import java.util.List;
import java.util.stream.Stream;

/// All operations.
public final class Operations {

    /// In the order of the OpenAPI document.
    public static final List<Operation<?>> ALL = Stream.of(
                    BatchApi.ALL, JobApi.ALL, ClusterApi.ALL, ModelApi.ALL, NodeApi.ALL)
            .flatMap(List::stream)
            .toList();

    private Operations() {}
}
