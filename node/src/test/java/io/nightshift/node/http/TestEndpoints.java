package io.nightshift.node.http;

import io.nightshift.api.operation.Body;
import io.nightshift.api.operation.Credentials;
import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Role;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Endpoints of operations that the API does not have.
final class TestEndpoints {

    private TestEndpoints() {}

    static Endpoint get(String path, @Nullable Role role, Endpoint.Handler handler) {
        return endpoint("GET", path, role, null, handler);
    }

    static Endpoint get(String path, @Nullable Role role, Answer answer) {
        return get(path, role, call -> CompletableFuture.completedFuture(answer));
    }

    /// An endpoint that reads JSON.
    static Endpoint post(String path, Role role, Endpoint.Handler handler) {
        return endpoint("POST", path, role, new Body(List.of("application/json"), null, false), handler);
    }

    private static Endpoint endpoint(
            String method, String path, @Nullable Role role, @Nullable Body body, Endpoint.Handler handler) {
        Operation<Void> operation = new Operation<>(
                "test",
                method,
                path,
                role,
                Credentials.TOKEN_OR_SESSION,
                "",
                null,
                List.of(),
                body,
                Void.class,
                List.of(),
                Set.of(),
                false,
                false,
                "test");
        return new Endpoint(operation, handler);
    }
}
