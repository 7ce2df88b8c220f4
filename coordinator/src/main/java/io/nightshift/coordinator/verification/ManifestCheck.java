package io.nightshift.coordinator.verification;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.destination.Check;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Manifest;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeReader;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Compares `_manifest.json` with the ledger: its digest with the one recorded when the batch was published,
/// and its content, read with a reader of its own, with what the ledger says. It ignores unknown keys.
final class ManifestCheck {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final History history;
    private final int destination;
    private final @Nullable FileNames names;
    private final Check check;

    /// @param destination the position in the job of the destination that has the manifest, from 0
    /// @param names of the files that the manifest lists, or null if it lists none
    ManifestCheck(History history, int destination, @Nullable FileNames names, Check check) {
        this.history = history;
        this.destination = destination;
        this.names = names;
        this.check = check;
    }

    /// Where the manifest is read from.
    @FunctionalInterface
    interface Content {
        InputStream open() throws IOException;
    }

    /// @param sha256 of the manifest, as recorded
    void run(Content manifest, String sha256) {
        try {
            try (InputStream in = manifest.open()) {
                String found = Digests.sha256(in);
                if (!found.equals(sha256)) {
                    check.problem("_manifest.json was changed: its SHA-256 is %s, the ledger says %s", found, sha256);
                }
            }
            read(manifest);
        } catch (NoSuchFileException e) {
            check.problem("_manifest.json is missing");
        } catch (IOException e) {
            check.problem("_manifest.json can't be read: %s", e.getMessage());
        }
        check.proved("_manifest.json is the one recorded at publication, and says what the ledger says");
    }

