package io.nightshift.node.configuration;

import com.typesafe.config.Config;
import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file of tokens, `tokens = [ ... ]`. A change takes effect about a second later. If the file can't be
/// used, the tokens before the change stay valid. Safe for several threads, which never wait.
public final class TokensFile implements Supplier<Tokens> {

    /// The names that a token may have.
    public static final String NAME = "[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}";

    private final Path file;
    private FileTime modified;
    private volatile Tokens tokens;

    /// @throws FailureException permanent, if the file can't be used
    public TokensFile(Path file) {
        this.file = file;
        this.modified = modified();
        this.tokens = read(file);
    }

    @Override
    public Tokens get() {
        return tokens;
    }

    /// Reads the file again if it has changed. Called periodically, by one thread at a time.
    public void refresh() {
        try {
            FileTime now = modified();
            if (!now.equals(modified)) {
                tokens = read(file);
                modified = now;
                log().info("the tokens were read again: {}", tokens);
            }
        } catch (FailureException e) {
            log().warn("the tokens changed, but can't be used yet: {}", e.getMessage());
        }
    }

    private FileTime modified() {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the tokens file %s is missing or can't be read. Check its path and permissions".formatted(file));
        }
    }

    private static Tokens read(Path file) {
        Config given = Configuration.parse(file);
        List<String> mistakes = new ArrayList<>();
        ConfigurationSection root = new ConfigurationSection("", given.root(), file, mistakes);
        Tokens tokens = tokens(root);
        root.end();
        if (!mistakes.isEmpty()) {
            throw FailureException.permanent(String.join("\n", mistakes));
        }
        return tokens;
    }

    /// The list `tokens` of a section.
    static Tokens tokens(ConfigurationSection section) {
        List<Token> tokens = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (ConfigurationSection entry : section.sections("tokens")) {
            String name = entry.text(
                    "name",
                    KeyMeaning.of("The name of a token in the list `tokens = [ ... ]`. The list is in `tokens-file` or"
                            + " directly in this section. At most 63 letters, digits, `_`, `.`, `@` and `-`."));
            if (!name.matches(NAME)) {
                entry.mistake("name", "is not a valid name of a token; use at most 63 letters, digits, _, ., @ and -");
            } else if (!names.add(name)) {
                entry.mistake("name", "two tokens have this name; give each token its own");
            }
            Role role = role(entry);
            String sha256 =
                    entry.text("sha256", KeyMeaning.of("The SHA-256 digest of the token, in 64 hexadecimal digits."));
            if (!sha256.matches("[0-9a-f]{64}")) {
                entry.mistake("sha256", "expected 64 hexadecimal digits, as `nightshift token create` prints them");
            }
            tokens.add(new Token(name, role, sha256));
            entry.end();
        }
        return new Tokens(tokens);
    }

    private static Role role(ConfigurationSection entry) {
        String role =
                entry.text("role", KeyMeaning.of("The role of the token: `read`, `models`, `submit` or `admin`."));
        for (Role known : Role.values()) {
            if (known.toString().equals(role)) {
                return known;
            }
        }
        entry.mistake(
                "role",
                "expected " + Arrays.stream(Role.values()).map(Role::toString).collect(Collectors.joining(" or ")));
        return Role.READ;
    }

    /// Not a constant: a node reads its configuration before it sets up the log.
    private static Logger log() {
        return LoggerFactory.getLogger(TokensFile.class);
    }
}
