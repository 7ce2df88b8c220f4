package io.nightshift.cli.model;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.model.sql.PipelineSql;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.node.submission.JobModel;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `model sql`.
@Command(
        name = "sql",
        description =
                "Prints the first steps of a pipeline as SQL, for source.select of a job, so that you can read and change them. Writes the other steps as a model of their own.",
        mixinStandardHelpOptions = true)
final class ModelSqlCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "MODEL",
            description = "The model: a file, or a registered model as name, name@version or name@alias.")
    private String reference = "";

    @Option(
            names = "--rest",
            paramLabel = "FILE",
            description = "Writes the model with the other steps to this file, which is replaced if it exists.")
    private @Nullable Path rest;

    @Option(
            names = "--features",
            paramLabel = "COLUMNS",
            split = ",",
            description =
                    "The columns of a model whose features have no names, in the model's order, separated by commas.")
    private List<String> features = new ArrayList<>();

    @Mixin
    private RegistryAccess access = new RegistryAccess();

    @Override
    public Integer call() {
        PipelineSql sql = PipelineSql.of(named(ModelFile.definition(model())));
        Path file = rest;
        if (file != null) {
            ModelFile.write(Model.of(sql.rest()), file);
        }
        print(sql, file, access.out());
        return ExitStatus.DONE;
    }

    private Model model() {
        ModelReference found;
        try {
            found = ModelReference.parse(reference);
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent(String.valueOf(e.getMessage()));
        }
        if (found instanceof ModelReference.File) {
            return JobModel.read(Path.of(reference)).model();
        }
        ModelRegistry registry = access.open();
        return ModelFiles.load(registry.path(registry.resolve(ModelCommands.registered(reference))));
    }

    private ModelDefinition named(ModelDefinition model) {
        ModelDescription description = model.description();
        if (features.isEmpty()) {
            return model;
        }
        if (features.size() != description.features().size()) {
            throw FailureException.permanent("--features has %d names, and the model has %d features"
                    .formatted(features.size(), description.features().size()));
        }
        List<ModelFeature> named = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            ModelFeature feature = description.features().get(i);
            named.add(new ModelFeature(features.get(i), feature.type(), feature.missing()));
        }
        return new ModelDefinition(
                new ModelDescription(
                        description.format(),
                        description.algorithm(),
                        description.task(),
                        named,
                        description.classes(),
                        description.facts()),
                model.form());
    }

    private void print(PipelineSql sql, @Nullable Path file, PrintWriter out) {
        out.println("# %d of %d steps of %s, as SQL:"
                .formatted(
                        sql.computed().size(),
                        sql.computed().size() + sql.kept().size(),
                        line(reference)));
        sql.computed().forEach(step -> out.println("#   " + line(step)));
        out.println("# These steps stay in the model%s:"
                .formatted(file == null ? ", which --rest FILE writes" : " " + line(file.toString())));
        sql.kept().forEach(step -> out.println("#   " + line(step)));
        if (file != null) {
            out.println("model: " + quoted(file.toString()));
        }
        out.println("source:");
        out.println("  select:" + (sql.select().isEmpty() ? " {}" : ""));
        for (Map.Entry<String, String> column : sql.select().entrySet()) {
            out.println("    %s: %s".formatted(quoted(column.getKey()), quoted(column.getValue())));
        }
        out.flush();
    }

    /// A text without line breaks, for a comment.
    private static String line(String text) {
        return text.replaceAll("\\p{Cntrl}|[\\u0085\\u2028\\u2029]", " ");
    }

    /// A text between quotes, as YAML reads it.
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '"' || character == '\\') {
                quoted.append('\\').append(character);
            } else if (character < ' '
                    || character >= 0x7f && character <= 0xa0
                    || character >= 0x2028 && character <= 0x2029
                    || character == 0xfeff) {
                quoted.append("\\u%04x".formatted((int) character));
            } else {
                quoted.append(character);
            }
        }
        return quoted.append('"').toString();
    }
}
