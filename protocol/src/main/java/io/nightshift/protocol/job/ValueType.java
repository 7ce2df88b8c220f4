package io.nightshift.protocol.job;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The values that a key of a job file may have. [JobCheck] reads them.
sealed interface ValueType {

    /// In words, after "expected".
    String expectation();

    /// The section that a key may hold; null if it holds none.
    static @Nullable Section sectionOf(ValueType type) {
        return switch (type) {
            case Section section -> section;
            case SectionOr either -> either.section();
            default -> null;
        };
    }

    /// A section: keys, each with a value.
    ///
    /// @param kinds the keys of which exactly one is given; empty if there is no such choice
    /// @param written the keys in the order in which [JobText] writes them
    record Section(List<JobKey> keys, List<String> kinds, List<JobKey> written) implements ValueType {

        /// Whether a file without the section has the defaults of its keys.
        boolean hasDefaults() {
            return kinds.isEmpty() && keys.stream().noneMatch(JobKey::required);
        }

        Section(List<JobKey> keys, List<String> kinds) {
            this(keys, kinds, keys);
        }

        Section(List<JobKey> keys) {
            this(keys, List.of());
        }

        /// The same section with a key that is written elsewhere, as an earlier version did.
        ///
        /// @param before the key before which it is written; null for the end
        Section writing(String name, @Nullable String before) {
            return new Section(keys, kinds, moved(written, name, before));
        }

        /// The keys with one of them at another place.
        ///
        /// @param before the key before which it is; null for the end
        private static List<JobKey> moved(List<JobKey> keys, String name, @Nullable String before) {
            JobKey key = keys.stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            List<JobKey> others = new ArrayList<>(keys);
            others.remove(key);
            int at = others.stream().map(JobKey::name).toList().indexOf(before);
            others.add(at < 0 ? others.size() : at, key);
            return others;
        }

        /// A section of which exactly one key is given.
        static Section choice(List<JobKey> keys) {
            return new Section(keys, keys.stream().map(JobKey::name).toList());
        }

        /// Whether the section is nothing but a choice between its keys.
        boolean choice() {
            return kinds.size() == keys.size();
        }

        @Override
        public String expectation() {
            return kinds.isEmpty()
                    ? "a map with the keys " + String.join(", ", names())
                    : "a map with one of the keys " + String.join(", ", kinds);
        }

        /// The values of the keys that an owner has, by their names, as [JobText] writes them.
        Map<String, Object> values(Object owner) {
            Map<String, Object> values = new LinkedHashMap<>();
            for (JobKey key : written) {
                if (key.value().apply(owner) instanceof Object value && !JobText.isEmpty(value)) {
                    values.put(key.name(), value);
                }
            }
            return values;
        }

        List<String> names() {
            return keys.stream().map(JobKey::name).toList();
        }

        @Nullable
        JobKey key(String name) {
            return keys.stream()
                    .filter(key -> key.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }
    }

    /// A section, or a value of one of its keys, which stands for a section with this key alone.
    ///
    /// @param key of the section, required
    record SectionOr(String key, Section section) implements ValueType {

        JobKey only() {
            return Objects.requireNonNull(section.key(key));
        }

        @Override
        public String expectation() {
            return only().type().expectation() + ", or " + section.expectation();
        }
    }

    record Text(Form form) implements ValueType {
        @Override
        public String expectation() {
            return form.expectation;
        }
    }

    /// No text twice.
    ///
    /// @param least the smallest length
    /// @param orOne whether a text by itself stands for a list of it alone
    record Texts(Form form, int least, boolean orOne) implements ValueType {
        @Override
        public String expectation() {
            String list = (least == 0 ? "a list" : "a list of one or more") + ", each " + form.expectation;
            return orOne ? form.expectation + ", or a list of one or more" : list;
        }
    }

    /// A list of lists, none of them empty.
    record TextLists(Form form) implements ValueType {
        @Override
        public String expectation() {
            return "a list of lists, each of one or more, each " + form.expectation;
        }
    }

