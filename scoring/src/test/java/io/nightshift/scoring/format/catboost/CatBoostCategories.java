package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.format.catboost.FlatbufferWriter.Table;
import io.nightshift.scoring.model.TextHash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/// The categorical features of a random CatBoost model: their texts, the values of which splits ask, and the
/// statistics of combinations with their tables.
final class CatBoostCategories {

    /// So many rows make up the tables.
    private static final int TRAINED = 60;

    private static final long FACTOR = 0x4906ba494954cb65L;
    private static final long EMPTY = -1;
    /// The numbers in a row of a table, by the kind of the statistic; 0 for one a class.
    private static final int[] WIDTHS = {0, 0, 2, 2, 1, 1};

    /// A combination and the kind of its statistics.
    record Base(List<Integer> texts, List<Long> above, List<Long> values, int kind, int classifier) {
        Table table() {
            return new Table()
                    .with(
                            0,
                            new Table()
                                    .with(
                                            0,
                                            texts.stream()
                                                    .mapToInt(Integer::intValue)
                                                    .toArray())
                                    .with(
                                            1,
                                            above.stream()
                                                    .mapToLong(Long::longValue)
                                                    .toArray())
                                    .with(
                                            2,
                                            values.stream()
                                                    .mapToLong(Long::longValue)
                                                    .toArray()))
                    .with(1, (byte) kind)
                    .with(2, classifier);
        }
    }

    /// A table of counts.
    static final class Counts {
        long[] hashes = {};
        int[] rows = {};
        byte[] numbers = {};
        int denominator;
        int classes;
    }

    final Map<Base, Counts> tables = new LinkedHashMap<>();
    final List<Table> statistics = new ArrayList<>();
    final int[] flat;
    final List<List<Integer>> values = new ArrayList<>();
    private final CatBoostSample sample;
    private final Random random;
    private final boolean[] isUsed;
    private int splits;

    CatBoostCategories(CatBoostSample sample, int texts) {
        this.sample = sample;
        this.random = sample.random;
        this.flat = new int[texts];
        this.isUsed = new boolean[texts];
        for (int i = 0; i < texts; i++) {
            flat[i] = sample.flat.length + i;
            values.add(new ArrayList<>());
        }
    }

    int splits() {
        return splits;
    }

