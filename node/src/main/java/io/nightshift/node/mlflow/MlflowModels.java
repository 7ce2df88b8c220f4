package io.nightshift.node.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.node.mlflow.ArtifactFolder.Artifact;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MlflowAddress;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The models of an MLflow server. Each is asked for anew: an alias may have moved, and nothing of the server is
/// kept but the models that jobs have used, which the model registry keeps.
///
/// Safe for several threads. See docs/decisions/0067-mlflow.md.
public final class MlflowModels {

    /// Begins the name of an exported file next to a model, which is used instead of the model's own file. The name
    /// ends in one of [ModelReference#EXTENSIONS].
    static final String EXPORTED = "nightshift.";

    /// A logged model may be named by a version that a copy of another version names.
    private static final int MOST_STEPS = 4;

    /// How much of a text of the server a failure quotes.
    private static final int MOST_QUOTED = 300;

    /// The ID of a run or of a logged model.
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /// For messages about an address that leads nowhere.
    private static final String NO_ADDRESS = "the artifacts of %s are at an address that can't be read";

    private final Supplier<@Nullable MlflowSettings> settings;
    private final FileRoots roots;
    private final ObjectCopies objects;
    private @Nullable MlflowServer server;

    private MlflowModels(Supplier<@Nullable MlflowSettings> settings, FileRoots roots, ObjectCopies objects) {
        this.settings = settings;
        this.roots = roots;
        this.objects = objects;
    }

    /// Opens the models of a server. It is not asked yet.
    ///
    /// @param settings of the server; null if the configuration names none, so that every model is refused.
    ///     They are asked for when a model is, so that a mistake in them does not stop jobs with other models
    /// @param roots the folders from which artifacts may be read
    /// @param objects the object stores from which artifacts may be read, and the folder for files that are being
    ///     fetched
    public static MlflowModels open(
            Supplier<@Nullable MlflowSettings> settings, FileRoots roots, ObjectCopies objects) {
        return new MlflowModels(settings, roots, objects);
    }

    /// No server.
    public static MlflowModels none() {
        return new MlflowModels(() -> null, FileRoots.UNRESTRICTED, ObjectCopies.none());
    }

    /// A model's version and where its artifacts are.
    ///
    /// @param version its address, without an alias
    private record Found(String version, @Nullable String run, ArtifactFolder folder, String file) {
        Found in(ArtifactFolder other) {
            return new Found(version, run, other, file);
        }
    }

    /// Finds a model, and loads its file.
    ///
    /// @param reference in a job
    /// @param load loads a model file
    /// @throws FailureException transient, if the server is away; permanent, if it refuses, or has no such model
    ///     or none that Nightshift reads
    public MlflowModel load(ModelReference.Mlflow reference, Function<Path, Model> load) {
        Found found = find(MlflowAddress.parse(reference.address()));
        List<Artifact> files = found.file().isEmpty() ? listed(found) : List.of();
        String called = called(reference.address(), found.version());
        MlmodelFile mlmodel = mlmodel(found.folder(), files, called);
        Artifact file =
                found.file().isEmpty() ? modelFile(found, files, mlmodel, called) : new Artifact(found.file(), -1);
        return withCopy(found.folder(), file, ModelLoader.MAX_BYTES, copy -> {
            String sha256 = Digests.sha256(copy);
            MlflowSignature signature = mlmodel == null ? null : mlmodel.signature(called);
            Model model = loaded(copy, file.name() + " of " + called, load);
            ModelDescription description =
                    signature == null ? model.description() : signature.describe(model.description(), called);
            List<String> names = signature == null || model.description().namesFeatures()
                    ? List.of()
                    : BoundJob.featureNames(description);
            MlflowPin pin =
                    new MlflowPin(found.version(), found.run(), found.folder().place(), file.name(), sha256, names);
            return new MlflowModel(pin, model, description, signature);
        });
    }

    /// Asks the server whether it is there, and whether it accepts the credentials.
    ///
    /// @throws FailureException with the reason if not
    public void probe() {
        server().get("registered-models/search", Map.of("max_results", "1"), "its registered models");
    }