    /// A map of the file's own names to expressions. A number or a boolean is an expression too.
    record Expressions() implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to SQL expressions";
        }
    }

    /// Columns, each by its own name or by a new one, and none twice.
    ///
    /// @param least the smallest number
    record Renames(int least) implements ValueType {
        @Override
        public String expectation() {
            return "a column name, a list of column names, or a map of names to column names";
        }
    }

    /// A list of sections, each with the keys of [Lookup#KEYS].
    record Lookups() implements ValueType {
        @Override
        public String expectation() {
            return "a list of maps, each with one of the keys " + String.join(", ", Lookup.KEYS.kinds()) + ", and on";
        }
    }

    /// A list of two or more sections, each of which chooses a destination.
    record Members() implements ValueType {

        /// The keys that each section may have.
        static Section section() {
            return Section.choice(Kinds.MEMBERS.stream().map(Kind::key).toList());
        }

        @Override
        public String expectation() {
            return "a list of two or more maps, each with one of the keys "
                    + String.join(", ", section().kinds());
        }
    }

    /// A map of the file's own names to types of columns.
    ///
    /// @param nested whether a column may have parts
    record ColumnTypes(boolean nested) implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to types";
        }
    }

    /// A map of features to lists, each of one or more texts and none twice. A number or a boolean is a text
    /// too.
    record CategoryLists() implements ValueType {
        @Override
        public String expectation() {
            return "a map of features to lists of categories";
        }
    }

    /// A map of the file's own names to types, or to a type with a default.
    record ParameterList() implements ValueType {
        @Override
        public String expectation() {
            return "a map of names to " + JobParameters.types().replaceFirst("^one of the ", "");
        }
    }

    /// A map of parameters to templates of their values, which may contain placeholders of times.
    record Templates() implements ValueType {
        @Override
        public String expectation() {
            return "a map of parameters to values";
        }
    }

    /// A list of maps with the keys `on` and `to`.
    record AlertRules() implements ValueType {
        @Override
        public String expectation() {
            return "a list of maps with the keys on and to";
        }
    }

    /// A map of columns to limits: a share of the rows, an index, or a range of values.
    ///
    /// @param limit the type of each limit; null for ranges
    record ColumnLimits(@Nullable ValueType limit) implements ValueType {

        boolean ranges() {
            return limit == null;
        }

        /// The keys of a column that does not use the short form.
        Section section() {
            JobKey onFail = JobKey.optional("on-fail", CheckKeys.ON_FAIL, "", "");
            return limit == null
                    ? new Section(List.of(
                            JobKey.optional("min", new Decimal(), "", ""),
                            JobKey.optional("max", new Decimal(), "", ""),
                            JobKey.optional("max-rate", new Share(), "", "").or(0.0),
                            onFail))
                    : new Section(List.of(JobKey.required("max", limit, "", ""), onFail));
        }

        String expectationOfColumn() {
            return limit == null
                    ? "two numbers such as [0, 120], the smaller one first, or "
                            + section().expectation()
                    : limit.expectation() + ", or " + section().expectation();
        }

        @Override
        public String expectation() {
            return limit == null
                    ? "a map of columns to ranges"
                    : "a map of columns to " + (limit instanceof Share ? "shares" : "numbers");
        }
    }

    /// A map of classes to texts. A number or a boolean is a class too.
    record Labels() implements ValueType {
        @Override
        public String expectation() {
            return "a map of classes to texts";
        }
    }

    /// A map of columns to thresholds, or to sections.
    record Decisions() implements ValueType {

        /// The keys of a column that names more than its threshold.
        static final Section SECTION = new Section(List.of(
                JobKey.required("threshold", new Decimal(), "", "")
                        .from(OutputDecision.class, OutputDecision::threshold),
                JobKey.optional("class", new Text(Form.BOUND), "", "")
                        .from(OutputDecision.class, OutputDecision::ofClass),
                JobKey.optional("by", new Text(Form.COLUMN), "", "")
                        .with("thresholds")
                        .from(OutputDecision.class, OutputDecision::segment),
                JobKey.optional("thresholds", new Thresholds(), "", "")
                        .with("by")
                        .from(OutputDecision.class, OutputDecision::thresholds)));

        @Override
        public String expectation() {
            return "a map of column names to thresholds";
        }
    }

    /// A map of one or more values of a column to numbers.
    record Thresholds() implements ValueType {
        @Override
        public String expectation() {
            return "a map of one or more segments to numbers";
        }
    }

    /// A map of columns to values, or to a value by the name of its type.
    record Constants() implements ValueType {

        static final String VALUE =
                "a text in one line, a number, true, false, or a map of one of the types text, integer, number, boolean, date, timestamp to a value";

        @Override
        public String expectation() {
            return "a map of column names to values";
        }
    }

    /// A map of columns to their new names.
    record NewNames() implements ValueType {
        @Override
        public String expectation() {
            return "a map of column names to new names";
        }
    }

    /// A finite number.
    record Decimal() implements ValueType {
        @Override
        public String expectation() {
            return "a number";
        }
    }

    /// A population stability index: a finite number, 0 or more.
    record Index() implements ValueType {
        @Override
        public String expectation() {
            return "a number, 0 or more";
        }
    }

    record Flag() implements ValueType {
        @Override
        public String expectation() {
            return "true or false";
        }
    }

    /// One of a few texts.
    record Choice(List<String> texts) implements ValueType {
        @Override
        public String expectation() {
            return String.join(" or ", texts);
        }
    }

    record Whole(long least, long most) implements ValueType {
        @Override
        public String expectation() {
            return most == Long.MAX_VALUE
                    ? "a whole number, " + least + " or more"
                    : "a whole number from " + least + " to " + most;
        }
    }

    /// A number from 0 to 1, or a text in per cent.
    record Share() implements ValueType {
        static final String PER_CENT = "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]{1,9})?)%$";

        @Override
        public String expectation() {
            return "a share from 0 to 1, or from 0% to 100%";
        }
    }

    /// A number of threads, or a share of them in per cent.
    record Threads() implements ValueType {
        static final int MOST = 1_000_000;
        static final String PER_CENT = "^(100|[1-9][0-9]?)%$";

        @Override
        public String expectation() {
            return "a number of threads, 1 or more, or a share of them from 1% to 100%";
        }
    }

    /// A duration: a whole number and a unit.
    record Time() implements ValueType {
        static final String PATTERN = "^[0-9]{1,6}[smhd]$";

        @Override
        public String expectation() {
            return "a time such as 90s, 15m, 2h or 1d (at most six digits and a unit)";
        }
    }
}
