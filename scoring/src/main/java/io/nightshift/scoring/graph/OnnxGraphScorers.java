package io.nightshift.scoring.graph;

import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.Scorer;

/// Scorers of a [GraphForm] that share one session of ONNX Runtime.
public final class OnnxGraphScorers implements ScorerFactory {

    private final GraphForm form;
    private final OnnxGraphSession session;

    /// Opens a session.
    ///
    /// @param form the graph and the meaning of its inputs and outputs
    /// @throws IllegalArgumentException if ONNX Runtime is missing, or refuses the graph
    public OnnxGraphScorers(GraphForm form) {
        this.form = form;
        this.session = OnnxLibrary.open(form.toBytes());
    }

    @Override
    public Scorer scorer() {
        return new OnnxGraphScorer(form, session);
    }

    @Override
    public String kernel() {
        return "ONNX Runtime " + session.version() + ", " + form.block()
                + " rows at a time on one thread, since the graph is more than one tree ensemble";
    }

    /// ONNX Runtime's copies of the graph, which it holds outside the heap.
    @Override
    public long heapBytes() {
        return 2 * form.heapBytes();
    }
}