    /// Whether promotions may be written back to the server.
    boolean writesBack() {
        try {
            MlflowSettings given = settings.get();
            return given != null && given.writeBack();
        } catch (FailureException _) {
            return false; // the variables of MLflow's own clients are wrong, and they never permit it
        }
    }

    private static String called(String address, String version) {
        return address.equals(version) ? version : "%s (%s)".formatted(version, address);
    }

    private static Model loaded(Path copy, String called, Function<Path, Model> load) {
        try {
            return load.apply(copy);
        } catch (FailureException e) {
            Failure failure = e.failure();
            throw new FailureException(
                    new Failure(
                            failure.kind(),
                            failure.message()
                                    .replace("The model file " + copy, called)
                                    .replace(copy.toString(), called),
                            failure.resource()),
                    e);
        }
    }

    // Where a model is.

    /// The server; opened when it is used for the first time.
    ///
    /// @throws FailureException permanent, if the configuration names none or is wrong
    synchronized MlflowServer server() {
        MlflowServer known = server;
        if (known == null) {
            MlflowSettings given = settings.get();
            if (given == null) {
                throw FailureException.permanent(
                        "the model is on an MLflow server, and the configuration names none. Set nightshift.mlflow.url");
            }
            known = new MlflowServer(given);
            server = known;
        }
        return known;
    }

    private Found find(MlflowAddress address) {
        return switch (address) {
            case MlflowAddress.Alias(String model, String alias) ->
                version(
                        server().get(
                                        "registered-models/alias",
                                        Map.of("name", model, "alias", alias),
                                        "the alias %s of the model %s".formatted(alias, model))
                                .path("model_version"),
                        "the alias %s of the model %s".formatted(alias, model));
            case MlflowAddress.Version(String model, int version) ->
                version(
                        server().get(
                                        "model-versions/get",
                                        Map.of("name", model, "version", String.valueOf(version)),
                                        "the version %d of the model %s".formatted(version, model))
                                .path("model_version"),
                        "the version %d of the model %s".formatted(version, model));
            case MlflowAddress.Run(String run, String path) -> run(run, path);
        };
    }

    /// @param what was asked for, in words
    private Found version(JsonNode version, String what) {
        String name = version.path("name").asText();
        String number = version.path("version").asText();
        String address = MlflowAddress.SCHEME + "/" + name + "/" + number;
        if (!isVersion(address)) {
            throw server().noServer(what);
        }
        String status = said(version.path("status").asText("READY"));
        if (!status.equals("READY")) {
            String said = said(version.path("status_message").asText());
            String sentence = "%s is not ready: its status is %s%s. Register it again, or wait until it is ready"
                    .formatted(address, status, said.isEmpty() ? "" : " (" + said + ")");
            throw status.startsWith("PENDING")
                    ? new FailureException(Failure.of(FailedResource.Type.PLACE, address, sentence))
                    : FailureException.permanent(sentence);
        }
        String uri = server().get(
                        "model-versions/get-download-uri",
                        Map.of("name", name, "version", number),
                        "the artifacts of " + address)
                .path("artifact_uri")
                .asText();
        String run = version.path("run_id").asText();
        return new Found(address, ID.matcher(run).matches() ? run : null, folder(uri, address, MOST_STEPS), "");
    }

