package io.nightshift.node.configuration;

import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The token of nodes without configured tokens: a file in their home folder that only its owner can read. So
/// only the user that runs a node, and the administrator of the machine, can call the node. Nodes that share a
/// home folder share the token, and a node that starts again keeps it.
public final class LocalToken {

    private static final String FILE = "token";

    /// Its name in the audit log.
    private static final String NAME = "local";

    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private LocalToken() {}

    public static Path file(Path home) {
        return home.resolve(FILE);
    }

    /// Reads the token of a home folder, or generates it.
    ///
    /// @return the token with the role `admin`
    /// @throws FailureException permanent, if the file can't be used, or other users can read it
    public static Tokens ensure(Path home) {
        Path file = file(home);
        try {
            Files.createDirectories(home);
            if (Files.notExists(file)) {
                generate(file);
            }
            String token = Files.readString(file).strip();
            if (!token.matches(Token.PATTERN)) {
                throw unusable(file, "it does not contain a token");
            }
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view != null && !OWNER.containsAll(view.readAttributes().permissions())) {
                throw unusable(file, "other users may use it");
            }
            return new Tokens(List.of(new Token(NAME, Role.ADMIN, Token.digest(token))));
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the token file %s can't be read or written (%s). Check the permissions of its folder, or configure tokens with nightshift.http.tokens-file"
                            .formatted(file, e));
        }
    }

    private static FailureException unusable(Path file, String reason) {
        return FailureException.permanent(
                "the token file %s can't be used: %s. Remove the file; the node then generates another token"
                        .formatted(file, reason));
    }

    /// Writes a complete file under another name first. If several nodes do so at the same time, the first one
    /// determines the token.
    private static void generate(Path file) throws IOException {
        // Only its owner can read a temporary file.
        Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), FILE, ".new");
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((Token.random() + "\n").getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
            Files.createLink(file, draft);
        } catch (FileAlreadyExistsException e) {
            // Another node was faster.
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /// The token of a home folder for a program of the same user, or null if there is none that it can read.
    public static @Nullable String find(Path home) {
        try {
            return Files.readString(file(home)).strip();
        } catch (IOException e) {
            return null;
        }
    }
}
