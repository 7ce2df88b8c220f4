package io.nightshift.http;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// Asks each server by TLS, replaces the server's key, and asks again on a new connection. Prints the
/// version of HTTP that was agreed on, and whether the new certificate is served.
final class TlsProbe {

    private TlsProbe() {}

    /// @param arguments two key stores, then `NAME=CLASSPATH` for each server
    public static void main(String[] arguments) throws Exception {
        System.out.println("| server | version over TLS | new certificate without a restart |");
        System.out.println("|---|---|---|");
        for (int i = 2; i < arguments.length; i++) {
            String[] words = arguments[i].split("=", 2);
            try (Child server = new Child(words[1], List.of(words[0], "false", arguments[0]))) {
                HttpResponse<String> first = ask(server.port);
                server.tell("key " + arguments[1]);
                server.answer();
                HttpResponse<String> second = ask(server.port);
                System.out.printf(
                        "| %s | %s | %s |%n",
                        words[0],
                        first.version(),
                        certificate(first).equals(certificate(second)) ? "no" : "yes");
            }
        }
    }

    private static X509Certificate certificate(HttpResponse<?> response) throws Exception {
        return (X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0];
    }

    private static HttpResponse<String> ask(int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustAnybody()}, null);
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(context)
                .version(HttpClient.Version.HTTP_2)
                .build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/v1/batches/x"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    /// The certificates are self-signed, made for this run.
    private static final class TrustAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