    /// Numbers and texts stand in any order in a row.
    CatBoostCategories mixed() {
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < sample.flat.length + flat.length; i++) {
            positions.add(random.nextInt(positions.size() + 1), i);
        }
        for (int i = 0; i < sample.flat.length; i++) {
            sample.flat[i] = positions.get(i);
        }
        for (int i = 0; i < flat.length; i++) {
            flat[i] = positions.get(sample.flat.length + i);
        }
        return this;
    }

    /// Adds splits that ask for values.
    CatBoostCategories withValues(int most) {
        for (int i = 0; i < flat.length; i++) {
            for (int k = random.nextInt(most + 1); k > 0; k--) {
                int value = TextHash.CITY.of(text());
                if (!values.get(i).contains(value)) {
                    values.get(i).add(value);
                    isUsed[i] = true;
                    splits++;
                }
            }
        }
        return this;
    }

    /// Adds splits that ask for the texts of the first feature.
    CatBoostCategories withValues(String... texts) {
        for (String text : texts) {
            values.getFirst().add(TextHash.CITY.of(text));
        }
        isUsed[0] = true;
        splits += texts.length;
        return this;
    }

    /// Adds a statistic of each of some combinations, and for some more than one.
    ///
    /// @param kind of the statistics, in the order of CatBoost's file
    CatBoostCategories withStatistics(int combinations, int kind) {
        for (int i = 0; i < combinations; i++) {
            Base base = base(kind, i);
            Counts counts = counts(base);
            if (tables.putIfAbsent(base, counts) == null) {
                for (int k = 1 + random.nextInt(3); k > 0; k--) {
                    statistics.add(statistic(base, counts.classes, k));
                }
            }
        }
        return this;
    }

    private Base base(int kind, int classifier) {
        TreeSet<Integer> texts = new TreeSet<>();
        for (int k = 1 + random.nextInt(3); k > 0; k--) {
            texts.add(random.nextInt(flat.length));
        }
        texts.forEach(text -> isUsed[text] = true);
        TreeSet<Long> above = new TreeSet<>();
        TreeSet<Long> asked = new TreeSet<>();
        for (int k = random.nextInt(4); k > 0; k--) {
            int number = random.nextInt(sample.borders.length + 1);
            if (number < sample.borders.length && sample.borders[number].length > 0) {
                float border = sample.borders[number][random.nextInt(sample.borders[number].length)];
                above.add(pair(number, Float.floatToRawIntBits(border)));
            }
            int text = random.nextInt(flat.length);
            if (k % 2 == 0 && !values.get(text).isEmpty()) {
                asked.add(pair(
                        text,
                        values.get(text).get(random.nextInt(values.get(text).size()))));
            }
        }
        return new Base(List.copyOf(texts), List.copyOf(above), List.copyOf(asked), kind, classifier);
    }

    private static long pair(int first, int second) {
        return (long) second << Integer.SIZE | first;
    }

    private Table statistic(Base base, int classes, int number) {
        float[] borders = new float[1 + random.nextInt(4)];
        for (int i = 0; i < borders.length; i++) {
            borders[i] = random.nextInt(4) == 0 ? 0.5f : (float) random.nextGaussian(0.5, 0.5);
        }
        Arrays.sort(borders);
        splits += borders.length;
        Table formula = new Table()
                .with(0, base.table())
                .with(1, classes > 2 ? random.nextInt(classes - (base.kind == 0 ? 1 : 0)) : 0)
                .with(2, 0.5f * number)
                .with(3, random.nextInt(3) == 0 ? 2f : 1f);
        if (random.nextBoolean()) {
            formula.with(4, (float) random.nextGaussian()).with(5, 1 + random.nextFloat());
        }
        return new Table().with(0, formula).with(1, borders);
    }

    /// The counts of the combinations in random rows.
    private Counts counts(Base base) {
        double[][] numbers = sample.columns(TRAINED);
        String[][] texts = texts(TRAINED);
        Map<Long, Integer> rows = new HashMap<>();
        for (int row = 0; row < TRAINED; row++) {
            rows.putIfAbsent(hash(base, numbers, texts, row), rows.size());
        }
        Counts counts = new Counts();
        counts.classes = base.kind > 1 ? 0 : 2 + random.nextInt(3);
        counts.denominator = random.nextInt(100);
        int width = WIDTHS[base.kind] == 0 ? counts.classes : WIDTHS[base.kind];
        ByteBuffer bytes =
                ByteBuffer.allocate(Integer.BYTES * width * rows.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; bytes.hasRemaining(); i++) {
            if (width == 2 && base.kind > 1 && i % 2 == 0) {
                bytes.putFloat((float) random.nextGaussian());
            } else {
                bytes.putInt(random.nextInt(20) == 0 ? (1 << 24) + random.nextInt(10) : random.nextInt(30));
            }
        }
        counts.numbers = bytes.array();
        counts.hashes = new long[Math.max(2, Integer.highestOneBit(2 * rows.size() - 1) << 1)];
        counts.rows = new int[counts.hashes.length];
        Arrays.fill(counts.hashes, EMPTY);
        rows.forEach((hash, row) -> {
            int at = (int) (hash & (counts.hashes.length - 1));
            while (counts.hashes[at] != EMPTY) {
                at = (at + 1) % counts.hashes.length;
            }
            counts.hashes[at] = hash;
            counts.rows[at] = row;
        });
        return counts;
    }

    private long hash(Base base, double[][] numbers, String[][] texts, int row) {
        long hash = 0;
        for (int text : base.texts) {
            hash = FACTOR * (hash + FACTOR * TextHash.CITY.of(texts[text][row]));
        }
        for (long pair : base.above) {
            boolean isAbove = (float) numbers[(int) pair][row] > Float.intBitsToFloat((int) (pair >>> Integer.SIZE));
            hash = FACTOR * (hash + FACTOR * (isAbove ? 1 : 0));
        }
        for (long pair : base.values) {
            int value = TextHash.CITY.of(texts[(int) pair][row]);
            hash = FACTOR * (hash + FACTOR * (value == (int) (pair >>> Integer.SIZE) ? 1 : 0));
        }
        return hash;
    }

    /// Random texts of each categorical feature.
    String[][] texts(int rows) {
        String[][] texts = new String[flat.length][rows];
        for (String[] column : texts) {
            Arrays.setAll(column, row -> text());
        }
        return texts;
    }

    private String text() {
        int number = random.nextInt(6);
        return switch (random.nextInt(4)) {
            case 0 -> Integer.toString(number - 1);
            case 1 -> "Größe " + number;
            default -> "x".repeat(number) + number;
        };
    }

    void addTo(Table trees) {
        if (flat.length == 0) {
            return;
        }
        List<Table> features = new ArrayList<>();
        List<Table> asked = new ArrayList<>();
        for (int i = 0; i < flat.length; i++) {
            Table feature = new Table().with(0, i).with(1, flat[i]).with(2, "t" + i);
            if (!isUsed[i]) {
                feature.with(3, (byte) 0);
            }
            features.add(feature);
            if (!values.get(i).isEmpty()) {
                asked.add(new Table()
                        .with(0, i)
                        .with(
                                1,
                                values.get(i).stream()
                                        .mapToInt(Integer::intValue)
                                        .toArray()));
            }
        }
        trees.with(4, features).with(6, asked).with(7, statistics);
    }

    /// The part of the file with the tables; empty if there are none.
    byte[] part() {
        if (tables.isEmpty()) {
            return new byte[0];
        }
        List<byte[]> documents = new ArrayList<>();
        tables.forEach((base, counts) -> documents.add(document(base, counts)));
        int size = documents.stream()
                .mapToInt(document -> Integer.BYTES + document.length)
                .sum();
        ByteBuffer part = ByteBuffer.allocate(Integer.BYTES + size)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(documents.size());
        documents.forEach(document -> part.putInt(document.length).put(document));
        return part.array();
    }

    private static byte[] document(Base base, Counts counts) {
        ByteBuffer buckets = ByteBuffer.allocate(12 * counts.hashes.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < counts.hashes.length; i++) {
            buckets.putLong(counts.hashes[i]).putInt(counts.rows[i]);
        }
        return FlatbufferWriter.document(new Table()
                .with(0, base.table())
                .with(1, buckets.array())
                .with(2, counts.numbers)
                .with(3, counts.denominator)
                .with(4, counts.classes));
    }
}
