package io.nightshift.protocol.job;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The beginnings of addresses in object stores.
public enum ObjectScheme {
    /// A bucket of Amazon S3.
    S3("s3", List.of("s3a", "s3n"), "bucket", "[a-z0-9][a-z0-9._-]{2,62}"),
    /// A bucket of Google Cloud Storage.
    GS("gs", List.of(), "bucket", "[a-z0-9][a-z0-9._-]{2,62}"),
    /// A container of Azure Blob Storage.
    AZ("az", List.of(), "container", "[a-z0-9][a-z0-9-]{2,62}"),
    /// A container and its account.
    ABFSS(
            "abfss",
            List.of("abfs"),
            "container@account.dfs.core.windows.net",
            "[a-z0-9][a-z0-9-]{2,62}@[a-z0-9]{3,24}[.]dfs[.][a-z0-9.-]{1,100}");

    private final String scheme;
    private final List<String> aliases;
    private final String example;
    private final String authority;

    /// @param aliases schemes of other programs for the same addresses
    /// @param example of an authority
    /// @param authority the pattern of authorities
    ObjectScheme(String scheme, List<String> aliases, String example, String authority) {
        this.scheme = scheme;
        this.aliases = aliases;
        this.example = example;
        this.authority = authority;
    }

    /// The scheme with `://`.
    public String prefix() {
        return scheme + "://";
    }

    /// The scheme with which a text begins.
    public static Optional<ObjectScheme> of(String text) {
        return Arrays.stream(values())
                .filter(scheme -> text.startsWith(scheme.prefix()))
                .findFirst();
    }

    /// Writes the scheme of an address as Nightshift does, if other programs have another name for it.
    ///
    /// @return the same text if it is no address
    public static String canonical(String address) {
        for (ObjectScheme scheme : values()) {
            for (String alias : scheme.aliases) {
                if (address.startsWith(alias + "://")) {
                    return scheme.scheme + address.substring(alias.length());
                }
            }
        }
        return address;
    }

    /// An address of each scheme, for messages.
    ///
    /// @param key the end of the addresses
    public static String examples(String key) {
        return listed(scheme -> scheme.prefix() + scheme.example + "/" + key);
    }

    /// The schemes, for messages.
    public static String schemes() {
        return listed(scheme -> scheme.prefix() + "…");
    }

    private static String listed(Function<ObjectScheme, String> text) {
        String all = Arrays.stream(values()).map(text).collect(Collectors.joining(", "));
        int last = all.lastIndexOf(", ");
        return all.substring(0, last) + " or " + all.substring(last + 2);
    }

    /// The pattern of the addresses of buckets.
    static String pattern() {
        return Arrays.stream(values())
                .map(scheme -> scheme.prefix() + scheme.authority)
                .collect(Collectors.joining("|", "(", ")"));
    }
}