    private void read(Content manifest) throws IOException {
        ObjectNode head = JSON.createObjectNode();
        try (JsonParser json = JSON.createParser(manifest.open())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("it is not a JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                switch (key) {
                    case "parts", "quarantine" -> files(json, key);
                    default -> head.set(key, JSON.readTree(json));
                }
                if (key.equals("parts") || key.equals("quarantine")) {
                    head.put(key, true);
                }
            }
        }
        head(head);
    }

    /// The files listed under a key: those of predictions, or those of quarantined rows.
    private Iterator<FileNames.Committed> expected(String key) {
        FileNames listed = names;
        return listed == null
                ? Collections.emptyIterator()
                : history.commits().stream()
                        .flatMap(commit -> listed.of(history.state().batch(), commit.at(destination)))
                        .filter(file -> key.equals("parts") == file.holdsPredictions())
                        .iterator();
    }

    private void files(JsonParser json, String key) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new IOException(key + " is not a list");
        }
        Iterator<FileNames.Committed> files = expected(key);
        while (json.nextToken() != JsonToken.END_ARRAY) {
            JsonNode found = JSON.readTree(json);
            if (!files.hasNext()) {
                check.problem("_manifest.json lists %s, which the ledger doesn't have", text(found.get("file")));
                continue;
            }
            FileNames.Committed file = files.next();
            String where = key + "." + file.name();
            compare(where + ".file", file.name(), found.get("file"));
            compare(where + ".rows", file.file().rows(), found.get("rows"));
            compare(where + ".bytes", file.file().bytes(), found.get("bytes"));
            compare(where + ".sha256", file.file().sha256(), found.get("sha256"));
        }
        files.forEachRemaining(file -> check.problem("_manifest.json doesn't list %s", file.name()));
    }

    private void head(JsonNode found) {
        BatchState state = history.state();
        Submitted submitted = state.submission();
        if (names != null) {
            for (String key : List.of("parts", "quarantine")) {
                compare(key, true, found.get(key));
            }
        }
        compare("batch", state.batch(), found.get("batch"));
        compare("job", submitted.job().name(), found.get("job"));
        for (Parameter parameter : submitted.job().parameters()) {
            compare(
                    "parameters." + parameter.name(),
                    parameter.value(),
                    found.path("parameters").get(parameter.name()));
        }
        compare("submitted_at", submitted.at(), found.get("submitted_at"));
        model("model", state.model(), found.path("model"));
        if (state.canary() != null) {
            rollout(state.canary().status(), found.path("rollout"));
        }
        Shadow shadow = ShadowState.report(state);
        if (shadow != null) {
            shadow(shadow, found.path("shadow"));
        }
        compare("rows.input", state.pinned().partitions().rows(), found.at("/rows/input"));
        compare("rows.read", state.totals().read(), found.at("/rows/read"));
        compare("rows.predictions", state.totals().predictions(), found.at("/rows/predictions"));
        compare("rows.quarantined", state.totals().quarantined(), found.at("/rows/quarantined"));
        compare(
                "unseen_categories",
                JSON.valueToTree(state.totals().unseenCategories()).toString(),
                JSON.getNodeFactory().textNode(found.path("unseen_categories").toString()));
        BatchEvent.Checked checked = state.checked();
        if (checked != null) {
            checks(checked.results(), found.at("/checks"));
        }
        BatchEvent.Approved approved = state.approved();
        if (approved != null) {
            compare("approval.at", approved.at(), found.at("/approval/at"));
            compare("approval.reason", approved.reason(), found.at("/approval/reason"));
        }
        inputs(state.pinned().files(), found.at("/inputs"));
        if (submitted.reuse() != null) {
            compare("reused_from", submitted.reuse().batch(), found.get("reused_from"));
            reusedModels(found.path("reused_models"));
        }
        supplements(state.supplements(), found.at("/supplements"));
        long entries = found.at("/ledger/entries").asLong();
        String head = history.headAt(entries);
        if (head == null) {
            check.problem(
                    "_manifest.json was written at entry %,d of the ledger, which is not between the last commit and the publication after it",
                    entries);
        } else {
            compare("ledger.head", head, found.at("/ledger/head"));
        }
    }

    private void checks(List<CheckResult> results, JsonNode found) {
        compare("checks (their number)", results.size(), JSON.getNodeFactory().numberNode(found.size()));
        for (int i = 0; i < Math.min(results.size(), found.size()); i++) {
            CheckResult result = results.get(i);
            String where = "checks.%s".formatted(result.check().name());
            compare(where + ".name", result.check().name(), found.get(i).get("name"));
            compare(where + ".value", result.value(), found.get(i).get("value"));
            if (result.baseline() != null) {
                compare(where + ".baseline", result.baseline(), found.get(i).get("baseline"));
            }
            compare(where + ".passed", result.passed(), found.get(i).get("passed"));
            compare(
                    where + ".on_fail",
                    result.check().onFail().text(),
                    found.get(i).get("on_fail"));
        }
    }

    private void model(String key, ModelVersion model, JsonNode found) {
        compare(key + ".name", model.name(), found.get("name"));
        compare(key + ".version", model.version(), found.get("version"));
        compare(key + ".sha256", model.sha256(), found.get("sha256"));
    }

    private void rollout(Canary canary, JsonNode found) {
        compare("rollout.state", canary.state(), found.get("state"));
        model("rollout.candidate", canary.candidate(), found.path("candidate"));
        model("rollout.champion", canary.champion(), found.path("champion"));
        compare("rollout.partitions", canary.partitions(), found.get("partitions"));
        compare("rollout.rows", canary.rows(), found.get("rows"));
        JsonNode guards = found.path("guards");
        compare(
                "rollout.guards (their number)",
                canary.results().size(),
                JSON.getNodeFactory().numberNode(guards.size()));
        for (int i = 0; i < Math.min(canary.results().size(), guards.size()); i++) {
            GuardResult result = canary.results().get(i);
            String where = "rollout.guards." + result.guard().measure().text();
            compare(
                    where + ".name",
                    result.guard().measure().text(),
                    guards.get(i).get("name"));
            compare(where + ".value", result.value(), guards.get(i).get("value"));
            compare(where + ".passed", result.passed(), guards.get(i).get("passed"));
        }
    }

    private void shadow(Shadow shadow, JsonNode found) {
        compare("shadow.state", shadow.state(), found.get("state"));
        model("shadow.candidate", shadow.candidate(), found.path("candidate"));
        compare("shadow.chosen", shadow.chosen(), found.get("chosen"));
        compare("shadow.partitions", shadow.partitions(), found.get("partitions"));
        compare("shadow.rows", shadow.rows(), found.get("rows"));
        if (shadow.compared() != null) {
            compare("shadow.psi", shadow.psi(), found.get("psi"));
        }
        compare(
                "shadow.largest (their number)",
                shadow.largest().size(),
                JSON.getNodeFactory().numberNode(found.path("largest").size()));
    }

    /// A part that was rescored after its reuse does not count.
    private void reusedModels(JsonNode found) {
        Map<String, Integer> parts = Manifest.reusedModels(history.planned());
        compare(
                "reused_models (their number)",
                parts.size(),
                JSON.getNodeFactory().numberNode(found.size()));
        Iterator<JsonNode> models = found.elements();
        parts.forEach((model, number) -> {
            if (models.hasNext()) {
                JsonNode next = models.next();
                compare("reused_models.sha256", model, next.get("sha256"));
                compare("reused_models.parts", number, next.get("parts"));
            }
        });
    }

    private void supplements(List<Supplement> supplements, JsonNode found) {
        compare(
                "supplements (their number)",
                supplements.size(),
                JSON.getNodeFactory().numberNode(found.size()));
        for (int i = 0; i < Math.min(supplements.size(), found.size()); i++) {
            Supplement supplement = supplements.get(i);
            String where = "supplements[%d]".formatted(i);
            compare(where + ".number", supplement.number(), found.get(i).get("number"));
            compare(
                    where + ".partition",
                    supplement.commit().partition(),
                    found.get(i).get("partition"));
            compare(
                    where + ".predictions",
                    supplement.commit().predictions(),
                    found.get(i).get("predictions"));
            compare(
                    where + ".quarantined",
                    supplement.commit().quarantined(),
                    found.get(i).get("quarantined"));
            inputs(supplement.input(), found.get(i).path("inputs"));
        }
    }

    private void inputs(List<SourceFile> files, JsonNode found) {
        compare("inputs (their number)", files.size(), JSON.getNodeFactory().numberNode(found.size()));
        for (int i = 0; i < Math.min(files.size(), found.size()); i++) {
            SourceFile file = files.get(i);
            String where = "inputs[%d]".formatted(i);
            compare(where + ".path", file.path(), found.get(i).get("path"));
            compare(where + ".bytes", file.bytes(), found.get(i).get("bytes"));
            compare(where + ".modified", file.modified(), found.get(i).get("modified"));
            compare(where + ".rows", file.rows(), found.get(i).get("rows"));
            compare(where + ".tag", file.tag(), found.get(i).get("tag"));
            if (file.lookup() != null) {
                compare(where + ".lookup", file.lookup(), found.get(i).get("lookup"));
            }
            String snapshot = LakeReader.snapshot(file);
            if (snapshot != null) {
                compare(where + ".snapshot", snapshot, found.get(i).get("snapshot"));
                compare(
                        where + ".table",
                        String.valueOf(LakeReader.table(
                                history.state().submission().job().source(), file)),
                        found.get(i).get("table"));
                compare(
                        where + ".schema_id",
                        Objects.requireNonNull(LakeReader.pin(file)).schema(),
                        found.get(i).get("schema_id"));
            }
        }
    }

    private void compare(String key, Object expected, @Nullable JsonNode found) {
        if (!Objects.toString(expected).equals(text(found))) {
            check.problem("_manifest.json: %s is %s, the ledger says %s", key, text(found), expected);
        }
    }

    private static String text(@Nullable JsonNode node) {
        return node == null || node.isMissingNode() ? "missing" : node.asText();
    }
}
