package io.nightshift.coordinator.registry;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The model registry: in the folder `models` of the home folder, or in an object store.
///
/// A version never changes. Versions of a model are numbered from 1. Registering the same content under the
/// same name again returns the same version. An alias points to a version and can be moved.
///
/// Any number of threads and processes can use the same registry at the same time. A process that is
/// killed during a registration leaves either nothing or a complete version.
///
/// Every method throws a [FailureException] with the path or the address if the file system or the store
/// refuses an operation.
public final class ModelRegistry {

    /// The alias that a model name without version and alias stands for.
    public static final String CHAMPION = "champion";

    private static final int LISTED = 20;

    /// Ends the names of models that jobs name by a path.
    private static final Pattern PRIVATE = Pattern.compile("(.{1,23})\\.sha256-[0-9a-f]{32}");

    private final ModelRegistryStore store;
    private final InstantSource clock;

    public ModelRegistry(Path home) {
        this(home, InstantSource.system());
    }

    public ModelRegistry(Path home, InstantSource clock) {
        this(new ModelRegistryFolder(home), clock);
    }

    private ModelRegistry(ModelRegistryStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /// A registry in an object store.
    ///
    /// @param prefix of the keys of its objects
    /// @param copies the folder for copies of models on this node, which any number of processes may share
    public static ModelRegistry in(ObjectStore store, ObjectAddress prefix, Path copies) {
        return in(store, prefix, copies, InstantSource.system());
    }

    static ModelRegistry in(ObjectStore store, ObjectAddress prefix, Path copies, InstantSource clock) {
        return new ModelRegistry(new ModelRegistryObjects(store, prefix, copies), clock);
    }

    /// Registers a model as the next version of a name, unless the name has a version with the same content.
    ///
    /// @param name as in [ModelVersion#name()]; it has no ending that a job file would read as a path
    /// @param flatFile the model in the scorer's own format; its content is not checked
    /// @param description the features and outputs
    /// @param provenance called only if the content is new; more than once if others register at the same
    ///     time
    public RegistrationResult register(
            String name, byte[] flatFile, ModelDescription description, Supplier<Provenance> provenance) {
        checkName(name);
        return register(name, Digests.sha256(flatFile), flatFile, description, provenance);
    }

    /// Stores a model that a job names by its path, under a name of its own that ends in its digest. Such a
    /// model is not listed, and never is the newest version of another name.
    ///
    /// @param name that begins its name
    /// @param flatFile as in [#register]
    /// @param provenance called only if the content is new; more than once if others register at the same
    ///     time
    public ModelVersion storePrivately(
            String name, byte[] flatFile, ModelDescription description, Supplier<Provenance> provenance) {
        String sha256 = Digests.sha256(flatFile);
        String own = name.substring(0, Math.min(23, name.length())) + ".sha256-" + sha256.substring(0, 32);
        return register(own, sha256, flatFile, description, provenance).version();
    }

    private RegistrationResult register(
            String name,
            String sha256,
            byte[] flatFile,
            ModelDescription description,
            Supplier<Provenance> provenance) {
        return store.creating(() -> {
            while (true) {
                List<Integer> versions = store.versions(name);
                for (int version : versions) {
                    ModelVersion existing = store.read(name, version).version();
                    if (existing.sha256().equals(sha256)) {
                        return new RegistrationResult(existing, false);
                    }
                }
                int next = versions.isEmpty() ? 1 : versions.getLast() + 1;
                ModelVersion version = new ModelVersion(name, next, sha256);
                Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
                if (store.create(
                        new RegisteredModel(version, description, provenance.get(), now, flatFile.length), flatFile)) {
                    return new RegistrationResult(version, true);
                }
            }
        });
    }

    /// The version that a job's reference points to now.
    ///
    /// @throws FailureException if there is none; the message lists the existing names, versions or aliases
    /// @throws IllegalArgumentException for a reference to a file, which must be registered first
    public ModelVersion resolve(ModelReference reference) {
        return switch (reference) {
            case ModelReference.Champion(String name) -> {
                List<Integer> versions = versions(name);
                Integer champion = store.aliases(name).get(CHAMPION);
                yield version(name, champion == null ? versions.getLast() : champion);
            }
            case ModelReference.Exact(String name, int version) -> version(name, version);
            case ModelReference.Alias(String name, String alias) -> {
                versions(name);
                SortedMap<String, Integer> aliases = store.aliases(name);
                Integer version = aliases.get(alias);
                if (version == null) {
                    throw FailureException.permanent("the model \"" + name + "\" has no alias \"" + alias + "\"; "
                            + (aliases.isEmpty() ? "it has none" : "its aliases are " + shown(aliases)));
                }
                yield version(name, version);
            }
            case ModelReference.Digest(String name, String sha256) ->
                versions(name).stream()
                        .map(version -> version(name, version))
                        .filter(version -> version.sha256().equals(sha256))
                        .findFirst()
                        .orElseThrow(() -> FailureException.permanent(
                                "the model \"%s\" has no version with the SHA-256 %s; `nightshift model show` shows the digest of a version"
                                        .formatted(name, sha256)));
            case ModelReference.File(String path) ->
                throw new IllegalArgumentException("register the file first: " + path);
        };
    }

    /// All registered models, sorted by name, without those of [#storePrivately].
    public List<ModelListing> list() {
        return names().stream()
                .map(name -> new ModelListing(
                        name,
                        store.versions(name).stream()
                                .map(version -> store.read(name, version))
                                .toList(),
                        store.aliases(name)))
                .toList();
    }

    private List<String> names() {
        return store.names().stream()
                .filter(name -> !PRIVATE.matcher(name).matches())
                .toList();
    }

    /// One model.
    ///
    /// @throws FailureException if no model has the name; the message lists the existing names
    public ModelListing listing(String name) {
        return new ModelListing(
                name,
                versions(name).stream()
                        .map(version -> store.read(name, version))
                        .toList(),
                store.aliases(name));
    }

    /// The metadata of a version.
    ///
    /// @throws FailureException if the registry has no such version, or has it with other content
    public RegisteredModel describe(ModelVersion version) {
        checkVersion(version.name(), version.version());
        RegisteredModel model = store.read(version.name(), version.version());
        if (!model.version().equals(version)) {
            throw FailureException.permanent("the model " + version + " of this registry has the SHA-256 "
                    + model.version().sha256() + ", not " + version.sha256() + ": it is another model");
        }
        return model;
    }

    /// The path of a file with the registered model. The whole file is read to check that its content has not
    /// changed. A file of an object store is fetched first.
    ///
    /// @throws FailureException if the model is missing or has changed
    public Path path(ModelVersion version) {
        checkVersion(version.name(), version.version());
        return store.file(version);
    }

    /// Creates an alias, or moves it to another version.
    ///
    /// @param name of the model
    /// @param alias lower-case letters, digits, `-`, `_` and `.`, starting with a letter
    public void alias(String name, String alias, int version) {
        if (!alias.matches(ModelReference.ALIAS)) {
            throw FailureException.permanent("\"" + alias
                    + "\" is not an alias; expected at most 63 lower-case letters, digits, -, _ and .,"
                    + " starting with a letter");
        }
        checkVersion(name, version);
        checkNotPrivate(name);
        store.alias(name, alias, version);
    }

    private ModelVersion version(String name, int version) {
        checkVersion(name, version);
        return store.read(name, version).version();
    }

    private void checkVersion(String name, int version) {
        List<Integer> versions = versions(name);
        if (!versions.contains(version)) {
            throw FailureException.permanent("the model \"" + name + "\" has no version " + version
                    + "; its versions are " + shown(versions) + shownAliases(store.aliases(name)));
        }
    }

    /// The versions of an existing model.
    private List<Integer> versions(String name) {
        List<Integer> versions = ModelVersion.NAME.matcher(name).matches() ? store.versions(name) : List.of();
        if (versions.isEmpty()) {
            throw FailureException.permanent("no model is named \"" + name + "\"; " + alternatives(name));
        }
        return versions;
    }

    private String alternatives(String name) {
        List<String> names = names();
        if (names.isEmpty()) {
            return "none is registered yet";
        }
        String near = NameSuggestion.closest(name, names);
        String question = near == null ? "" : "did you mean \"" + near + "\"? ";
        String all = names.stream().limit(LISTED).collect(Collectors.joining(", "));
        return question + "Registered: " + all
                + (names.size() > LISTED ? ", and " + (names.size() - LISTED) + " more" : "");
    }

    private static String shown(List<Integer> versions) {
        int skipped = Math.max(0, versions.size() - LISTED);
        String last = versions.stream().skip(skipped).map(String::valueOf).collect(Collectors.joining(", "));
        return skipped == 0 ? last : versions.getFirst() + ", ..., " + last;
    }

    private static String shown(SortedMap<String, Integer> aliases) {
        return aliases.entrySet().stream()
                .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
    }

    private static String shownAliases(SortedMap<String, Integer> aliases) {
        return aliases.isEmpty() ? "" : ", its aliases " + shown(aliases);
    }

    /// Checks that a model can be registered under a name.
    ///
    /// @throws FailureException if it can't
    public static void checkName(String name) {
        if (!ModelVersion.NAME.matcher(name).matches()) {
            throw FailureException.permanent("\"" + name
                    + "\" is not a model name; expected at most 63 lower-case letters, digits, -, _ and .,"
                    + " starting with a letter or digit");
        }
        checkNotPrivate(name);
        if (ModelReference.isFile(name)) {
            throw FailureException.permanent("a model cannot be named \"" + name
                    + "\", since a job file would take that for a path; leave the ending out");
        }
    }

    private static void checkNotPrivate(String name) {
        if (PRIVATE.matcher(name).matches()) {
            throw FailureException.permanent("a model cannot be named \"" + name
                    + "\", since the names of model files that jobs use end like this; choose another name");
        }
    }
}
