package io.nightshift.api.operation;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An operation of the API.
///
/// @param <A> the record of a successful answer; [Void] if there is none
/// @param id its name, such as `listBatches`
/// @param method of HTTP; GET includes HEAD
/// @param path such as `/v1/batches/{batch}`, where braces stand for any one segment
/// @param role that a caller needs; null if anyone may call it
/// @param credentials by which a caller may identify itself
/// @param summary in one line
/// @param description of more; null if the summary says it all
/// @param parameters in the order of the OpenAPI document
/// @param body null if it reads none
/// @param answer the class of a successful answer
/// @param responses all but problems, the most frequent first
/// @param refusals the problems beyond those of every such operation
/// @param isOfNode whether the node answers by itself, without a coordinator or the ledger
/// @param isSlow whether it reads sources or waits for other servers, so that clients should wait longer
/// @param action its name in the audit log
public record Operation<A>(
        String id,
        String method,
        String path,
        @Nullable Role role,
        Credentials credentials,
        String summary,
        @Nullable String description,
        List<Parameter> parameters,
        @Nullable Body body,
        Class<A> answer,
        List<Response> responses,
        Set<Refusal> refusals,
        boolean isOfNode,
        boolean isSlow,
        String action) {

    /// The header with an idempotency key.
    public static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    private static final Pattern SEGMENT = Pattern.compile("\\{[a-z]+}");

    /// Keeps unmodifiable copies of the collections.
    public Operation {
        parameters = List.copyOf(parameters);
        responses = List.copyOf(responses);
        refusals = Set.copyOf(refusals);
    }

    /// Whether it changes something.
    public boolean changes() {
        return !method.equals("GET");
    }

    /// The names of the parameters in the query.
    public Set<String> query() {
        Set<String> names = new LinkedHashSet<>();
        for (Parameter parameter : parameters) {
            if (parameter.place() == Parameter.Place.QUERY) {
                names.add(parameter.name());
            }
        }
        return names;
    }

    /// @param name of a parameter
    /// @throws IllegalArgumentException if there is none
    public Parameter parameter(String name) {
        return parameters.stream()
                .filter(parameter -> parameter.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("%s has no parameter %s".formatted(id, name)));
    }

    /// The path of a request.
    ///
    /// @param segments for the braces, in their order
    /// @throws IllegalArgumentException if there are more or fewer
    public String path(String... segments) {
        Matcher matcher = SEGMENT.matcher(path);
        StringBuilder filled = new StringBuilder();
        int used = 0;
        while (matcher.find() && used < segments.length) {
            matcher.appendReplacement(filled, Matcher.quoteReplacement(encoded(segments[used++])));
        }
        matcher.appendTail(filled);
        if (used < segments.length || filled.indexOf("{") >= 0) {
            throw new IllegalArgumentException("%s is not for %d segments".formatted(path, segments.length));
        }
        return filled.toString();
    }

    /// A text for a path or a query.
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /// Operations by the last segment of their path.
    @SafeVarargs
    static <A> Map<String, Operation<A>> byVerb(Operation<A>... operations) {
        Map<String, Operation<A>> byVerb = new LinkedHashMap<>();
        for (Operation<A> operation : operations) {
            byVerb.put(operation.path.substring(operation.path.lastIndexOf('/') + 1), operation);
        }
        return Collections.unmodifiableMap(byVerb);
    }

    static Draft get(String id, String path, Role role, String summary) {
        return new Draft(id, "GET", path, role, summary);
    }

    static Draft post(String id, String path, Role role, String summary) {
        return new Draft(id, "POST", path, role, summary);
    }

    static Draft put(String id, String path, Role role, String summary) {
        return new Draft(id, "PUT", path, role, summary);
    }

    static Draft delete(String id, String path, Role role, String summary) {
        return new Draft(id, "DELETE", path, role, summary);
    }

    /// An operation for anyone.
    static Draft open(String id, String path, String summary) {
        return new Draft(id, "GET", path, null, summary);
    }

    /// An operation whose answers are not known yet.
    static final class Draft {

        private final String id;
        private final String method;
        private final String path;
        private final @Nullable Role role;
        private final String summary;
        private final List<Parameter> parameters = new ArrayList<>();
        private final Set<Refusal> refusals = EnumSet.noneOf(Refusal.class);
        private Credentials credentials = Credentials.TOKEN_OR_SESSION;
        private @Nullable String description;
        private @Nullable Body body;
        private boolean isOfNode;
        private boolean isSlow;
        private String action;

        private Draft(String id, String method, String path, @Nullable Role role, String summary) {
            this.id = id;
            this.method = method;
            this.path = path;
            this.role = role;
            this.summary = summary;
            this.action = id.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        }

        Draft by(Credentials others) {
            credentials = others;
            return this;
        }

        Draft describedAs(String text) {
            description = text;
            return this;
        }

        Draft with(Parameter... added) {
            parameters.addAll(List.of(added));
            return this;
        }

        Draft with(Body read) {
            body = read;
            return this;
        }

        Draft mayBe(Refusal... added) {
            refusals.addAll(List.of(added));
            return this;
        }

        Draft ofNode() {
            isOfNode = true;
            return this;
        }

        Draft slow() {
            isSlow = true;
            return this;
        }

        Draft auditedAs(String name) {
            action = name;
            return this;
        }

        <A> Operation<A> answers(Class<A> answer) {
            return answers(answer, Response.json(200, "The result.", answer));
        }

        <A> Operation<A> answers(Class<A> answer, Response... responses) {
            return new Operation<>(
                    id,
                    method,
                    path,
                    role,
                    credentials,
                    summary,
                    description,
                    parameters,
                    body,
                    answer,
                    List.of(responses),
                    refusals,
                    isOfNode,
                    isSlow,
                    action);
        }

        Operation<Void> answers(Response... responses) {
            return answers(Void.class, responses);
        }
    }
}
