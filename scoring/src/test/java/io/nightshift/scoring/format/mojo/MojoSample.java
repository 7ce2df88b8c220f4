package io.nightshift.scoring.format.mojo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Makes random models, and writes them as H2O's MOJO files.
final class MojoSample {

    final Random random;
    final Map<String, String> info = new LinkedHashMap<>();
    final List<String> columns = new ArrayList<>();
    /// The levels of a column; none for a number.
    final List<List<String>> levels = new ArrayList<>();

    final Map<String, byte[]> others = new TreeMap<>();
    final List<String> labels;
    /// Whether a few tests for sets are of columns with numbers. H2O writes none, and its library reads them.
    boolean setsOfNumbers = true;
    /// Whether a few trees have no split.
    boolean hasLoneLeaves = true;
    /// Whether the files are stored without compression.
    boolean isStored;

    private final List<List<Float>> thresholds = new ArrayList<>();
    private final Random shares = new Random(7);
    private final List<byte[]> records = new ArrayList<>();
    private int splits;
    private final double version;

    /// @param most the most levels of a column; each second one has none
    /// @param classes the number of classes; 1 for a regression
    MojoSample(long seed, String algorithm, String version, int features, int most, int classes) {
        this.random = new Random(seed);
        this.version = Double.parseDouble(version);
        for (int i = 0; i < features; i++) {
            boolean isNumber = most == 0 || random.nextBoolean();
            add("x" + i, isNumber ? 0 : 1 + random.nextInt(most));
        }
        this.labels = classes == 1 ? List.of() : texts("class", classes);
        info.put("h2o_version", "3.46.0.12");
        info.put("mojo_version", version);
        info.put("algorithm", algorithm);
        info.put("endianness", "LITTLE_ENDIAN");
        info.put("category", classes == 1 ? "Regression" : classes == 2 ? "Binomial" : "Multinomial");
        info.put("uuid", "-887230710888644584");
        info.put("supervised", "true");
        info.put("n_features", Integer.toString(features));
        info.put("n_classes", Integer.toString(classes));
        info.put("balance_classes", "false");
        info.put("default_threshold", classes == 2 ? Double.toString(0.2 + 0.6 * random.nextDouble()) : "0.5");
        info.put("prior_class_distrib", Arrays.toString(shares(classes)));
        info.put("model_class_distrib", Arrays.toString(shares(classes)));
        info.put("escape_domain_values", "true");
    }

    private void add(String name, int count) {
        columns.add(name);
        levels.add(texts(name + ".", count));
        thresholds.add(new ArrayList<>());
    }

    private static List<String> texts(String start, int count) {
        return IntStream.range(0, count).mapToObj(i -> start + i).toList();
    }

    private double[] shares(int classes) {
        double[] shares = random.doubles(classes, 0.1, 1).toArray();
        double total = Arrays.stream(shares).sum();
        return Arrays.stream(shares).map(share -> share / total).toArray();
    }

    int features() {
        return columns.size();
    }

    MojoSample with(String name, Object value) {
        info.put(name, String.valueOf(value));
        return this;
    }

    /// Gradient boosting.
    static MojoSample boosting(long seed, String distribution, int classes, int most) {
        Random random = new Random(seed);
        return new MojoSample(seed, "Gradient Boosting Machine", "1.40", 1 + random.nextInt(8), most, classes)
                .with("distribution", distribution)
                .with("init_f", random.nextGaussian())
                .trees(1 + random.nextInt(30), 1 + random.nextInt(7), classes == 2 ? 1 : classes);
    }

    /// A random forest.
    static MojoSample bagging(long seed, String version, int classes, int treesPerGroup, int most) {
        Random random = new Random(seed);
        return new MojoSample(seed, "Distributed Random Forest", version, 1 + random.nextInt(8), most, classes)
                .with("binomial_double_trees", treesPerGroup == 2)
                .trees(1 + random.nextInt(30), 1 + random.nextInt(9), treesPerGroup);
    }

    /// Trees, of which a few have no file.
    MojoSample trees(int groups, int depth, int treesPerGroup) {
        with("n_trees", groups);
        if (version > 1) {
            with("n_trees_per_class", treesPerGroup);
        }
        if (version >= 1.4) {
            with("_genmodel_encoding", "AUTO");
        }
        for (int group = 0; group < groups; group++) {
            for (int tree = 0; tree < treesPerGroup; tree++) {
                if (treesPerGroup == 1 || random.nextInt(20) > 0) {
                    String name = "trees/t%02d_%03d".formatted(tree, group);
                    records.clear();
                    splits = 0;
                    others.put(
                            name + ".bin",
                            random.nextInt(12) == 0 && hasLoneLeaves ? loneLeaf() : node(depth, 0, 1000));
                    others.put(name + "_aux.bin", weights());
                }
            }
        }
        return this;
    }

