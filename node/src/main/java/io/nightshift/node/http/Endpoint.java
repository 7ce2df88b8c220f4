package io.nightshift.node.http;

import io.nightshift.node.gateway.Role;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// One thing that can be asked for.
///
/// @param method of HTTP; HEAD goes with GET
/// @param path such as `/v1/batches/{batch}`; what stands in braces is any segment
/// @param role that is needed, or null: anyone may
/// @param parameters that the query may have
/// @param forPeople whether it is a page for a browser, which asks for a password
public record Endpoint(
        String method, String path, @Nullable Role role, Set<String> parameters, boolean forPeople, Handler handler) {

    /// Answers a request. Doesn't wait: there is one thread for all.
    @FunctionalInterface
    public interface Handler {
        CompletionStage<Answer> answer(Call call);
    }

    public Endpoint {
        parameters = Set.copyOf(parameters);
    }

    static Endpoint get(String path, @Nullable Role role, Set<String> parameters, Handler handler) {
        return new Endpoint("GET", path, role, parameters, false, handler);
    }

    static Endpoint post(String path, Role role, Set<String> parameters, Handler handler) {
        return new Endpoint("POST", path, role, parameters, false, handler);
    }

    /// Whether it is asked for to change something.
    boolean changes() {
        return !method.equals("GET");
    }
}
