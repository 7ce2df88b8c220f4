package io.nightshift.cli.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.storage.comparison.OutputComparison;
import io.nightshift.storage.comparison.OutputDifference.Distribution;
import java.util.List;

/// The JSON of the values of a column, for the commands that compare predictions.
public final class DistributionJson {

    private DistributionJson() {}

    /// Writes the values of a column.
    ///
    /// @param node to add them to
    public static void put(ObjectNode node, Distribution values) {
        node.put("missing", values.missing());
        switch (values) {
            case Distribution.Numbers numbers -> {
                node.put("not_finite", numbers.notFinite());
                node.put("mean", numbers.mean());
                node.put("deviation", numbers.deviation());
                node.put("least", numbers.least());
                ObjectNode quantiles = node.putObject("quantiles");
                List<Double> estimates = numbers.quantiles();
                for (int i = 0; estimates != null && i < estimates.size(); i++) {
                    quantiles.put(String.valueOf(OutputComparison.QUANTILES.get(i)), estimates.get(i));
                }
                node.put("greatest", numbers.greatest());
            }
            case Distribution.Values frequent -> {
                ObjectNode counts = node.putObject("frequent");
                frequent.frequent().forEach(counts::put);
            }
        }
    }
}