    private byte[] loneLeaf() {
        return buffer(7).put((byte) 0).putShort((short) 0xffff).put(leaf()).array();
    }

    private byte[] leaf() {
        float value = labels.isEmpty() || info.containsKey("distribution")
                ? (float) random.nextGaussian()
                : random.nextFloat();
        return buffer(4).putFloat(value).array();
    }

    /// The second file of a tree: a record for each split.
    private byte[] weights() {
        ByteBuffer file = buffer(40 * records.size());
        records.forEach(file::put);
        return file.array();
    }

    /// @param number the number of the node in the records of weights
    /// @param weight its weight
    private byte[] node(int depth, int number, float weight) {
        int leftNumber = ++splits;
        int rightNumber = ++splits;
        float leftWeight = shares.nextInt(10) == 0 ? 0 : Math.round(weight * shares.nextFloat());
        records.add(buffer(40)
                .putInt(number)
                .putInt(0)
                .putFloat(leftWeight)
                .putFloat(weight - leftWeight)
                .position(32)
                .putInt(leftNumber)
                .putInt(rightNumber)
                .array());
        int feature = random.nextInt(features());
        int count = levels.get(feature).size();
        int direction = 1 + random.nextInt(5);
        boolean hasLeftLeaf = depth <= 1 || random.nextInt(5) == 0;
        boolean hasRightLeaf = depth <= 1 || random.nextInt(5) == 0;
        byte[] left = hasLeftLeaf ? leaf() : node(depth - 1, leftNumber, leftWeight);
        byte[] right = hasRightLeaf ? leaf() : node(depth - 1, rightNumber, weight - leftWeight);
        // Version 1.0 has no answer for negative numbers at a set.
        double sets = count > 0 ? 0.6 : setsOfNumbers && version > 1 ? 0.05 : 0;
        int kind = direction == 1 || random.nextDouble() > sets ? 0 : random.nextBoolean() ? 8 : 12;
        byte[] test = direction == 1 ? new byte[0] : kind == 0 ? threshold(feature) : set(kind, count);
        int bytes = hasLeftLeaf ? 0 : sizeOf(left.length);
        int type = kind | (hasLeftLeaf ? 0x30 : bytes - 1) | (hasRightLeaf ? 0xc0 : 0);
        ByteBuffer node = buffer(4 + test.length + bytes + left.length + right.length);
        node.put((byte) type).putShort((short) feature).put((byte) direction).put(test);
        for (int i = 0; i < bytes; i++) {
            node.put((byte) (left.length >> (8 * i)));
        }
        return node.put(left).put(right).array();
    }

    /// H2O takes the fewest bytes; the others are as valid.
    private int sizeOf(int length) {
        int fewest = length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : 3;
        return fewest + random.nextInt(5 - fewest);
    }

    private byte[] threshold(int feature) {
        int count = levels.get(feature).size();
        float value = count > 0
                ? random.nextInt(count + 1) - (random.nextBoolean() ? 0.5f : 0)
                : random.nextInt(8) == 0 ? random.nextInt(3) - 1 : (float) random.nextGaussian();
        thresholds.get(feature).add(value);
        return buffer(4).putFloat(value).array();
    }

