package io.nightshift.node.http;

import io.nightshift.api.operation.NodeApi;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.GatewayAccess;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Signs browsers in and out.
///
/// A browser exchanges a token or a sign-in code for a cookie that scripts can't read and that is not sent with
/// requests of other sites. The cookie has no path of its own. So its path is the folder of `session` as the
/// browser sees it, also behind a proxy that serves the node below a path.
public final class SessionRoutes {

    private final GatewayAccess access;
    private final String node;
    private final @Nullable String version;

    /// @param node the node's name, `host:port`
    /// @param version of the program; null where it runs from class files
    public SessionRoutes(GatewayAccess access, String node, @Nullable String version) {
        this.access = access;
        this.node = node;
        this.version = version;
    }

    /// The token that is signed in, and the node that answers.
    ///
    /// @param name of the token
    /// @param role of the token
    private record Session(
            String name, String role, String node, @Nullable String version) {}

    /// @param code to send once, as `Authorization: Code …`
    private record SignInCode(String code) {}

    public List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(NodeApi.SHOW_SESSION, call -> done(session(call.caller()))),
                new Endpoint(NodeApi.SIGN_IN, this::signIn),
                new Endpoint(
                        NodeApi.SIGN_OUT,
                        call -> done(Answer.noContent().with("Set-Cookie", cookie(call, "") + "; Max-Age=0"))),
                new Endpoint(NodeApi.CREATE_SIGN_IN_CODE, this::signInCode));
    }

    private CompletionStage<Answer> signIn(Call call) {
        AuditLog.log(call.caller(), "sign-in", null, "done", "");
        return done(session(call.caller()).with("Set-Cookie", cookie(call, access.openSession(call.caller()))));
    }

    private CompletionStage<Answer> signInCode(Call call) {
        AuditLog.log(call.caller(), "create-sign-in-code", null, "done", "");
        return done(Answer.json(201, new SignInCode(access.signInCode(call.caller()))));
    }

    private String cookie(Call call, String value) {
        String cookie = "%s=%s; HttpOnly; SameSite=Strict".formatted(access.sessionCookie(), value);
        return call.context().request().isSSL() ? cookie + "; Secure" : cookie;
    }

    private Answer session(Caller caller) {
        return Answer.json(200, new Session(caller.name(), caller.role().toString(), node, version));
    }

    private static CompletionStage<Answer> done(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }
}
