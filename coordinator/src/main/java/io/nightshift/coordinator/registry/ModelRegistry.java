package io.nightshift.coordinator.registry;

import io.nightshift.api.AliasChange;
import io.nightshift.api.AliasMove;
import io.nightshift.api.ModelHistory;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
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
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The model registry: in the folder `models` of the home folder, or in an object store.
///
/// A version never changes. Versions of a model are numbered from 1. Registering the same content under the
/// same name again returns the same version. An alias points to a version and can be moved by compare-and-set;
/// the registry keeps the history of its moves.
///
/// Any number of threads and processes can use the same registry at the same time. A process that is
/// killed during a registration leaves either nothing or a complete version.
///
/// Every method throws a [FailureException] with the path or the address if the file system or the store
/// refuses an operation.
public final class ModelRegistry {

    /// The alias that a model name without version and alias stands for.
    public static final String CHAMPION = ModelReference.CHAMPION;

    /// The most characters of the name of a model that is stored privately, before its digest.
    public static final int LONGEST_PRIVATE = 23;

    private static final int LISTED = 20;

    /// Ends the names of models that jobs name by a path.
    private static final Pattern PRIVATE = Pattern.compile("(.{1," + LONGEST_PRIVATE + "})\\.sha256-[0-9a-f]{32}");

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

