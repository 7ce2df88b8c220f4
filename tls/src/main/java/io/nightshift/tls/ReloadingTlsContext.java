package io.nightshift.tls;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A TLS configuration that is loaded again when its files change, so that certificates can be renewed
/// without a restart. Existing connections keep the old certificates. Safe for use by several threads.
public final class ReloadingTlsContext {

    private static final Logger LOG = LoggerFactory.getLogger(ReloadingTlsContext.class);

    private final TlsFiles files;
    private Loaded loaded;

    private record Loaded(List<FileTime> modified, SSLContext context) {}

    /// Loads the files.
    ///
    /// @param files the files to load, and to load again when they change
    /// @throws FailureException permanent, if a file can't be used
    public ReloadingTlsContext(TlsFiles files) {
        this.files = files;
        this.loaded = load();
    }

    private Loaded load() {
        try {
            List<FileTime> modified = files.modified();
            return new Loaded(modified, files.context());
        } catch (IOException e) {
            throw FailureException.permanent("cannot read a TLS file: " + e.getMessage());
        }
    }

    /// The current configuration. Reads the files if they have changed since the last call; if they can't be
    /// used, keeps the previous configuration.
    synchronized SSLContext context() {
        try {
            if (!files.modified().equals(loaded.modified)) {
                loaded = load();
                LOG.info("loaded the changed certificates");
            }
        } catch (IOException | FailureException e) {
            // The files may be half replaced. The next connection tries again.
            LOG.warn("cannot load the changed certificates, still using the old ones: {}", e.getMessage());
        }
        return loaded.context;
    }
}
