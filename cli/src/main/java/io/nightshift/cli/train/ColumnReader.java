package io.nightshift.cli.train;

import io.nightshift.scoring.training.TrainingColumn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;

/// Gathers one column of a result, row by row.
sealed interface ColumnReader {

    void read(ResultSet result, int column, int row) throws SQLException;

    TrainingColumn column();

    /// Numbers.
    final class Numbers implements ColumnReader {
        private final String name;
        private final double[] values;

        Numbers(String name, int rows) {
            this.name = name;
            this.values = new double[rows];
        }

        @Override
        public void read(ResultSet result, int column, int row) throws SQLException {
            values[row] = result.getDouble(column);
        }

        @Override
        public TrainingColumn column() {
            return new TrainingColumn.Numbers(name, values);
        }
    }

    /// Texts of known levels.
    final class Texts implements ColumnReader {
        private final String name;
        private final List<String> levels;
        private final int[] positions;

        Texts(String name, List<String> levels, int rows) {
            this.name = name;
            this.levels = levels;
            this.positions = new int[rows];
        }

        @Override
        public void read(ResultSet result, int column, int row) throws SQLException {
            positions[row] = Math.max(-1, Collections.binarySearch(levels, result.getString(column)));
        }

        @Override
        public TrainingColumn column() {
            return new TrainingColumn.Categories(name, levels, positions);
        }
    }
}
