package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The features of a CatBoost model, and the splits that its trees refer to: the borders of the first feature,
/// then those of the second, and so on. A split is true for a number above its border.
///
/// The position of a feature in a row is its flat index. A model without its unused features
/// (`drop_unused_features`) has gaps between these, which count as features that no tree uses.
final class CatBoostSplits {

    private static final int INDEX_FLAT = 2;
    private static final int BORDERS = 3;
    private static final int NAME = 4;
    private static final int NAN_TREATMENT = 5;
    private static final int HAS_NANS = 0;
    private static final int NAN_AS_TRUE = 2;
    private static final int MOST_GAPS = 1 << 12;

    /// By flat index; null for a feature that the file does not describe.
    private final @Nullable String[] names;

    private int[] feature = new int[16];
    private double[] border = new double[16];
    private NodeKind[] kind = new NodeKind[16];
    private int size;

    /// @param features the table of each feature with numbers
    CatBoostSplits(List<FlatbufferTable> features) throws MalformedModelException {
        int highest = -1;
        for (FlatbufferTable table : features) {
            highest = Math.max(highest, table.integer(INDEX_FLAT, -1));
        }
        if (highest < 0) {
            throw new MalformedModelException("it has no features");
        }
        if (highest >= features.size() + MOST_GAPS) {
            throw new MalformedModelException(
                    "it has a feature at position " + highest + ", and describes " + features.size());
        }
        this.names = new String[highest + 1];
        for (FlatbufferTable table : features) {
            add(table);
        }
    }

    private void add(FlatbufferTable table) throws MalformedModelException {
        int position = table.integer(INDEX_FLAT, -1);
        if (position < 0 || names[position] != null) {
            throw new MalformedModelException("it has two features at position " + position);
        }
        names[position] = table.text(NAME);
        // Without NaN in training, CatBoost compares NaN as it is, and NaN is above no border.
        boolean nanIsTrue = table.octet(HAS_NANS) != 0 && table.octet(NAN_TREATMENT) == NAN_AS_TRUE;
        double last = Double.NEGATIVE_INFINITY;
        for (float next : table.floats(BORDERS)) {
            if (!(next >= last)) {
                throw new MalformedModelException("the borders of feature " + position + " do not ascend");
            }
            last = next;
            // Infinity, which stands for NaN, is not above itself.
            boolean right = nanIsTrue && next != Float.POSITIVE_INFINITY;
            add(position, next, right ? NodeKind.NUMERIC_MISSING_RIGHT : NodeKind.NUMERIC_MISSING_LEFT);
        }
    }

    private void add(int position, double value, NodeKind test) {
        if (size == feature.length) {
            feature = Arrays.copyOf(feature, 2 * size);
            border = Arrays.copyOf(border, 2 * size);
            kind = Arrays.copyOf(kind, 2 * size);
        }
        feature[size] = position;
        border[size] = value;
        kind[size++] = test;
    }

    /// The number of features.
    int features() {
        return names.length;
    }

    /// The names of the features in the order of a row, or none if CatBoost numbered them itself.
    List<String> names() {
        List<String> found = new ArrayList<>();
        boolean numbered = true;
        for (int position = 0; position < names.length; position++) {
            String name = names[position];
            String number = Integer.toString(position);
            found.add(name == null || name.isEmpty() ? number : name);
            numbered &= found.getLast().equals(number);
        }
        Set<String> distinct = new HashSet<>(found);
        return numbered || distinct.size() < found.size() ? List.of() : found;
    }

    /// Fills the next node of a forest. The left child is where the split is false.
    ///
    /// @param split the number of the split
    void addTo(ForestBuilder forest, int split) throws MalformedModelException {
        if (split < 0 || split >= size) {
            throw new MalformedModelException("a tree has the split " + split + " of " + size);
        }
        forest.split(kind[split], feature[split], border[split]);
    }
}
