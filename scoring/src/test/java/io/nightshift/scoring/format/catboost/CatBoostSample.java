package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.format.catboost.FlatbufferWriter.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// Makes random CatBoost models, and writes them as CatBoost's `.cbm` files.
final class CatBoostSample {

    static final int AS_IS = 0;
    static final int AS_FALSE = 1;
    static final int AS_TRUE = 2;

    final Random random;
    final int dimensions;
    final int[] flat;
    final float[][] borders;
    final boolean[] hasNans;
    final int[] treatment;
    final String[] names;
    final Map<String, String> info = new TreeMap<>();
    final List<Integer> splits = new ArrayList<>();
    final List<Integer> sizes = new ArrayList<>();
    final List<Integer> offsets = new ArrayList<>();
    final List<Short> steps = new ArrayList<>();
    final List<Integer> leafOfNode = new ArrayList<>();
    final List<Double> leaves = new ArrayList<>();
    final Map<Integer, Object> others = new TreeMap<>();
    double scale = 1;
    double[] biases = {};
    double bias;
    final CatBoostCategories categories;
    /// Whether the file has the fields that older versions of CatBoost did not write.
    boolean isOld;

    CatBoostSample(long seed, int features, int mostBorders, int dimensions) {
        this(seed, features, mostBorders, dimensions, 0);
    }

    /// @param texts the number of categorical features
    CatBoostSample(long seed, int features, int mostBorders, int dimensions, int texts) {
        this.random = new Random(seed);
        this.dimensions = dimensions;
        this.flat = new int[features];
        this.borders = new float[features][];
        this.hasNans = new boolean[features];
        this.treatment = new int[features];
        this.names = new String[features];
        for (int i = 0; i < features; i++) {
            flat[i] = i;
            names[i] = "x" + i;
            hasNans[i] = random.nextBoolean();
            treatment[i] = random.nextInt(3);
            borders[i] = borders(random.nextInt(mostBorders + 1));
        }
        this.categories = new CatBoostCategories(this, texts);
        if (total() == 0) {
            borders[0] = borders(1);
        }
    }

    private float[] borders(int count) {
        float[] found = new float[count];
        for (int i = 0; i < count; i++) {
            found[i] = (float) random.nextGaussian();
        }
        Arrays.sort(found);
        return found;
    }

    int total() {
        return Arrays.stream(borders).mapToInt(each -> each.length).sum() + categories.splits();
    }

    CatBoostSample loss(String type) {
        info.put("params", "{\"loss_function\":{\"type\":\"" + type + "\",\"params\":{}},\"iterations\":7}");
        return this;
    }

    CatBoostSample symmetric(int trees, int mostLevels) {
        for (int tree = 0; tree < trees; tree++) {
            symmetricTree(random.nextInt(mostLevels + 1));
        }
        return this;
    }

    void symmetricTree(int depth) {
        offsets.add(splits.size());
        sizes.add(depth);
        for (int level = 0; level < depth; level++) {
            splits.add(random.nextInt(total()));
        }
        addLeaves(1 << depth);
    }

    private void addLeaves(int count) {
        for (int i = 0; i < count * dimensions; i++) {
            leaves.add(random.nextGaussian());
        }
    }

    /// Trees of nodes, of which some have a child on one side only.
    CatBoostSample nodes(int trees, int mostLevels) {
        for (int tree = 0; tree < trees; tree++) {
            offsets.add(splits.size());
            sizes.add(node(mostLevels));
        }
        return this;
    }

    /// Writes a node and all that follow it.
    ///
    /// @return their number
    private int node(int levels) {
        int at = splits.size();
        int choice = levels == 0 ? 0 : random.nextInt(8);
        splits.add(choice == 0 ? 0 : random.nextInt(total()));
        steps.add((short) 0);
        steps.add((short) 0);
        leafOfNode.add(-1);
        boolean hasLeft = choice > 1;
        boolean hasRight = choice > 0 && choice != 2;
        int size = 1;
        if (hasLeft) {
            steps.set(2 * at, (short) size);
            size += node(levels - 1);
        }
        if (hasRight) {
            steps.set(2 * at + 1, (short) size);
            size += node(levels - 1);
        }
        if (!hasLeft || !hasRight) {
            leafOfNode.set(at, leaves.size());
            addLeaves(1);
        }
        return size;
    }

    byte[] file() {
        List<Table> features = new ArrayList<>();
        for (int i = 0; i < flat.length; i++) {
            Table feature = new Table().with(1, i).with(2, flat[i]).with(3, borders[i]);
            if (hasNans[i]) {
                feature.with(0, (byte) 1);
            }
            if (!names[i].isEmpty()) {
                feature.with(4, names[i]);
            }
            if (treatment[i] != AS_IS) {
                feature.with(5, (byte) treatment[i]);
            }
            features.add(feature);
        }
        Table trees = new Table()
                .with(0, dimensions)
                .with(1, integers(splits))
                .with(2, integers(sizes))
                .with(3, integers(offsets))
                .with(5, features)
                .with(8, leaves.stream().mapToDouble(Double::doubleValue).toArray());
        if (!steps.isEmpty()) {
            short[] pairs = new short[steps.size()];
            for (int i = 0; i < pairs.length; i++) {
                pairs[i] = steps.get(i);
            }
            trees.with(10, pairs).with(11, integers(leafOfNode));
        }
        if (!isOld) {
            trees.with(14, scale).with(15, bias).with(16, biases);
        }
        categories.addTo(trees);
        trees.fields().putAll(others);
        List<Table> facts = new ArrayList<>();
        info.forEach((key, value) -> facts.add(new Table().with(0, key).with(1, value)));
        Table root = new Table().with(0, "FlabuffersModel_v1").with(1, trees).with(2, facts);
        byte[] part = categories.part();
        if (part.length > 0) {
            root.with(3, List.of("static_provider_v1"));
        }
        byte[] core = FlatbufferWriter.document(root);
        return ByteBuffer.allocate(8 + core.length + part.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'C', 'B', 'M', '1'})
                .putInt(core.length)
                .put(core)
                .put(part)
                .array();
    }

    private static int[] integers(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Rows with numbers of all kinds: next to borders, on borders, missing, infinite.
    ///
    /// @return one array for each feature
    double[][] columns(int rows) {
        double[][] columns = new double[flat.length][rows];
        for (int feature = 0; feature < flat.length; feature++) {
            for (int row = 0; row < rows; row++) {
                columns[feature][row] = value(borders[feature]);
            }
        }
        return columns;
    }

    private double value(float[] near) {
        float border = near.length == 0 ? 0 : near[random.nextInt(near.length)];
        return switch (random.nextInt(12)) {
            case 0 -> Double.NaN;
            case 1 -> border;
            case 2 -> Math.nextUp(border);
            case 3 -> Math.nextDown(border);
            case 4 -> Math.nextUp((double) border);
            case 5 -> random.nextInt(10) == 0 ? Double.POSITIVE_INFINITY : 1e300;
            case 6 -> random.nextInt(10) == 0 ? Double.NEGATIVE_INFINITY : -1e300;
            default -> random.nextGaussian();
        };
    }
}
