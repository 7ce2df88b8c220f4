package io.nightshift.delta;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.engine.ExpressionHandler;
import io.delta.kernel.expressions.Expression;
import io.delta.kernel.expressions.ExpressionEvaluator;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.expressions.PredicateEvaluator;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StructType;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// The expressions that the kernel evaluates when it reads a log: literals. It has others only for queries
/// with filters, which Nightshift does not make.
enum Literals implements ExpressionHandler {
    /// The only one.
    INSTANCE;

    @Override
    public ExpressionEvaluator getEvaluator(StructType schema, Expression expression, DataType type) {
        if (!(expression instanceof Literal literal)) {
            throw new UnsupportedOperationException("only literals are evaluated, not " + expression);
        }
        return new ExpressionEvaluator() {
            @Override
            public ColumnVector eval(ColumnarBatch batch) {
                return VectorUtils.buildColumnVector(Collections.nCopies(batch.getSize(), literal.getValue()), type);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public PredicateEvaluator getPredicateEvaluator(StructType schema, Predicate predicate) {
        throw new UnsupportedOperationException("filters are not evaluated: " + predicate);
    }

    @Override
    public ColumnVector createSelectionVector(boolean[] values, int from, int to) {
        List<Boolean> selected =
                IntStream.range(from, to).mapToObj(i -> values[i]).toList();
        return VectorUtils.buildColumnVector(selected, BooleanType.BOOLEAN);
    }
}
