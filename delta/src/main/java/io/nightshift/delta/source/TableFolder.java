package io.nightshift.delta.source;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ObjectScheme;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The folder of a table, or its prefix of an object store.
///
/// @param root without a slash at its end
record TableFolder(String root) {

    static TableFolder of(String table) {
        return new TableFolder(table.replaceFirst("(?<=[^/])/+$", ""));
    }

    boolean isObjects() {
        return ObjectAddress.isAddress(root);
    }

    /// The file of a version's commit.
    String commit(long version) {
        return String.format(Locale.ROOT, "%s/_delta_log/%020d.json", root, version);
    }

    /// Where a file is. Paths in a log are URIs, relative to the table's folder or absolute.
    ///
    /// @return an absolute path, or the address of an object
    /// @throws FailureException permanent, if the path is none
    String resolve(String path) {
        URI uri;
        try {
            uri = new URI(path);
        } catch (URISyntaxException e) {
            throw refused(path, "which is not a URI", e);
        }
        String decoded = uri.getPath();
        if (decoded == null || decoded.isEmpty()) {
            throw refused(path, "which names no file", null);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "" -> decoded.startsWith("/") ? absolute(decoded) : below(decoded);
            case "file" -> Path.of(decoded).normalize().toString();
            default -> {
                String address = ObjectScheme.canonical(scheme + "://" + uri.getAuthority() + decoded);
                if (!ObjectAddress.isAddress(address)) {
                    throw refused(path, "which is neither in a folder nor in an object store", null);
                }
                yield address;
            }
        };
    }

    private String below(String decoded) {
        return isObjects()
                ? root + "/" + decoded
                : Path.of(root, decoded).normalize().toString();
    }

    /// A path without a scheme is in the store of the table.
    private String absolute(String decoded) {
        return isObjects()
                ? ObjectAddress.of(root).root() + decoded
                : Path.of(decoded).normalize().toString();
    }

    private FailureException refused(String path, String reason, @Nullable Exception cause) {
        String message = "source: the log of the Delta table %s has the path %s, %s".formatted(root, path, reason);
        return cause == null
                ? FailureException.permanent(message)
                : new FailureException(Failure.permanent(message), cause);
    }
}
