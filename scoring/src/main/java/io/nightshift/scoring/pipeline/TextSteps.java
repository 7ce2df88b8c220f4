package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import io.nightshift.scoring.text.CharacterFolding;
import io.nightshift.scoring.text.CharacterFolding.Accents;
import io.nightshift.scoring.text.CharacterFolding.Characters;
import io.nightshift.scoring.text.CodePointSet;
import io.nightshift.scoring.text.MurmurHash;
import io.nightshift.scoring.text.NgramSink;
import io.nightshift.scoring.text.TextAnalyzer;
import io.nightshift.scoring.text.TextRules;
import io.nightshift.scoring.text.TextRules.Unit;
import io.nightshift.scoring.text.Vocabulary;
import java.util.Arrays;
import java.util.List;

/// Steps that count the words or n-grams of texts. Each reads a column of texts and appends one column with
/// [SparseRows].
final class TextSteps {

    /// The most n-grams of a text: so many that a column has.
    static final int MOST_NGRAMS = 1 << 20;

    private TextSteps() {}

    /// The number of times that each text of the `vocabulary` is among the n-grams, in the order of the vocabulary.
    static PreparedStep counts(PipelineStep step) {
        Vocabulary vocabulary = new Vocabulary(step.texts("vocabulary"));
        return new Counting(step, vocabulary.size()) {
            @Override
            Finder finder() {
                return vocabulary::find;
            }

            @Override
            public long heapBytes() {
                return vocabulary.heapBytes();
            }
        };
    }

    /// The number of n-grams whose hash belongs to each of some `columns`. With `signed` above 0, the sign of its
    /// hash is the sign of an n-gram.
    static PreparedStep hashes(PipelineStep step) {
        int width = SparseStep.integer(step, "columns", 1, SparseStep.MOST_COLUMNS);
        boolean isSigned = SparseStep.optional(step, "signed", 1) == 1;
        return new Counting(step, width) {
            @Override
            Finder finder() {
                MurmurHash murmur = new MurmurHash();
                return (chars, from, to) -> {
                    int hash = murmur.of(chars, from, to);
                    // The library's own result for the number that has no opposite.
                    int column = hash == Integer.MIN_VALUE
                            ? (Integer.MAX_VALUE - (width - 1)) % width
                            : Math.abs(hash) % width;
                    return isSigned && hash < 0 ? column | NEGATIVE : column;
                };
            }
        };
    }

    /// The bit of a column that says that the n-gram counts as -1.
    private static final int NEGATIVE = 1 << 30;

    /// The column of an n-gram, with [#NEGATIVE]; -1 if it has none.
    @FunctionalInterface
    private interface Finder {
        int of(char[] chars, int from, int to);
    }

    private abstract static class Counting extends SparseStep {

        private final TextRules rules;
        private final boolean isBinary;
        private final String name;

        Counting(PipelineStep step, int width) {
            super(step, new int[1], width);
            if (width == 0) {
                throw new IllegalArgumentException(step.called() + " has an empty vocabulary");
            }
            this.rules = rules(step);
            this.isBinary = optional(step, "binary", 1) == 1;
            this.name = step.name();
        }

        private static TextRules rules(PipelineStep step) {
            int[] sizes = step.integers("ngrams", 2, 1, TextRules.MOST_UNITS);
            CharacterFolding folding = new CharacterFolding(
                    optional(step, "lowercase", 1) == 1,
                    Accents.values()[optional(step, "accents", Accents.values().length - 1)],
                    new Characters(
                            set(step, "unassigned"), set(step, "cased"), set(step, "ignored"), set(step, "combining")));
            return new TextRules(
                    Unit.values()[optional(step, "analyzer", Unit.values().length - 1)],
                    sizes[0],
                    sizes[1],
                    folding,
                    set(step, "token"),
                    step.has("shortest") ? integer(step, "shortest", 1, TextRules.MOST_UNITS) : 1,
                    new Vocabulary(step.hasTexts("stop-words") ? step.texts("stop-words") : List.of()));
        }

        private static CodePointSet set(PipelineStep step, String parameter) {
            if (!step.has(parameter)) {
                return new CodePointSet();
            }
            int count = step.numbers(parameter).length;
            return new CodePointSet(step.integers(parameter, count, 0, Character.MAX_CODE_POINT + 1));
        }

        abstract Finder finder();

        @Override
        public StepOperator operator(Columns columns) {
            Counter counter = new Counter(finder());
            TextAnalyzer analyzer = new TextAnalyzer(rules, counter);
            TextTable texts = columns.texts();
            SparseRows found = columns.filled();
            return (inputs, rows, outputs) -> {
                found.clear();
                for (int row = 0; row < rows; row++) {
                    try {
                        counter.size = 0;
                        analyzer.analyze(texts.get(inputs[0][row]));
                    } catch (IllegalStateException failed) {
                        throw new IllegalStateException(name + ": " + failed.getMessage(), failed);
                    }
                    counter.addTo(found, isBinary);
                    found.endRow();
                }
            };
        }
    }

    /// The columns of the n-grams of a text.
    private static final class Counter implements NgramSink {

        private final Finder finder;
        private int[] found = new int[256];
        private int size;

        Counter(Finder finder) {
            this.finder = finder;
        }

        @Override
        public void accept(char[] chars, int from, int to) {
            int column = finder.of(chars, from, to);
            if (column < 0) {
                return;
            }
            if (size == found.length) {
                if (size == MOST_NGRAMS) {
                    throw new IllegalStateException(
                            "the text has more than %,d n-grams of the vocabulary".formatted(MOST_NGRAMS));
                }
                found = Arrays.copyOf(found, 2 * size);
            }
            // The sign is the lowest bit, so that sorting brings a column's n-grams together.
            found[size++] = (column & ~NEGATIVE) << 1 | (column & NEGATIVE) >>> 30;
        }

        /// Adds the columns in ascending order with their sums, which may be 0 where hashes have signs.
        void addTo(SparseRows rows, boolean isBinary) {
            Arrays.sort(found, 0, size);
            for (int i = 0; i < size; ) {
                int column = found[i] >>> 1;
                int sum = 0;
                for (; i < size && found[i] >>> 1 == column; i++) {
                    sum += 1 - 2 * (found[i] & 1);
                }
                rows.add(column, isBinary ? 1 : sum);
            }
        }
    }
}
