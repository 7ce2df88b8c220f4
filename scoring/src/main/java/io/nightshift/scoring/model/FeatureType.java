package io.nightshift.scoring.model;

import java.util.List;
import java.util.stream.IntStream;

/// The domain of a model's feature.
public sealed interface FeatureType {

    /// A number.
    ///
    /// @param precision the precision to which the model rounds a value before it compares it
    record Numeric(Precision precision) implements FeatureType {}

    /// A text. A scorer takes the position of the text among the levels, from 0.
    ///
    /// @param levels the texts that the model knows, in the model's order; at least one
    /// @param open whether the model also has an answer for any other text, for which a scorer takes [#OTHER]
    record Nominal(List<String> levels, boolean open) implements FeatureType {

        /// The number that stands for a text that is none of the levels.
        public static final int OTHER = -1;

        public Nominal {
            levels = List.copyOf(levels);
            if (levels.isEmpty()) {
                throw new IllegalArgumentException("a nominal feature has levels");
            }
        }

        /// One of a closed set of texts.
        public Nominal(List<String> levels) {
            this(levels, false);
        }
    }

    /// One of a set of categories, each of which a whole number stands for: its code. A scorer takes the code, as
    /// the library that trained the model did.
    ///
    /// @param precision the precision to which the model rounds a code
    /// @param codes the codes of the categories that the model knows, ascending; empty if the model file does
    ///     not list them
    /// @param names the categories in the order of their codes; empty if the model file does not name them
    record Categorical(Precision precision, List<Integer> codes, List<String> names) implements FeatureType {
        public Categorical {
            codes = List.copyOf(codes);
            names = List.copyOf(names);
            if (!names.isEmpty() && names.size() != codes.size()) {
                throw new IllegalArgumentException("%d names of %d categories".formatted(names.size(), codes.size()));
            }
            for (int i = 0; i < codes.size(); i++) {
                if (codes.get(i) < 0 || (i > 0 && codes.get(i) <= codes.get(i - 1))) {
                    throw new IllegalArgumentException("the codes of categories ascend from 0 or more");
                }
            }
        }

        /// Named categories with the codes 0, 1, 2, ….
        public static Categorical named(Precision precision, List<String> names) {
            return new Categorical(
                    precision, IntStream.range(0, names.size()).boxed().toList(), names);
        }
    }

    /// Any text. A scorer takes the text's hash, by which the model knows the texts that it was trained with.
    ///
    /// @param hash the function
    record Hashed(TextHash hash) implements FeatureType {}

    /// Any text, of which the model reads the words or characters. A scorer takes the number of the text in the
    /// [TextTable] that the scorer was made for.
    record Text() implements FeatureType {}

    /// The precision of numbers.
    enum Precision {
        /// Single precision: 32 bits.
        FLOAT32,
        /// Double precision: 64 bits.
        FLOAT64
    }
}
