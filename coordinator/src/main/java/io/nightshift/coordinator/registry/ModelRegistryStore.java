package io.nightshift.coordinator.registry;

import io.nightshift.protocol.model.ModelVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// The versions and aliases of a registry, wherever they are. Any number of threads and processes use them at
/// the same time.
///
/// Every method throws a [io.nightshift.protocol.failure.FailureException] if the folder or the store refuses
/// an operation.
sealed interface ModelRegistryStore permits ModelRegistryFolder, ModelRegistryObjects {

    /// The folder or the address, for people.
    String place();

    /// The names with at least one version, sorted.
    List<String> names();

    /// The versions of a name, ascending; empty if the name is unknown.
    List<Integer> versions(String name);

    /// The metadata of an existing version.
    RegisteredModel read(String name, int version);

    /// The aliases of a name.
    ModelAliases aliases(String name);

    /// A local file with the model. The whole file was read to check its digest.
    Path file(ModelVersion version);

    /// Runs work that calls [#create]. Others wait if the store has a lock, and otherwise run at the same
    /// time.
    <T> T creating(Supplier<T> work);

    /// Creates a version, which others see whole or not at all.
    ///
    /// @return false if another process has created a version with this number before
    boolean create(RegisteredModel model, byte[] flatFile);

    /// Changes the aliases of a name by compare-and-set: what is written follows what was read, with nothing in
    /// between.
    ///
    /// @param change called again with the newer aliases if others have changed them in the meantime. If it returns
    ///     its argument, nothing is written; what it throws is thrown
    void changeAliases(String name, UnaryOperator<ModelAliases> change);
}
