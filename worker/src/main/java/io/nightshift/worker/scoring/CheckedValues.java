package io.nightshift.worker.scoring;

import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.CheckedColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where the score function finds the values that the checks of a job count. A column that is also a feature is
/// not read twice.
///
/// @param positions for each check that counts values, the position of its column among the function's arguments:
///     the features, and then the columns that only checks need
/// @param own for each of the columns that only checks need, the position of a check of it in [BoundJob#checked()]
public record CheckedValues(List<Integer> positions, List<Integer> own) {

    /// @param groups the job, bound to each group of columns that the attempt reads; at least one
    public static CheckedValues of(List<BoundJob> groups) {
        BoundJob first = groups.getFirst();
        List<Integer> positions = new ArrayList<>();
        Map<String, Integer> own = new LinkedHashMap<>();
        for (int i = 0; i < first.checked().size(); i++) {
            int check = i;
            CheckedColumn checked = first.checked().get(check);
            boolean isFeature = checked.feature() >= 0
                    && groups.stream()
                            .allMatch(group -> group.checked().get(check).feature() == checked.feature());
            if (!isFeature) {
                own.putIfAbsent(checked.source().name(), check);
            }
            positions.add(
                    isFeature
                            ? checked.feature()
                            : first.features().size()
                                    + List.copyOf(own.keySet())
                                            .indexOf(checked.source().name()));
        }
        return new CheckedValues(positions, List.copyOf(own.values()));
    }
}
