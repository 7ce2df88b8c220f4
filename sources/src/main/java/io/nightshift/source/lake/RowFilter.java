package io.nightshift.source.lake;

import java.util.List;

/// A condition over columns of a table, in a form that each kind of table can translate.
public sealed interface RowFilter {

    /// All parts hold.
    record And(List<RowFilter> parts) implements RowFilter {
        public And {
            parts = List.copyOf(parts);
        }
    }

    /// At least one part holds.
    record Or(List<RowFilter> parts) implements RowFilter {
        public Or {
            parts = List.copyOf(parts);
        }
    }

    /// A comparison with a constant.
    record Comparison(String column, Operator operator, Constant constant) implements RowFilter {}

    /// The value is one of several constants.
    record In(String column, List<Constant> constants) implements RowFilter {
        public In {
            constants = List.copyOf(constants);
        }
    }

    /// The value is NULL, or is not.
    record Null(String column, boolean isNull) implements RowFilter {}

    /// How a column is compared with a constant, which is on the right.
    enum Operator {
        EQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL
    }

    /// The kind of a constant as it is written in SQL. A text becomes a value of the column's type.
    enum Kind {
        INTEGER,
        TEXT,
        DATE,
        TIMESTAMP
    }

    /// A constant.
    record Constant(Kind kind, String text) {}
}