    private byte[] set(int kind, int count) {
        if (kind == 8) {
            return buffer(4).putInt(random.nextInt()).array();
        }
        int first = random.nextInt(3);
        int bits = 1 + random.nextInt(count + 9);
        byte[] set = new byte[(bits + 7) / 8];
        random.nextBytes(set);
        return version < 1.2
                ? buffer(4 + set.length)
                        .putShort((short) first)
                        .putShort((short) set.length)
                        .put(set)
                        .array()
                : buffer(6 + set.length)
                        .putShort((short) first)
                        .putInt(bits)
                        .put(set)
                        .array();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A generalized linear model.
    static MojoSample linear(long seed, String family, String link, int classes) {
        Random random = new Random(seed);
        MojoSample sample = new MojoSample(seed, "Generalized Linear Model", "1.00", 1 + random.nextInt(8), 9, classes);
        sample.sortColumns();
        int withLevels =
                (int) sample.levels.stream().filter(list -> !list.isEmpty()).count();
        boolean all = random.nextBoolean();
        int[] offsets = new int[withLevels + 1];
        int[] modes = new int[withLevels];
        for (int i = 0; i < withLevels; i++) {
            int count = sample.levels.get(i).size();
            offsets[i + 1] = offsets[i] + (all ? count : count - 1);
            modes[i] = random.nextInt(count);
        }
        int numbers = sample.features() - withLevels;
        int terms = offsets[withLevels] + numbers + 1;
        int blocks = family.equals("multinomial") || family.equals("ordinal") ? classes : 1;
        return sample.with("use_all_factor_levels", all)
                .with("cats", withLevels)
                .with("cat_offsets", Arrays.toString(offsets))
                .with("cat_modes", Arrays.toString(modes))
                .with("nums", numbers)
                .with("num_means", Arrays.toString(gaussians(random, numbers)))
                .with("mean_imputation", "true")
                .with("beta", Arrays.toString(gaussians(random, terms * blocks)))
                .with("family", family)
                .with("link", link);
    }

    private static double[] gaussians(Random random, int count) {
        return random.doubles(count).map(i -> random.nextGaussian()).toArray();
    }

    /// Columns with levels come first.
    private void sortColumns() {
        List<Integer> order = IntStream.range(0, features())
                .boxed()
                .sorted((a, b) ->
                        Boolean.compare(levels.get(a).isEmpty(), levels.get(b).isEmpty()))
                .toList();
        List<String> names = order.stream().map(columns::get).toList();
        List<List<String>> texts = order.stream().map(levels::get).toList();
        columns.clear();
        columns.addAll(names);
        levels.clear();
        levels.addAll(texts);
    }

    /// The files of the archive by name.
    Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(columns);
        List<List<String>> texts = new ArrayList<>(levels);
        names.add("response");
        texts.add(labels);
        StringBuilder domains = new StringBuilder();
        int next = 0;
        for (int i = 0; i < texts.size(); i++) {
            if (!texts.get(i).isEmpty()) {
                String file = "d%03d.txt".formatted(next++);
                domains.append("%d: %d %s%n".formatted(i, texts.get(i).size(), file));
                files.put(
                        "domains/" + file,
                        texts.get(i).stream()
                                .map(text -> text.replace("\\", "\\\\").replace("\n", "\\n") + "\n")
                                .collect(Collectors.joining())
                                .getBytes(StandardCharsets.UTF_8));
            }
        }
        String facts = info.entrySet().stream()
                .map(fact -> fact.getKey() + " = " + fact.getValue() + "\n")
                .collect(Collectors.joining());
        String ini = "[info]\n%sn_columns = %d%n%n[columns]%n%s%n%n[domains]%n%s"
                .formatted(facts, names.size(), String.join("\n", names), domains);
        files.put("model.ini", ini.getBytes(StandardCharsets.UTF_8));
        files.putAll(others);
        return files;
    }

    byte[] file() {
        return zip(files(), isStored);
    }

    static byte[] zip(Map<String, byte[]> files, boolean isStored) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(file.getKey());
                entry.setTime(0);
                if (isStored) {
                    CRC32 checksum = new CRC32();
                    checksum.update(file.getValue());
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(file.getValue().length);
                    entry.setCrc(checksum.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(file.getValue());
                zip.closeEntry();
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /// Rows with numbers of all kinds: next to thresholds, on thresholds, missing, infinite; and with all levels.
    ///
    /// @return one array for each feature
    double[][] rows(int count) {
        double[][] rows = new double[features()][count];
        for (int feature = 0; feature < features(); feature++) {
            for (int row = 0; row < count; row++) {
                rows[feature][row] = value(feature);
            }
        }
        return rows;
    }

    private double value(int feature) {
        int count = levels.get(feature).size();
        if (count > 0) {
            return random.nextInt(8) == 0 ? Double.NaN : random.nextInt(count);
        }
        List<Float> near = thresholds.get(feature);
        double threshold = near.isEmpty() ? 0 : near.get(random.nextInt(near.size()));
        return switch (random.nextInt(14)) {
            case 0 -> Double.NaN;
            case 1 -> threshold;
            case 2 -> Math.nextUp(threshold);
            case 3 -> Math.nextDown(threshold);
            case 4 -> Math.nextDown((float) threshold);
            case 5 -> random.nextInt(30);
            case 6 -> -random.nextDouble();
            case 7 -> isLinear() ? 1 : random.nextInt(10) == 0 ? Double.POSITIVE_INFINITY : 1e300;
            case 8 -> isLinear() ? -1 : random.nextInt(10) == 0 ? Double.NEGATIVE_INFINITY : -1e300;
            default -> random.nextGaussian();
        };
    }

    private boolean isLinear() {
        return info.containsKey("beta");
    }
}
