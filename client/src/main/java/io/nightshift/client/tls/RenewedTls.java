package io.nightshift.client.tls;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// TLS by files that are read again when they have changed, so certificates are renewed without a restart;
/// connections that exist keep the old ones. Safe for several threads.
public final class RenewedTls {

    private static final Logger LOG = LoggerFactory.getLogger(RenewedTls.class);

    private final TlsFiles files;
    private Loaded loaded;

    private record Loaded(List<FileTime> modified, SSLContext context) {}

    /// @throws FailureException permanent, if a file can't be used
    public RenewedTls(TlsFiles files) {
        this.files = files;
        this.loaded = load();
    }

    private Loaded load() {
        try {
            List<FileTime> modified = files.modified();
            return new Loaded(modified, files.context());
        } catch (IOException e) {
            throw FailureException.permanent("a file for TLS is missing: " + e.getMessage());
        }
    }

    synchronized SSLContext context() {
        try {
            if (!files.modified().equals(loaded.modified)) {
                loaded = load();
                LOG.info("the certificates were read again");
            }
        } catch (IOException | FailureException e) {
            // They may be being replaced; the next connection tries again.
            LOG.warn("the certificates changed, but can't be used yet: {}", e.getMessage());
        }
        return loaded.context;
    }
}
