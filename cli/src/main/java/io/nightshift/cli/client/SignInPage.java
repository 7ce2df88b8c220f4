package io.nightshift.cli.client;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/// The page that redirects a browser to an address with a sign-in code. All users of a machine can see the
/// arguments of a browser. So the arguments name this page, a file that only its user can read, and not the
/// address.
final class SignInPage {

    private static final String FILE = "sign-in";

    private SignInPage() {}

    /// Writes the page. It replaces the one of an earlier sign-in, whose code is no longer valid.
    ///
    /// @param folder where the page is written; created if it is missing
    static Path write(Path folder, URI address) throws IOException {
        Files.createDirectories(folder);
        Path page = folder.toAbsolutePath().resolve(FILE + ".html");
        String link = address.toString().replace("&", "&amp;").replace("\"", "&quot;");
        String text = """
                <!doctype html>
                <meta charset="utf-8">
                <meta name="referrer" content="no-referrer">
                <meta http-equiv="refresh" content="0; url=%s">
                <title>Nightshift</title>
                <a href="%s">Open the dashboard</a>
                """.formatted(link, link);
        // Only its owner can read a temporary file.
        Path draft = Files.createTempFile(page.getParent(), FILE, ".new");
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            }
            return Files.move(draft, page, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /// The command that opens a page with the system's browser.
    ///
    /// @param system the name of the operating system, as in the property `os.name`
    static List<String> command(String system, Path page) {
        String name = system.toLowerCase(Locale.ROOT);
        String address = page.toUri().toString();
        return name.contains("mac")
                ? List.of("open", address)
                : name.contains("windows")
                        ? List.of("rundll32", "url.dll,FileProtocolHandler", address)
                        : List.of("xdg-open", address);
    }
}
