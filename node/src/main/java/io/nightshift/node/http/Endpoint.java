package io.nightshift.node.http;

import io.nightshift.node.gateway.Role;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// A method and path that the server answers.
///
/// @param method the HTTP method; GET includes HEAD
/// @param path such as `/v1/batches/{batch}`, where braces stand for any one segment
/// @param role the role that a caller needs, or null if anyone may call it
/// @param parameters the query parameters it knows
/// @param bodyTypes the media types that a body may have; empty if the endpoint reads no body
/// @param isOpenOnLoopback whether it needs no token where only the local token is valid
/// @param credentials by what a caller may identify itself
public record Endpoint(
        String method,
        String path,
        @Nullable Role role,
        Set<String> parameters,
        List<String> bodyTypes,
        boolean isOpenOnLoopback,
        Credentials credentials,
        Handler handler) {

    /// Answers a request. Called on the event loop, so it must not block or compute.
    @FunctionalInterface
    public interface Handler {
        CompletionStage<Answer> answer(Call call);
    }

    /// By what a caller may identify itself.
    public enum Credentials {
        /// By a token, or by the session of a browser.
        TOKEN_OR_SESSION,
        /// By a token, or by a sign-in code.
        TOKEN_OR_CODE,
        /// By a token only.
        TOKEN
    }

    public Endpoint {
        parameters = Set.copyOf(parameters);
        bodyTypes = List.copyOf(bodyTypes);
    }

    public static Endpoint get(String path, @Nullable Role role, Set<String> parameters, Handler handler) {
        return new Endpoint("GET", path, role, parameters, List.of(), false, Credentials.TOKEN_OR_SESSION, handler);
    }

    /// Needs no token where only the local token is valid, because monitoring runs as another user.
    static Endpoint metrics(String path, Handler handler) {
        return new Endpoint("GET", path, Role.READ, Set.of(), List.of(), true, Credentials.TOKEN_OR_SESSION, handler);
    }

    static Endpoint post(String path, Role role, Set<String> parameters, List<String> bodyTypes, Handler handler) {
        return new Endpoint("POST", path, role, parameters, bodyTypes, false, Credentials.TOKEN_OR_SESSION, handler);
    }

    static Endpoint put(String path, Role role, Set<String> parameters, List<String> bodyTypes, Handler handler) {
        return new Endpoint("PUT", path, role, parameters, bodyTypes, false, Credentials.TOKEN_OR_SESSION, handler);
    }

    static Endpoint delete(String path, Role role, Handler handler) {
        return new Endpoint("DELETE", path, role, Set.of(), List.of(), false, Credentials.TOKEN_OR_SESSION, handler);
    }

    /// The same endpoint for other credentials.
    Endpoint by(Credentials other) {
        return new Endpoint(method, path, role, parameters, bodyTypes, isOpenOnLoopback, other, handler);
    }

    /// Whether it changes something.
    boolean changes() {
        return !method.equals("GET");
    }
}
