package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.document.ZipArchive;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// The columns of a MOJO. The features come first. Behind them may be columns of weights and of folds, which
/// scoring does not need, and the last one is the response.
final class MojoColumns {

    private final ZipArchive archive;
    private final MojoInfo info;
    private final boolean isEscaped;
    private final List<List<String>> levels = new ArrayList<>();

    MojoColumns(ZipArchive archive, MojoInfo info) throws MalformedModelException {
        this.archive = archive;
        this.info = info;
        this.isEscaped = info.flag("escape_domain_values");
        if (info.columns().size() != info.count("n_columns")) {
            throw new MalformedModelException("its model.ini has n_columns = " + info.count("n_columns")
                    + ", and names " + info.columns().size());
        }
        int features = info.count("n_features");
        if (!info.flag("supervised")
                || features == 0
                || features >= info.columns().size()) {
            throw new MalformedModelException("it has " + features + " features among "
                    + info.columns().size() + " columns; supported are features and a response");
        }
        if (info.has("offset_column")) {
            throw new MalformedModelException("it needs the offset of each row (offset_column = "
                    + info.text("offset_column") + "); supported are models without one");
        }
        Set<String> names = new HashSet<>();
        for (int feature = 0; feature < features; feature++) {
            if (!names.add(info.columns().get(feature))) {
                throw new MalformedModelException(
                        "it has two columns «" + MojoInfo.start(info.columns().get(feature)) + "»");
            }
            levels.add(read(feature));
        }
    }

    /// The number of features.
    int features() {
        return levels.size();
    }

    /// The texts of a feature, or none for a number.
    List<String> levels(int feature) {
        return levels.get(feature);
    }

    /// The features as a job sees them.
    ///
    /// @param missing whether the model takes missing values
    List<ModelFeature> described(boolean missing) {
        return IntStream.range(0, features())
                .mapToObj(feature -> new ModelFeature(info.columns().get(feature), type(feature), missing))
                .toList();
    }

    private FeatureType type(int feature) {
        return levels(feature).isEmpty()
                ? new FeatureType.Numeric(Precision.FLOAT64)
                : new FeatureType.Nominal(levels(feature));
    }

    /// The labels of the classes; their positions if the response has numbers.
    ///
    /// @param classes the number of classes
    List<String> labels(int classes) throws MalformedModelException {
        List<String> labels = read(info.columns().size() - 1);
        if (labels.isEmpty() && classes == 2) {
            return List.of("0", "1");
        }
        if (labels.size() != classes) {
            throw new MalformedModelException("it has " + classes + " classes, and " + labels.size() + " labels");
        }
        return labels;
    }

    private List<String> read(int column) throws MalformedModelException {
        MojoInfo.Domain domain = info.domain(column);
        if (domain == null) {
            return List.of();
        }
        String name = "domains/" + domain.file();
        byte[] content = archive.read(name);
        if (content == null) {
            throw new MalformedModelException("it has no file " + MojoInfo.start(name));
        }
        Set<String> found = new LinkedHashSet<>();
        for (String line : (Iterable<String>) new String(content, StandardCharsets.UTF_8).lines()::iterator) {
            String level = isEscaped ? unescaped(line) : line;
            if (!found.add(level)) {
                throw new MalformedModelException(
                        "its file " + name + " has the level «" + MojoInfo.start(level) + "» twice");
            }
        }
        if (found.size() != domain.size() || found.isEmpty()) {
            throw new MalformedModelException(
                    "its file " + name + " has " + found.size() + " levels; there should be " + domain.size());
        }
        return List.copyOf(found);
    }

    /// H2O writes a line break as `\n` or `\r`, and a backslash twice.
    private static String unescaped(String line) {
        if (line.indexOf('\\') < 0) {
            return line;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char letter = line.charAt(i);
            if (letter == '\\' && i + 1 < line.length()) {
                i++;
                letter = switch (line.charAt(i)) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    default -> line.charAt(i);
                };
            }
            text.append(letter);
        }
        return text.toString();
    }
}