    private static boolean isVersion(String address) {
        try {
            return MlflowAddress.parse(address) instanceof MlflowAddress.Version
                    && MlflowServer.printable(address).equals(address);
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /// Words of the server, for messages.
    private static String said(String text) {
        return Failure.shortened(MlflowServer.printable(text), MOST_QUOTED);
    }

    private Found run(String run, String path) {
        JsonNode found = server().get("runs/get", Map.of("run_id", run), "the run " + run)
                .path("run");
        String address = new MlflowAddress.Run(run, path).text();
        ArtifactFolder artifacts =
                folder(found.path("info").path("artifact_uri").asText(), address, MOST_STEPS);
        int slash = path.lastIndexOf('/');
        String last = path.substring(slash + 1);
        if (last.matches(".*\\.[a-z]{2,5}")) {
            return new Found(address, run, slash < 0 ? artifacts : artifacts.below(path.substring(0, slash)), last);
        }
        Found inRun = new Found(address, run, artifacts.below(path), "");
        return inRun.folder().files().isEmpty() ? logged(found, path, inRun) : inRun;
    }

    /// MLflow 3 keeps the models of a run apart from its artifacts, and the run names them.
    private Found logged(JsonNode run, String name, Found inRun) {
        for (JsonNode output : run.path("outputs").path("model_outputs")) {
            JsonNode info = loggedModel(output.path("model_id").asText(), inRun.version());
            if (info.path("name").asText().equals(name)) {
                return inRun.in(folder(info.path("artifact_uri").asText(), inRun.version(), MOST_STEPS));
            }
        }
        return inRun;
    }

    private JsonNode loggedModel(String id, String address) {
        if (!ID.matcher(id).matches()) {
            throw FailureException.permanent("%s has a logged model with the ID \"%s\", which is none"
                    .formatted(address, Failure.shortened(MlflowServer.printable(id), 80)));
        }
        JsonNode info = server().get("logged-models/" + id, Map.of(), "the logged model " + id)
                .path("model")
                .path("info");
        String status = info.path("status").asText("LOGGED_MODEL_READY");
        if (!status.equals("LOGGED_MODEL_READY")) {
            throw FailureException.permanent(
                    "the logged model %s of %s is not ready: its status is %s. Log the model again"
                            .formatted(id, address, said(status)));
        }
        return info;
    }

    /// The folder that a server's address of artifacts names.
    ///
    /// @param model by which messages call the model
    /// @param steps how many further addresses it may lead to
    private ArtifactFolder folder(String uri, String model, int steps) {
        if (uri.startsWith("models:/m-") && steps > 0) {
            return folder(
                    loggedModel(uri.substring("models:/".length()), model)
                            .path("artifact_uri")
                            .asText(),
                    model,
                    steps - 1);
        }
        if (uri.isEmpty()) {
            throw FailureException.permanent(
                    "the server does not say where the artifacts of %s are. Register the model again".formatted(model));
        }
        URI parsed;
        try {
            parsed = uri.startsWith("/") ? new URI("file", null, uri, null) : new URI(uri.replace(" ", "%20"));
        } catch (java.net.URISyntaxException e) {
            throw FailureException.permanent(NO_ADDRESS.formatted(model));
        }
        String path = parsed.getPath() == null ? "" : parsed.getPath();
        String scheme = String.valueOf(parsed.getScheme());
        if (!path.isEmpty() && !path.equals("/")) {
            ArtifactFolder.checkedName(path.replaceFirst("/$", "").replaceFirst("^/", ""), model);
        }
        if (parsed.getScheme() == null || scheme.equals("file")) {
            return onDisk(parsed, uri, model);
        }
        if (parsed.isOpaque() && (scheme.equals("mlflow-artifacts") || scheme.equals("s3"))) {
            throw FailureException.permanent(NO_ADDRESS.formatted(model));
        }
        return switch (scheme) {
            case "mlflow-artifacts" -> {
                requireOwn(parsed, model);
                yield new ArtifactFolder.Served(server(), path.replaceAll("^/+|/+$", ""));
            }
            case "s3" -> {
                ObjectAddress address =
                        ObjectAddress.ofS3(String.valueOf(parsed.getAuthority()), path.replaceAll("^/+|/+$", ""));
                yield new ArtifactFolder.Stored(objects.stores().of(address), address);
            }
            default ->
                throw FailureException.permanent(
                        "the artifacts of %s are at an address with %s:, which Nightshift does not read by itself. Let the MLflow server hand out its artifacts (--serve-artifacts), or import the file with `nightshift model import`"
                                .formatted(model, scheme));
        };
    }

    /// A relative path is one of the server's working folder, which is not that of this process.
    private ArtifactFolder onDisk(URI parsed, String uri, String model) {
        String authority = parsed.getAuthority();
        boolean isHere = authority == null || authority.isEmpty() || authority.equals("localhost");
        String path = parsed.getPath();
        if (isHere && parsed.getScheme() != null && path != null && path.startsWith("/")) {
            try {
                return new ArtifactFolder.OnDisk(Path.of(path), roots);
            } catch (InvalidPathException _) {
                // Reported below.
            }
        }
        throw FailureException.permanent(
                "the artifacts of %s are at %s, which is no absolute path of this node. Start the MLflow server with an absolute path, or let it hand out its artifacts (--serve-artifacts)"
                        .formatted(model, said(uri)));
    }

    /// The credentials of the server are for this server only.
    private void requireOwn(URI artifacts, String model) {
        String authority = artifacts.getAuthority();
        URI own = server().url();
        boolean isOwn = authority == null
                || authority.equals(own.getAuthority())
                || (artifacts.getHost() != null
                        && artifacts.getPort() < 0
                        && artifacts.getHost().equals(own.getHost()));
        if (!isOwn) {
            throw FailureException.permanent(
                    "the artifacts of %s are handed out by %s, not by %s, and the credentials are for the latter. Name the former in nightshift.mlflow.url"
                            .formatted(model, authority, own.getAuthority()));
        }
    }

    // Which file of it.

    private static List<Artifact> listed(Found found) {
        List<Artifact> files = found.folder().files();
        if (files.isEmpty()) {
            throw FailureException.permanent("%s has no artifacts: there is no file in %s. Log the model again"
                    .formatted(found.version(), found.folder().place()));
        }
        return files;
    }

    private @Nullable MlmodelFile mlmodel(ArtifactFolder folder, List<Artifact> files, String called) {
        return files.stream()
                .filter(file -> file.name().equals(MlmodelFile.NAME))
                .findFirst()
                .map(file -> withCopy(
                        folder, file, MlmodelFile.MOST_BYTES, copy -> MlmodelFile.parse(text(copy, called), called)))
                .orElse(null);
    }

    private static String text(Path mlmodel, String called) throws IOException {
        try {
            return Files.readString(mlmodel);
        } catch (CharacterCodingException _) {
            throw FailureException.permanent(
                    "the file MLmodel of %s is not UTF-8. Log the model again".formatted(called));
        }
    }

    private static Artifact modelFile(Found found, List<Artifact> files, @Nullable MlmodelFile mlmodel, String called) {
        List<Artifact> exported =
                files.stream().filter(file -> isExported(file.name())).toList();
        if (exported.size() > 1) {
            throw FailureException.permanent("%s has several exported files: %s. Leave one of them"
                    .formatted(
                            called,
                            String.join(
                                    ", ",
                                    exported.stream()
                                            .map(file -> said(file.name()))
                                            .sorted()
                                            .toList())));
        }
        if (!exported.isEmpty()) {
            ArtifactFolder.checkedName(exported.getFirst().name(), called);
            return exported.getFirst();
        }
        if (mlmodel == null) {
            throw FailureException.permanent(
                    "%s is no MLflow model: there is no file MLmodel in %s. Name the folder that log_model has written, or a model file"
                            .formatted(called, found.folder().place()));
        }
        String name = mlmodel.modelFile(called);
        return files.stream()
                .filter(file -> file.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> FailureException.permanent("%s lacks its file %s: it is not in %s. Log the model again"
                                .formatted(called, name, found.folder().place())));
    }

    private static boolean isExported(String name) {
        return name.startsWith(EXPORTED) && ModelReference.EXTENSIONS.stream().anyMatch(name::endsWith);
    }

    // Copies.

    @FunctionalInterface
    private interface CopyWork<T> {
        T run(Path copy) throws IOException;
    }

    /// Fetches a file, works with the copy, and deletes it.
    private <T> T withCopy(ArtifactFolder folder, Artifact file, long limit, CopyWork<T> work) {
        Path copy = objects.folder().newFile("mlflow");
        try {
            long bytes = folder.fetch(file.name(), copy, limit);
            if (bytes > limit) {
                throw FailureException.permanent("%s of %s has more than %,d bytes, the most that Nightshift reads"
                        .formatted(file.name(), folder.place(), limit));
            }
            if (file.bytes() >= 0 && bytes != file.bytes()) {
                throw new FailureException(Failure.of(
                        FailedResource.Type.PLACE,
                        folder.place(),
                        "%s of %s has %,d bytes, and its list says %,d: it is being replaced, or it was cut off. Try again"
                                .formatted(file.name(), folder.place(), bytes, file.bytes())));
            }
            return work.run(copy);
        } catch (IOException e) {
            throw objects.folder().failure(e);
        } finally {
            CopyFolder.deleteFile(copy);
        }
    }
}
