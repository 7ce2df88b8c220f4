package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
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

    /// Answers a request. Doesn't wait: the thread is an actor dispatcher's.
    @FunctionalInterface
    public interface Handler {
        CompletionStage<HttpResponse> answer(Call call);
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

    /// What stands for the segments in braces, if the path is of this endpoint.
    Optional<Map<String, String>> match(List<String> segments) {
        String[] pattern = path.substring(1).split("/", -1);
        if (pattern.length != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < pattern.length; i++) {
            String segment = segments.get(i);
            if (pattern[i].startsWith("{")) {
                values.put(pattern[i].substring(1, pattern[i].length() - 1), segment);
            } else if (!pattern[i].equals(segment)) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }
}
