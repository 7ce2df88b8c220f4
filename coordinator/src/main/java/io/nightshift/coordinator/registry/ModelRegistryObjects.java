package io.nightshift.coordinator.registry;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The registry's objects in an object store.
///
/// ```
/// PREFIX/content/<sha256>.nsm           the models, by their digests
/// PREFIX/models/<name>/<version>.json   the description: creating it creates the version
/// PREFIX/models/<name>/aliases.json
/// PREFIX/conditional-writes             empty; shows that the store does not replace what exists
/// ```
///
/// A version appears by one request that only succeeds if there is no such object. Its content is there
/// before, under a key that no other content has. A crash leaves at most content without a version. Aliases
/// are replaced by a request that only succeeds if nobody has replaced them since they were read.
final class ModelRegistryObjects implements ModelRegistryStore {

    private static final String MODELS = "models/";
    private static final String MARK = "conditional-writes";
    private static final String ALIASES_FILE = "/aliases.json";
    private static final Pattern VERSION =
            Pattern.compile("(?<name>" + ModelVersion.NAME.pattern() + ")/(?<version>[1-9][0-9]{0,8})\\.json");

    private final ObjectStore store;
    private final ObjectAddress prefix;
    private final ModelCopies copies;

    /// Versions never change. By their keys.
    private final Map<String, RegisteredModel> known = new ConcurrentHashMap<>();

    /// @param prefix of the registry's keys; a `/` is added unless it is empty or ends with one
    /// @param copies the folder for copies of models on this node
    ModelRegistryObjects(ObjectStore store, ObjectAddress prefix, Path copies) {
        this.store = store;
        this.prefix = prefix.key().isEmpty() || prefix.key().endsWith("/") ? prefix : prefix.with(prefix.key() + "/");
        this.copies = new ModelCopies(store, copies);
    }

    @Override
    public String place() {
        return prefix.toString();
    }

    @Override
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        forEachVersion(MODELS, found -> names.add(found.group("name")));
        return List.copyOf(names);
    }

    @Override
    public List<Integer> versions(String name) {
        TreeSet<Integer> versions = new TreeSet<>();
        forEachVersion(MODELS + name + "/", found -> versions.add(Integer.valueOf(found.group("version"))));
        return List.copyOf(versions);
    }

    private void forEachVersion(String folder, Consumer<Matcher> visitor) {
        String models = prefix.key() + MODELS;
        store.list(at(folder), object -> {
            Matcher matcher = VERSION.matcher(object.address().key().substring(models.length()));
            if (matcher.matches()) {
                visitor.accept(matcher);
            }
        });
    }

    @Override
    public RegisteredModel read(String name, int version) {
        ObjectAddress address = description(name, version);
        RegisteredModel before = known.get(address.key());
        if (before != null) {
            return before;
        }
        ObjectContent content = store.get(address);
        if (content == null) {
            throw FailureException.permanent("cannot read: " + address + ": it does not exist");
        }
        try {
            RegisteredModel model = ModelJson.readModel(content.bytes());
            if (!model.version().name().equals(name) || model.version().version() != version) {
                throw new ModelJson.Damaged("it describes " + model.version());
            }
            known.put(address.key(), model);
            return model;
        } catch (ModelJson.Damaged e) {
            throw damaged(address, e);
        }
    }

    @Override
    public ModelAliases aliases(String name) {
        return aliases(aliasesOf(name), store.get(aliasesOf(name)));
    }

    private static ModelAliases aliases(ObjectAddress address, @Nullable ObjectContent content) {
        try {
            return content == null ? ModelAliases.NONE : ModelJson.readAliases(content.bytes());
        } catch (ModelJson.Damaged e) {
            throw damaged(address, e);
        }
    }

    @Override
    public Path file(ModelVersion version) {
        return copies.of(version, content(version.sha256()));
    }

    @Override
    public <T> T creating(Supplier<T> work) {
        return work.get();
    }

    @Override
    public boolean create(RegisteredModel model, byte[] flatFile) {
        requireConditionalWrites();
        store.put(content(model.version().sha256()), flatFile, new Condition.Always());
        ObjectAddress address =
                description(model.version().name(), model.version().version());
        byte[] description = ModelJson.write(model);
        if (store.put(address, description, new Condition.IfAbsent())) {
            return true;
        }
        // The store may have created it for a request whose answer was lost.
        ObjectContent existing = store.get(address);
        return existing != null && Arrays.equals(existing.bytes(), description);
    }

    /// A store that ignores conditions would let two processes create the same version.
    private void requireConditionalWrites() {
        ObjectAddress mark = at(MARK);
        byte[] nothing = new byte[0];
        boolean isNew = store.put(mark, nothing, new Condition.IfAbsent());
        boolean isReplaced = isNew && store.put(mark, nothing, new Condition.IfAbsent());
        if (isReplaced) {
            throw FailureException.permanent(
                    "model registry: %s can't be in this store, which ignores If-None-Match. Use a store with conditional writes"
                            .formatted(prefix));
        }
    }

    @Override
    public void changeAliases(String name, UnaryOperator<ModelAliases> change) {
        ObjectAddress address = aliasesOf(name);
        boolean isWritten = false;
        while (!isWritten) {
            ObjectContent content = store.get(address);
            ModelAliases before = aliases(address, content);
            ModelAliases after = change.apply(before);
            isWritten = after.equals(before)
                    || store.put(
                            address,
                            ModelJson.writeAliases(after),
                            content == null ? new Condition.IfAbsent() : new Condition.IfTag(content.tag()));
        }
    }

    private ObjectAddress at(String key) {
        return prefix.with(prefix.key() + key);
    }

    private ObjectAddress content(String sha256) {
        return at("content/" + sha256 + ".nsm");
    }

    private ObjectAddress description(String name, int version) {
        return at(MODELS + name + "/" + version + ".json");
    }

    private ObjectAddress aliasesOf(String name) {
        return at(MODELS + name + ALIASES_FILE);
    }

    private static FailureException damaged(ObjectAddress address, ModelJson.Damaged e) {
        return FailureException.permanent("cannot read: " + address + ": it is damaged: " + e.getMessage());
    }
}