    /// The version as which [#register] would register a model now.
    ///
    /// @param name as in [#register]
    /// @param flatFile as in [#register]
    public ModelVersion versionOf(String name, byte[] flatFile) {
        String sha256 = Digests.sha256(flatFile);
        List<Integer> versions = store.versions(name);
        return versions.stream()
                .map(version -> store.read(name, version).version())
                .filter(existing -> existing.sha256().equals(sha256))
                .findFirst()
                .orElseGet(() -> new ModelVersion(name, versions.isEmpty() ? 1 : versions.getLast() + 1, sha256));
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
        String own = name.substring(0, Math.min(LONGEST_PRIVATE, name.length())) + ".sha256-" + sha256.substring(0, 32);
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
    /// @throws IllegalArgumentException for a reference to a file or to an MLflow server, whose model must be
    ///     registered first
    public ModelVersion resolve(ModelReference reference) {
        return switch (reference) {
            case ModelReference.Champion(String name) -> {
                List<Integer> versions = versions(name);
                Integer champion = store.aliases(name).version(CHAMPION);
                yield version(name, champion == null ? versions.getLast() : champion);
            }
            case ModelReference.Exact(String name, int version) -> version(name, version);
            case ModelReference.Alias(String name, String alias) -> {
                versions(name);
                SortedMap<String, Integer> aliases = store.aliases(name).versions();
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
            case ModelReference.Mlflow mlflow ->
                throw new IllegalArgumentException("ask the MLflow server first: " + mlflow.address());
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
                        store.aliases(name).versions()))
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
                store.aliases(name).versions());
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

    /// The aliases of a model, and how they were moved.
    ///
    /// @throws FailureException if no model has the name; the message lists the existing names
    public ModelHistory history(String name) {
        versions(name);
        ModelAliases aliases = store.aliases(name);
        return new ModelHistory(name, aliases.versions(), aliases.moves().reversed());
    }

    /// Creates an alias, or moves it to another version, whatever it points to.
    ///
    /// @param name of the model
    /// @param alias lower-case letters, digits, `-`, `_` and `.`, starting with a letter
    /// @param by as in [AliasMove]
    public AliasChange alias(String name, String alias, int version, String by) {
        return move(new Mover(name, alias, AliasMove.SET, by, "", null), aliases -> checkedVersion(name, version));
    }

    /// Moves an alias to a version. Promoting the version that it points to already changes nothing.
    ///
    /// @param name of the model
    /// @param alias as in [#alias]
    /// @param expected the version that it must point to now, 0 if there must be no such alias; null for any
    /// @param by as in [AliasMove]
    /// @param reason as in [AliasMove]
    /// @throws FailureException if the alias points to another version than the expected one, or there is no such
    ///     version
    public AliasChange promote(
            String name, String alias, int version, @Nullable Integer expected, String by, String reason) {
        return move(
                new Mover(name, alias, AliasMove.PROMOTE, by, reason, null),
                aliases -> promoted(name, alias, version, expected, aliases));
    }

    /// Promotes a version as [#promote(String, String, int, Integer, String, String)] does, and stores that an
    /// MLflow server is to repeat the move. Nothing is stored if the alias points to the version already.
    ///
    /// @param repeated the move, with the version that the alias must point to now
    public AliasChange promote(String name, PendingMove repeated, String by, String reason) {
        return move(
                new Mover(name, repeated.alias(), AliasMove.PROMOTE, by, reason, repeated),
                aliases -> promoted(name, repeated.alias(), repeated.to(), repeated.from(), aliases));
    }

    private int promoted(String name, String alias, int version, @Nullable Integer expected, ModelAliases aliases) {
        checkVersion(name, version);
        Integer present = aliases.version(alias);
        boolean isThere = Integer.valueOf(version).equals(present);
        if (expected != null && !isThere && !expected.equals(Objects.requireNonNullElse(present, 0))) {
            throw movedByOthers(name, alias, aliases, expected);
        }
        return version;
    }

    /// The moves of aliases that an MLflow server has yet to repeat, the oldest first. A move that somebody makes
    /// by hand withdraws the earlier ones of its alias.
    public List<PendingMove> pendingMoves(String name) {
        return store.aliases(name).pending();
    }

    /// Stores what became of a pending move, by compare-and-set: unless it was withdrawn, or another program has
    /// changed it.
    ///
    /// @param now the same move with another state; null if nothing is left to do
    /// @return whether it was stored
    public boolean updatePending(String name, PendingMove before, @Nullable PendingMove now) {
        AtomicBoolean isPending = new AtomicBoolean();
        store.changeAliases(name, aliases -> {
            isPending.set(aliases.pending().contains(before));
            return aliases.with(before, now);
        });
        return isPending.get();
    }

    /// Moves an alias back to the version before the present one, or to a given one. Rolling back the same version
    /// again changes nothing.
    ///
    /// @param name of the model
    /// @param alias as in [#alias]
    /// @param withdrawn the version that it points to
    /// @param to the version to move it to; null for the one before, by the history
    /// @param by as in [AliasMove]
    /// @param reason as in [AliasMove]
    /// @throws FailureException if the alias points to another version than the withdrawn one, or there is no
    ///     version to move it to
    public AliasChange rollBack(
            String name, String alias, int withdrawn, @Nullable Integer to, String by, String reason) {
        return move(new Mover(name, alias, AliasMove.ROLLBACK, by, reason, null), aliases -> {
            Integer present = aliases.version(alias);
            if (present == null || present != withdrawn) {
                AliasMove last = aliases.last(alias);
                if (last != null && repeats(last, withdrawn, to)) {
                    return last.to();
                }
                throw movedByOthers(name, alias, aliases, withdrawn);
            }
            Integer target = to == null ? aliases.before(alias) : to;
            if (target == null) {
                throw FailureException.permanent(
                        "the history has no version before %s@%d for the alias %s. Name the version to return to"
                                .formatted(name, withdrawn, alias));
            }
            if (target == withdrawn) {
                throw FailureException.permanent(
                        "version %d of %s can't be rolled back to itself".formatted(target, name));
            }
            return checkedVersion(name, target);
        });
    }

    private static boolean repeats(AliasMove last, int withdrawn, @Nullable Integer to) {
        return last.action().equals(AliasMove.ROLLBACK)
                && Integer.valueOf(withdrawn).equals(last.from())
                && (to == null || to == last.to());
    }

    /// @param expected the version that it was to point to, 0 for none
    private static FailureException movedByOthers(String name, String alias, ModelAliases aliases, int expected) {
        Integer present = aliases.version(alias);
        AliasMove last = aliases.last(alias);
        return FailureException.permanent("%s@%s %s, %s%s"
                .formatted(
                        name,
                        alias,
                        present == null ? "is not set" : "is version " + present,
                        expected == 0 ? "but was expected not to be set" : "not version " + expected,
                        last == null ? "" : ": %s moved it at %s".formatted(last.by(), last.at())));
    }

    /// The caller who moves an alias, and the reason.
    ///
    /// @param repeated the move for an MLflow server; null if none is to repeat it
    private record Mover(
            String name,
            String alias,
            String action,
            String by,
            String reason,
            @Nullable PendingMove repeated) {}

    /// @param target the version to move it to; throws if it must not be moved
    private AliasChange move(Mover mover, ToIntFunction<ModelAliases> target) {
        String alias = mover.alias();
        if (!alias.matches(ModelReference.ALIAS)) {
            throw FailureException.permanent("\"" + alias
                    + "\" is not an alias; expected at most 63 lower-case letters, digits, -, _ and .,"
                    + " starting with a letter");
        }
        versions(mover.name());
        checkNotPrivate(mover.name());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        AtomicReference<@Nullable AliasMove> written = new AtomicReference<>();
        AtomicReference<@Nullable AliasChange> changed = new AtomicReference<>();
        store.changeAliases(mover.name(), aliases -> {
            AliasMove before = written.get();
            if (before != null && before.equals(aliases.last(alias))) {
                // The store has written it for a request whose answer was lost.
                return aliases;
            }
            Integer from = aliases.version(alias);
            int to = target.applyAsInt(aliases);
            boolean moves = from == null || from != to;
            changed.set(new AliasChange(mover.name(), alias, from, to, moves));
            if (!moves) {
                return aliases;
            }
            AliasMove move = new AliasMove(alias, from, to, mover.action(), now, mover.by(), mover.reason());
            written.set(move);
            return mover.repeated() == null ? aliases.with(move) : aliases.with(move, mover.repeated());
        });
        return Objects.requireNonNull(changed.get());
    }

    private ModelVersion version(String name, int version) {
        checkVersion(name, version);
        return store.read(name, version).version();
    }

    private int checkedVersion(String name, int version) {
        checkVersion(name, version);
        return version;
    }

    private void checkVersion(String name, int version) {
        List<Integer> versions = versions(name);
        if (!versions.contains(version)) {
            throw FailureException.permanent(
                    "the model \"" + name + "\" has no version " + version + "; its versions are " + shown(versions)
                            + shownAliases(store.aliases(name).versions()));
        }
    }

    /// The versions of an existing model.
    private List<Integer> versions(String name) {
        boolean isName = ModelVersion.NAME.matcher(name).matches();
        List<Integer> versions = isName ? store.versions(name) : List.of();
        if (versions.isEmpty()) {
            String message = "no model is named \"" + name + "\"; ";
            if (isName && store.names().isEmpty()) {
                // A registry whose file system is not mounted looks the same.
                throw new FailureException(Failure.of(
                        FailedResource.Type.PLACE,
                        store.place(),
                        message + "none is registered yet in %s, or it is not mounted".formatted(store.place())));
            }
            throw FailureException.permanent(message + alternatives(name));
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
