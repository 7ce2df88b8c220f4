package io.nightshift.node.gateway;

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
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The sessions of browsers that have signed in to the dashboard.
///
/// A session is its cookie: the digest of the token and the time at which the session ends, encrypted and
/// authenticated with AES-GCM. The node keeps no list, so a session survives its restart, and a cookie that
/// leaks is no token. The node looks the digest up among the valid tokens with each request, so revoking a
/// token ends its sessions. The key is a file in the home folder, next to the token.
///
/// Safe for several threads.
public final class BrowserSessions {

    private static final Logger LOG = LoggerFactory.getLogger(BrowserSessions.class);

    /// A night.
    static final Duration LIFETIME = Duration.ofHours(12);

    static final Duration CODE_LIFETIME = Duration.ofMinutes(1);

    /// Older codes are forgotten.
    private static final int MOST_CODES = 1_000;

    private static final String FILE = "session-key";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    /// @param token digest of the token to sign in with
    private record Code(String token, Instant until) {}

    private final SecretKeySpec key;
    private final String cookieName;
    private final InstantSource clock;

    /// By the digest of the code; the oldest first.
    private final Map<String, Code> codes = new LinkedHashMap<>();

    BrowserSessions(byte[] key, InstantSource clock) {
        this.key = new SecretKeySpec(key, "AES");
        // Browsers send the cookies of one port to all ports of a host, so each home has a name of its own.
        this.cookieName = "nightshift-"
                + HexFormat.of()
                        .formatHex(Token.sha256("cookie " + HexFormat.of().formatHex(key)))
                        .substring(0, 8);
        this.clock = clock;
    }

    /// Sessions that end with this process.
    public static BrowserSessions ofThisProcess() {
        return new BrowserSessions(random(KEY_BYTES), InstantSource.system());
    }

    /// Sessions that survive a restart of the node, if its home folder can hold their key. A node without such a
    /// folder works all the same: its browsers sign in again after a restart.
    ///
    /// @param home where the key is, or will be written
    public static BrowserSessions of(Path home) {
        Path file = home.resolve(FILE);
        try {
            Files.createDirectories(home);
            if (Files.notExists(file)) {
                generate(file);
            }
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view != null && !OWNER.containsAll(view.readAttributes().permissions())) {
                LOG.warn(
                        "other users may use {}, so it is not used; browsers sign in again when the node starts again. Remove the file",
                        file);
                return ofThisProcess();
            }
            byte[] key = HexFormat.of().parseHex(Files.readString(file).strip());
            if (key.length == KEY_BYTES) {
                return new BrowserSessions(key, InstantSource.system());
            }
            LOG.warn("{} holds no key of sessions; browsers sign in again when the node starts again", file);
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("{} can't be used; browsers sign in again when the node starts again: {}", file, e.toString());
        }
        return ofThisProcess();
    }

    /// Writes a complete file under another name first. If several nodes do so at the same time, the first one
    /// determines the key.
    private static void generate(Path file) throws IOException {
        // Only its owner can read a temporary file.
        Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), FILE, ".new");
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            String text = HexFormat.of().formatHex(random(KEY_BYTES)) + "\n";
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
            Files.createLink(file, draft);
        } catch (FileAlreadyExistsException e) {
            // Another node was faster.
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return random;
    }

    String cookieName() {
        return cookieName;
    }

    /// @param token digest of the token
    /// @return the value of the cookie
    String open(String token) {
        byte[] digest = HexFormat.of().parseHex(token);
        ByteBuffer plain = ByteBuffer.allocate(digest.length + Long.BYTES)
                .put(digest)
                .putLong(clock.instant().plus(LIFETIME).getEpochSecond());
        byte[] nonce = random(NONCE_BYTES);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(plain.array());
            byte[] cookie = ByteBuffer.allocate(nonce.length + sealed.length)
                    .put(nonce)
                    .put(sealed)
                    .array();
            return Base64.getUrlEncoder().withoutPadding().encodeToString(cookie);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    /// The digest of a session's token, or null if the cookie is not of this key, or the session has ended.
    @Nullable
    String tokenOf(String cookie) {
        try {
            ByteBuffer sent = ByteBuffer.wrap(Base64.getUrlDecoder().decode(cookie));
            if (sent.remaining() <= NONCE_BYTES) {
                return null;
            }
            byte[] nonce = new byte[NONCE_BYTES];
            sent.get(nonce);
            byte[] sealed = new byte[sent.remaining()];
            sent.get(sealed);
            ByteBuffer plain =
                    ByteBuffer.wrap(cipher(Cipher.DECRYPT_MODE, nonce).doFinal(sealed));
            byte[] digest = new byte[plain.remaining() - Long.BYTES];
            plain.get(digest);
            boolean isOver = clock.instant().getEpochSecond() >= plain.getLong();
            return isOver ? null : HexFormat.of().formatHex(digest);
        } catch (AEADBadTagException | IllegalArgumentException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    /// @param token digest of the token
    synchronized String code(String token) {
        if (codes.size() >= MOST_CODES) {
            codes.remove(codes.keySet().iterator().next());
        }
        String code = Base64.getUrlEncoder().withoutPadding().encodeToString(random(24));
        codes.put(Token.digest(code), new Code(token, clock.instant().plus(CODE_LIFETIME)));
        return code;
    }

    /// The digest of the token to sign in with, or null if the code was used or is too old.
    synchronized @Nullable String redeem(String code) {
        Code known = codes.remove(Token.digest(code));
        return known == null || !clock.instant().isBefore(known.until()) ? null : known.token();
    }
}
