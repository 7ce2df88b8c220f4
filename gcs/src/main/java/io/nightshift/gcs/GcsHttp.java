package io.nightshift.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Sends requests to Google Cloud Storage, with a token. Safe for several threads.
///
/// The client is the old one of the JDK, whose time limit also holds while the body of an answer is read.
///
/// @param endpoint without a `/` at its end
/// @param tokens null for requests without a token
record GcsHttp(String endpoint, @Nullable AccessTokens tokens) {

    private static final int CONNECT_MILLIS = 10_000;

    /// The most bytes of an error that are read.
    private static final int MOST_ERROR = 64 << 10;

    private static final Pattern CODE = Pattern.compile("<Code>\\s*([^<]*?)\\s*</Code>");
    private static final Pattern MESSAGE = Pattern.compile("<Message>\\s*([^<]*?)\\s*</Message>");

    /// An error that the store has answered with.
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;
        private final String reason;

        Refused(int status, String code, String reason) {
            super("HTTP %d %s".formatted(status, code));
            this.status = status;
            this.code = code;
            this.reason = reason;
        }

        int status() {
            return status;
        }

        /// May be empty, as in the answer to HEAD.
        String code() {
            return code;
        }

        /// The message of the store; may be empty.
        String reason() {
            return reason;
        }
    }

    /// An answer without an error. The caller closes it.
    record Answer(HttpURLConnection connection, InputStream body) implements AutoCloseable {

        @Nullable
        String header(String name) {
            return connection.getHeaderField(name);
        }

        /// All values of a header.
        List<String> headers(String name) {
            return connection.getHeaderFields().entrySet().stream()
                    .filter(header -> name.equalsIgnoreCase(header.getKey()))
                    .flatMap(header -> header.getValue().stream())
                    .toList();
        }

        String text() {
            try {
                return new String(body.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// Closes the connection, without reading the rest.
        void abort() {
            connection.disconnect();
        }

        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException _) {
                connection.disconnect();
            }
        }
    }

    /// Sends a request, and once more with another token if the store does not accept the first.
    ///
    /// @throws Refused if the store answers with an error
    /// @throws UncheckedIOException if there is no whole answer
    Answer send(GcsRequest request) {
        String token = tokens == null ? null : tokens.current();
        try {
            return send(request, token);
        } catch (Refused e) {
            if (e.status() != 401 || tokens == null || token == null) {
                throw e;
            }
            return send(request, tokens.insteadOf(token));
        }
    }

    private Answer send(GcsRequest request, @Nullable String token) {
        HttpURLConnection connection = null;
        try {
            connection = connection(request, token);
            if (request.length() >= 0) {
                connection.setDoOutput(true);
                connection.setFixedLengthStreamingMode(request.length());
                try (InputStream in = request.body().get();
                        OutputStream out = connection.getOutputStream()) {
                    in.transferTo(out);
                }
            }
            int status = status(connection);
            if (status >= 300) {
                throw refused(request, connection, status);
            }
            return new Answer(connection, connection.getInputStream());
        } catch (IOException e) {
            if (connection != null) {
                connection.disconnect();
            }
            throw new UncheckedIOException(e);
        }
    }

    private HttpURLConnection connection(GcsRequest request, @Nullable String token) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create(endpoint + request.path()).toURL().openConnection();
        connection.setRequestMethod(request.method());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout((int) request.patience().toMillis());
        connection.setRequestProperty("User-Agent", "nightshift");
        request.headers().forEach(connection::setRequestProperty);
        if (token != null) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        return connection;
    }

    /// The client does not like a 401 after a body that it has not kept.
    private static int status(HttpURLConnection connection) throws IOException {
        try {
            return connection.getResponseCode();
        } catch (HttpRetryException e) {
            return e.responseCode();
        }
    }

    private static Refused refused(GcsRequest request, HttpURLConnection connection, int status) throws IOException {
        String text = "";
        try (InputStream in = connection.getErrorStream()) {
            if (in != null && !request.method().equals("HEAD")) {
                text = new String(
                        ("gzip".equals(connection.getContentEncoding()) ? new GZIPInputStream(in) : in)
                                .readNBytes(MOST_ERROR),
                        StandardCharsets.UTF_8);
            }
        }
        return new Refused(status, first(CODE, text), first(MESSAGE, text));
    }

    private static String first(Pattern pattern, String text) {
        Matcher found = pattern.matcher(text);
        return found.find() ? found.group(1) : "";
    }
}
