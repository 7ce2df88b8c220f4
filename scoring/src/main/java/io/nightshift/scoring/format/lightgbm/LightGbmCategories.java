package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The categorical features of a LightGBM model, with the codes and names of their categories.
///
/// `feature_infos` of the header has a range `[0:5]` for a number, the codes seen in training `2:0:1` for a
/// category, and `none` for a feature that training did not use. Behind the trees, `[categorical_feature:
/// 1,4]` lists the categorical features. The last line, `pandas_categorical:[["a", "b"], …]`, lists the
/// categories of the categorical columns of a pandas data frame, in the order of the columns; the code of a
/// category is its position.
final class LightGbmCategories {

    private static final Pattern CODES = Pattern.compile("-?\\d{1,10}(:-?\\d{1,10})*");
    private static final Pattern POSITIONS = Pattern.compile("\\d{1,7}(,\\d{1,7})*");

    private final int features;

    LightGbmCategories(int features) {
        this.features = features;
    }

    /// The type of each feature.
    ///
    /// @param infos the header's `feature_infos`, or null
    /// @param rest the file behind the trees
    List<FeatureType> types(@Nullable String infos, LightGbmText rest) throws MalformedModelException {
        List<FeatureType> types =
                new ArrayList<>(Collections.nCopies(features, new FeatureType.Numeric(Precision.FLOAT64)));
        List<Integer> categorical = new ArrayList<>();
        String[] words = infos == null ? new String[0] : infos.split(" ", -1);
        for (int i = 0; i < Math.min(words.length, features); i++) {
            if (CODES.matcher(words[i]).matches()) {
                categorical.add(i);
                types.set(i, new FeatureType.Categorical(Precision.FLOAT64, codes(words[i]), List.of()));
            }
        }
        String listed = rest.after("[categorical_feature: ");
        List<List<String>> names = names(rest.after("pandas_categorical:"));
        List<Integer> columns = listed == null ? List.of() : positions(listed);
        if (columns.size() != names.size()) {
            columns = categorical;
        }
        if (columns.size() == names.size()) {
            for (int i = 0; i < names.size(); i++) {
                types.set(columns.get(i), FeatureType.Categorical.named(Precision.FLOAT64, names.get(i)));
            }
        }
        return types;
    }

    /// Negative codes are no categories for LightGBM.
    private static List<Integer> codes(String info) {
        TreeSet<Integer> codes = new TreeSet<>();
        for (String word : info.split(":", -1)) {
            long code = Long.parseLong(word);
            if (code >= 0 && code < Integer.MAX_VALUE) {
                codes.add((int) code);
            }
        }
        return List.copyOf(codes);
    }

    /// Positions of features; none if they are written another way, such as by name.
    private List<Integer> positions(String line) {
        String list = line.endsWith("]") ? line.substring(0, line.length() - 1) : line;
        TreeSet<Integer> positions = new TreeSet<>();
        if (POSITIONS.matcher(list).matches()) {
            for (String word : list.split(",", -1)) {
                positions.add(Integer.parseInt(word));
            }
        }
        return positions.isEmpty() || positions.last() >= features ? List.of() : List.copyOf(positions);
    }

    private static List<List<String>> names(@Nullable String json) throws MalformedModelException {
        if (json == null || json.equals("null")) {
            return List.of();
        }
        byte[] document = ("{\"columns\":" + json + "}").getBytes(StandardCharsets.UTF_8);
        List<List<String>> names = new ArrayList<>();
        for (DocumentReader column : new DocumentReader(
                        "pandas_categorical", JsonDocument.read(document, Precision.FLOAT64))
                .elements("columns")) {
            List<String> categories = new ArrayList<>();
            for (DocumentValue value : column.values()) {
                categories.add(name(column, value));
            }
            if (new HashSet<>(categories).size() != categories.size()) {
                throw new MalformedModelException(column.path() + " has a category twice");
            }
            names.add(categories);
        }
        return names;
    }

    /// A number as DuckDB writes a whole number, so that a column of whole numbers fits.
    private static String name(DocumentReader column, DocumentValue value) throws MalformedModelException {
        return switch (value) {
            case DocumentValue.Text(String text) -> text;
            case DocumentValue.Flag(boolean flag) -> String.valueOf(flag);
            case DocumentValue.NumberValue(double number)
            when !Double.isInfinite(number) && !Double.isNaN(number) ->
                number == Math.rint(number) ? new BigDecimal(number).toPlainString() : Double.toString(number);
            default ->
                throw new MalformedModelException(column.path() + " has " + value.name() + " among its categories");
        };
    }
}
