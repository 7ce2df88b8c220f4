"""The values and the bounds of columns with sparse rows."""

import numpy
from scipy import sparse

EPSILON = float(numpy.finfo(float).eps)


class SparseBounds:
    """`rows` has for each column with sparse rows its matrix and the errors of its values, which have the same places."""

    def keep(self, step, matrix, errors):
        self.rows[step.first] = matrix, errors
        nothing = numpy.full((matrix.shape[0], 1), numpy.nan)
        return nothing, numpy.zeros(nothing.shape)

    def text_counts(self, x, e, step):
        documents = self.graph.columns[step.inputs[0]].feature.documents
        matrix = sparse.csr_matrix(step.evaluate([documents[int(number)] for number in x[:, 0]]))
        return self.keep(step, matrix, numpy.zeros(matrix.data.shape))

    text_hashes = text_counts

    def sparse_scale(self, x, e, step):
        matrix, errors = self.rows[step.inputs[0]]
        data, errors = matrix.data.copy(), errors.copy()
        numbers = step.numbers
        if "above" in numbers:
            limit = numbers["above"][0]
            near = (errors > 0) & (numpy.abs(data - limit) <= errors)
            self.unstable |= numpy.bincount(rows_of(matrix)[near], minlength=matrix.shape[0]) > 0
            data, errors = (data > limit).astype(float), numpy.zeros(data.shape)
        if "log" in numbers:
            data = numpy.log(data) + 1
            errors = errors + 8 * EPSILON * numpy.abs(data)
        if "multiply" in numbers:
            factors = numpy.array(numbers["multiply"])[matrix.indices]
            data = data * factors
            errors = errors * numpy.abs(factors)
            if "single" in numbers:
                data, errors = rounded(data, errors)  # Products of such numbers are exact in double precision.
            else:
                errors = errors + 4 * EPSILON * numpy.abs(data)
        if "norm" in numbers:
            data, errors = self.normalized(matrix, data, errors, int(numbers["norm"][0]), "single" in numbers)
        return self.keep(step, sparse.csr_matrix((data, matrix.indices, matrix.indptr), matrix.shape), errors)

    @staticmethod
    def normalized(matrix, data, errors, norm, single):
        row, count = rows_of(matrix), matrix.shape[0]
        if norm == 0:
            lengths = numpy.zeros(count)
            numpy.maximum.at(lengths, row, numpy.abs(data))
        else:
            weights = numpy.abs(data) if norm == 1 else data * data
            weights = rounded(weights, 0 * weights)[0] if single else weights
            lengths = numpy.bincount(row, weights, minlength=count)
            lengths = numpy.sqrt(lengths) if norm == 2 else lengths
        lengths = numpy.where(lengths == 0, 1, lengths)
        terms = numpy.diff(matrix.indptr)
        moved = numpy.bincount(row, errors, minlength=count)
        found = data / lengths[row]
        rounding = (terms[row] + 4) * EPSILON * numpy.abs(found)
        errors = rounding + (errors + numpy.abs(found) * moved[row]) / lengths[row]
        return rounded(found, errors) if single else (found, errors)

    def sparse_select(self, x, e, step):
        matrix, errors = self.chosen(step)
        return self.keep(step, matrix, errors.data)

    def sparse_dense(self, x, e, step):
        matrix, errors = self.chosen(step)
        return matrix.toarray(), errors.toarray()

    def chosen(self, step):
        matrix, errors = self.rows[step.inputs[0]]
        columns = numpy.array(step.numbers["columns"], dtype=int)
        # Zeros of one matrix are kept, because the other has its values at the same places.
        places = sparse.csr_matrix((errors, matrix.indices, matrix.indptr), matrix.shape)
        return matrix[:, columns], places[:, columns]

    def sparse_linear(self, x, e, step):
        weights = numpy.array(step.numbers["weights"]).reshape(step.outputs, -1).T
        intercepts = numpy.array(step.numbers["intercepts"])
        sums = numpy.zeros((len(x), step.outputs))
        terms, moved = sums + numpy.abs(intercepts), sums.copy()
        count = numpy.zeros(len(x))
        start = 0
        for i, (number, width) in enumerate(zip(step.inputs, step.numbers["widths"])):
            own = weights[start : start + max(1, int(width))]
            start += len(own)
            if width:
                matrix, errors = self.rows[number]
                places = sparse.csr_matrix((errors, matrix.indices, matrix.indptr), matrix.shape)
                sums += matrix @ own
                terms += abs(matrix) @ numpy.abs(own)
                moved += places @ numpy.abs(own)
                count += numpy.diff(matrix.indptr)
            else:
                sums += x[:, [i]] * own
                terms += numpy.abs(x[:, [i]] * own)
                moved += e[:, [i]] * numpy.abs(own)
                count += 1
        return sums + intercepts, (count + 2)[:, None] * EPSILON * terms + moved


def rounded(data, errors):
    """The values in single precision. Errors stay where they can lead to another one."""
    found, low, high = (each.astype(numpy.float32).astype(float) for each in (data, data - errors, data + errors))
    return found, numpy.maximum(high - found, found - low)


def rows_of(matrix):
    """The row of each value."""
    return numpy.repeat(numpy.arange(matrix.shape[0]), numpy.diff(matrix.indptr))
