package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// The result of a step as the text of [StepReply.Part]s.
final class StepResult {

    /// The characters of a part: less than a message permits, so that a plan does not hold up other messages.
    static final int PART = 128 * 1024;

    private StepResult() {}

    /// @param at when the step ended
    /// @throws IllegalArgumentException if it is not the outcome of a step that another node can do
    static List<String> parts(CoordinatorMessage.TaskOutcome outcome, Instant at) {
        String text = switch (outcome) {
            case CoordinatorMessage.PlanCompleted plan -> text(plan, at);
            case CoordinatorMessage.InputUnchanged unchanged -> "";
            default -> throw new IllegalArgumentException("not the result of a step: " + outcome);
        };
        List<String> parts = new ArrayList<>();
        for (int start = 0; start < text.length() || parts.isEmpty(); start += PART) {
            parts.add(text.substring(start, Math.min(text.length(), start + PART)));
        }
        return parts;
    }

    private static String text(CoordinatorMessage.PlanCompleted plan, Instant at) {
        List<SourceFile> files = plan.files().stream().map(InspectedFile::file).toList();
        byte[] event =
                EventCodec.encode(new BatchEvent.Planned(at, files, plan.partitions(), plan.input(), plan.cuts()));
        return Base64.getEncoder().encodeToString(event);
    }

    /// The outcome that [#parts] have told. Blocks no longer than decoding takes.
    ///
    /// @param text of all parts
    /// @throws RuntimeException if it is not the result of a step
    static CoordinatorMessage.StepOutcome outcome(String text) {
        if (text.isEmpty()) {
            return new CoordinatorMessage.InputUnchanged();
        }
        return switch (EventCodec.decode(Base64.getDecoder().decode(text))) {
            case BatchEvent.Planned planned -> {
                // Fails here if the files have other rows than the partitions.
                planned.partitions().index(planned.files(), planned.cuts());
                List<InspectedFile> files = planned.files().stream()
                        .map(file -> new InspectedFile(file, List.of()))
                        .toList();
                String input = planned.input() == null ? SourcePins.identity(files) : planned.input();
                yield new CoordinatorMessage.PlanCompleted(files, planned.partitions(), input, planned.cuts());
            }
            case BatchEvent other -> throw new IllegalArgumentException("not the result of a step: " + other);
        };
    }
}
