package io.nightshift.source;

import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import java.util.ArrayList;
import java.util.List;

/// A column of the predictions that comes from the model.
///
/// @param name its name unless the job renames it
/// @param content what it holds
/// @param output the position of its values among those that scoring gives for a row: the model's outputs, its
///     margins, the positions of the most probable classes, and their probabilities
public record ModelColumn(String name, Content content, int output) {

    /// The content of a column.
    public enum Content {
        /// The predicted number, or the predicted class.
        PREDICTION,
        /// The probability of a class.
        PROBABILITY,
        /// A margin.
        MARGIN,
        /// One of the most probable classes.
        CLASS,
        /// The probability of one of these.
        SCORE
    }

    /// The columns of a job's output that come from its model.
    public static List<ModelColumn> of(Job.Output output, ModelDescription model) {
        List<ModelColumn> columns = new ArrayList<>();
        columns.add(new ModelColumn("prediction", Content.PREDICTION, 0));
        for (int k = 1; k < model.outputs(); k++) {
            String name = model.task() == Task.BINARY ? "probability" : "probability_" + (k - 1);
            columns.add(new ModelColumn(name, Content.PROBABILITY, k));
        }
        int next = model.outputs();
        int margins = output.margin() ? model.margins() : 0;
        for (int k = 0; k < margins; k++) {
            columns.add(new ModelColumn(margins == 1 ? "margin" : "margin_" + k, Content.MARGIN, next++));
        }
        for (int k = 0; k < output.topClasses(); k++) {
            columns.add(new ModelColumn("class_" + (k + 1), Content.CLASS, next + k));
            columns.add(new ModelColumn("score_" + (k + 1), Content.SCORE, next + output.topClasses() + k));
        }
        return columns;
    }
}
