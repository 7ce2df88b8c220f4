package io.nightshift.node.configuration;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StorePurpose;
import java.nio.file.Path;

/// Where the models are registered: the keys `nightshift.registry` and `nightshift.registry-store`.
public sealed interface RegistryLocation {

    /// Below the folder for copies of objects.
    String COPIES = "models";

    /// The home folder.
    record Home() implements RegistryLocation {}

    /// A folder.
    ///
    /// @param folder absolute
    record Folder(Path folder) implements RegistryLocation {}

    /// Objects.
    ///
    /// @param prefix of their keys
    record Objects(ObjectAddress prefix, ObjectStoreSettings store) implements RegistryLocation {}

    /// Opens the registry. Nothing is read yet.
    ///
    /// @param home the home folder
    /// @param copies the node's folder for copies of objects
    default ModelRegistry open(Path home, Path copies) {
        return switch (this) {
            case Home _ -> new ModelRegistry(home);
            case Folder(Path folder) -> new ModelRegistry(folder);
            case Objects(ObjectAddress prefix, ObjectStoreSettings store) ->
                ModelRegistry.in(ObjectStore.open(store, StorePurpose.REGISTRY), prefix, copies.resolve(COPIES));
        };
    }
}
