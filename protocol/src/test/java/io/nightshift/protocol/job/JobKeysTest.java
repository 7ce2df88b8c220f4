package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.nightshift.protocol.job.ValueType.Section;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Holds the schema and the reference page to the description of the keys. `-Dnightshift.regenerate=true`
/// writes them anew.
class JobKeysTest {

    private static final Path SCHEMA =
            Path.of("src/main/resources/io/nightshift/protocol/job").resolve(JobFile.SCHEMA);
    private static final Path PAGE = Path.of("../docs/reference/job-file.md");
    private static final String BEGIN = "<!-- keys: written by JobKeysTest -->\n";
    private static final String END = "<!-- end of keys -->\n";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String FRAME = "{job: a, model: m, source: {parquet: p}, destination: {parquet: d}, ";

    @Test
    void theSchemaIsWhatTheDescriptionSays() throws IOException {
        hold(SCHEMA, schema() + "\n");
    }

    @Test
    void thePageListsTheKeysAsTheDescriptionDoes() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        hold(PAGE, page.substring(0, begin) + "\n" + table() + "\n" + page.substring(end));
    }

    @Test
    void theSchemaIsShippedWithTheParser() throws IOException {
        try (var shipped = Objects.requireNonNull(JobFile.class.getResourceAsStream(JobFile.SCHEMA))) {
            assertThat(JSON.readTree(shipped)).isEqualTo(JSON.readTree(schema()));
        }
    }

    @Test
    void theExampleOfThePageIsAJob() throws IOException {
        String page = Files.readString(PAGE);
        String yaml = page.substring(page.indexOf("```yaml\n") + 8);
        String example = yaml.substring(0, yaml.indexOf("```"));
        assertThat(JobFile.parse(example, Path.of("job.yaml"), List.of()).name())
                .isEqualTo("flight-delays");
        assertThat(errors(example)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theExampleOfEveryKeyIsRight(String yaml) {
        assertThat(isJob(yaml)).as(yaml).isTrue();
        assertThat(errors(yaml)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "partitions: {rows: 1}",
                "partitions: {rows: 1000000000}",
                "partitions: {rows: 1e6}",
                "partitions: {}",
                "partitions: {by: id, count: 2}",
                "partitions: {by: id, ranges: [1, 2.5, b], rows: 10}",
                "partitions: {by: hour(t), every: 1mo, time-zone: Asia/Kolkata, column: month, folder: m}",
                "errors: {max-rate: 0, max-rows: 0}",
                "errors: {max-rate: 1}",
                "errors: {max-rate: 100%}",
                "errors: {max-rate: 99.999%, max-rows: 9223372036854775807}",
                "errors: {on-failed-partition: fail}",
                "retry: {attempts: 1, storage: 0s, database: 999999d}",
                "checks: {}",
                "checks: {rows: {min: 1e6, max: 2000000}, on-fail: hold}",
                "checks: {nulls: {a: 0, b: 1%, 'c d': {max: 0.5, on-fail: warn}}}",
                "checks: {range: {a: [0, 0], b: [-1.5, 1e3], c: {max: 1}, d: {min: 0, max: 2, max-rate: 1%}}}",
                "output: {columns: []}",
                "output: {labels: {0: no, true: 'yes', 'late': 'not punctual'}}",
                "output: {top-classes: 1000}",
                "output: {decisions: {a: 0, b: -1.5e3, c: {threshold: 1}}}",
                "output: {decisions: {a: {threshold: 0.5, class: 1, by: carrier, thresholds: {AA: 0.4, 7: 1}}}}",
                "output: {constants: {a: '', b: 7, c: -0.5, d: false, e: {date: '2026-11-25'}, f: {integer: '7'}}}",
                "output: {columns: [a], rename: {prediction: delayed, a: b, probability_12: p}}",
                "incremental: {files: new, full: true}",
                "time-zone: Europe/Berlin",
                "schedule: {cron: '@daily'}",
                "schedule: {cron: '0 0 2 * * MON-FRI', parameters: {day: '{scheduled:date - 1 day}', n: 1}, jitter: 0s}",
                "trigger: {when: {marker: _READY}, every: 1s}",
                "window: {from: '22:00', to: '06:00', outside: finish}",
                "deadline: '23:59'",
                "priority: 0",
                "limits: {threads: 4}",
                "limits: {threads: 50%}",
                "rollout: {candidate: m@2, guards: {latency: 2}, on-pass: promote, share: 0.001}",
                "rollout: {candidate: m@blue, mode: canary, guards: {quarantined: 0, agreement: 100%}, on-fail: fail}",
                "rollout: {candidate: m@blue, mode: shadow}",
                "rollout: {candidate: m@blue, mode: shadow, sample: 10%, differences: 0}",
                "alerts: []",
                "alerts: [{on: failed, to: ops}, {on: [stalled, deadline-missed], to: a-b}]",
                "output: {columns: ['ünïcode name', probability-of-rain, predictions]}",
                "features: ['hour(date)']",
                "categories: {}",
                "categories: {plan: [basic, 1, true, ' '], 'upper(plan)': [a]}",
            })
    void theSchemaAcceptsWhatTheParserAccepts(String keys) {
        assertThat(isJob(FRAME + keys + "}")).isTrue();
        assertThat(errors(FRAME + keys + "}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "partitions: {rows: 0}",
                "partitions: {rows: 1000000001}",
                "partitions: {rows: 1.5}",
                "partitions: {rows: '1'}",
                "partitions: {rows: 1_000}",
                "partitions: {row: 1}",
                "partitions: {count: 2}",
                "partitions: {by: id, count: 1}",
                "partitions: {by: id, ranges: []}",
                "partitions: {by: id, ranges: [1, 1]}",
                "partitions: {by: id, every: 2d}",
                "partitions: {by: id, count: 2, time-zone: UTC}",
                "partitions: {by: id, count: 2, folder: a-b}",
                "partitions: {by: id, count: 2, column: prediction}",
                "partitions: 1",
                "partitions: null",
                "errors: {max-rate: -0.1}",
                "errors: {max-rate: 1.1}",
                "errors: {max-rate: 101%}",
                "errors: {max-rate: 1 %}",
                "errors: {max-rows: -1}",
                "errors: {max-rows: 9223372036854775808}",
                "errors: {on-failed-partition: ignore}",
                "errors: {on-failed-partition: true}",
                "errors: {on-failed-partition: [fail]}",
                "retry: {attempts: 0}",
                "incremental: {}",
                "incremental: {column: a}",
                "incremental: {files: old}",
                "incremental: {files: new, time-zone: UTC}",
                "incremental: {files: new, column: a, lateness: 1h}",
                "time-zone: 'Mars Olympus'",
                "schedule: {}",
                "schedule: {cron: daily}",
                "schedule: {cron: '@daily', catch-up: some}",
                "schedule: {cron: '@daily', parameters: {day: [1]}}",
                "schedule: {cron: '@daily', start: tomorrow}",
                "trigger: {every: 1m}",
                "trigger: {when: {}}",
                "trigger: {when: {rows: 1, files: 1}}",
                "trigger: {when: {rows: 0}}",
                "window: {from: '22:00'}",
                "window: {from: '24:00', to: '06:00'}",
                "window: {from: '22:00', to: '6:00'}",
                "deadline: '6'",
                "priority: 11",
                "limits: {}",
                "limits: {threads: 0}",
                "limits: {threads: 0%}",
                "limits: {threads: '4'}",
                "limits: {threads: 1000001}",
                "rollout: {candidate: m@2, mode: shadow, differences: 11}",
                "rollout: {guards: {latency: 2}}",
                "rollout: {candidate: m@2, guards: {speed: 2}}",
                "rollout: {candidate: m@2, guards: {latency: 2}, mode: blue}",
                "rollout: {candidate: m@2, guards: {latency: 2}, share: 2}",
                "alerts: {on: failed, to: ops}",
                "alerts: [{on: failed}]",
                "alerts: [{on: [], to: ops}]",
                "alerts: [{on: fire, to: ops}]",
                "alerts: [{on: failed, to: ops, by: me}]",
                "retry: {storage: 15}",
                "retry: {storage: -1s}",
                "retry: {database: 15 minutes}",
                "checks: [a]",
                "checks: {on-fail: stop}",
                "checks: {rows: 1}",
                "checks: {rows: {min: -1}}",
                "checks: {nulls: [a]}",
                "checks: {nulls: {a: 2}}",
                "checks: {nulls: {a: {on-fail: warn}}}",
                "checks: {nulls: {'': 1}}",
                "checks: {range: {a: 1}}",
                "checks: {range: {a: [1]}}",
                "checks: {range: {a: [1, 2, 3]}}",
                "checks: {range: {a: [low, high]}}",
                "checks: {range: {a: {max-rate: 1%}}}",
                "checks: {range: {a: {min: 0, on-fail: ignore}}}",
                "output: {columns: a}",
                "output: {labels: [a]}",
                "output: {labels: {}}",
                "output: {labels: {0: 1}}",
                "output: {top-classes: 0}",
                "output: {top-classes: all}",
                "output: {decisions: [a]}",
                "output: {decisions: {a: high}}",
                "output: {decisions: {prediction: 0.5}}",
                "output: {decisions: {a: {class: b}}}",
                "output: {decisions: {a: {threshold: 0.5, by: b}}}",
                "output: {decisions: {a: {threshold: 0.5, thresholds: {b: 1}}}}",
                "output: {decisions: {a: {threshold: 0.5, by: b, thresholds: {}}}}",
                "output: {decisions: {a: {threshold: 0.5, by: b, thresholds: {c: null}}}}",
                "output: {constants: {a: [1]}}",
                "output: {constants: {a: null}}",
                "output: {constants: {a: {}}}",
                "output: {constants: {a: {day: 1}}}",
                "output: {constants: {record_id: 1}}",
                "output: {rename: {prediction: batch_id}}",
                "output: {rename: {prediction: 1}}",
                "output: {rename: [a]}",
                "output: {columns: [prediction]}",
                "output: {columns: [probability_late]}",
                "output: {columns: [a, a]}",
                "output: {columns: [' ']}",
                "output: {columns: [1]}",
                "output: {columns: [\"a\\tb\"]}",
                "features: []",
                "features: a",
                "features: [null]",
                "features: [a, a]",
                "categories: [a]",
                "categories: {plan: []}",
                "categories: {plan: a}",
                "categories: {plan: [a, a]}",
                "categories: {plan: [null]}",
                "categories: {plan: ['']}",
                "categories: {'': [a]}",
                "id: a",
            })
    void theSchemaRefusesWhatTheParserRefuses(String keys) {
        assertThat(isJob(FRAME + keys + "}")).isFalse();
        assertThat(errors(FRAME + keys + "}")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[{parquet: c, on: a, columns: b}]",
                "[{csv: {files: c, delimiter: ';'}, on: [a, b], columns: {x: y}, type: left}]",
                "[{postgres: {data-source: s, table: t}, on: {a: b}, type: inner}]",
            })
    void theSchemaAcceptsLookups(String lookups) {
        String yaml =
                "{job: a, model: m, source: {parquet: p, join: %s}, destination: {parquet: d}}".formatted(lookups);
        assertThat(isJob(yaml)).isTrue();
        assertThat(errors(yaml)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{parquet: a}, {csv: b}]",
                "[{parquet: {folder: a, codec: snappy}}, {postgres: {data-source: d, table: t}}, {redis: {data-source: c, name: n}}]",
            })
    void theSchemaAcceptsSeveralDestinations(String destinations) {
        String yaml = "{job: a, model: m, source: {parquet: p}, destination: {several: %s, retention: {keep: 2}}}"
                .formatted(destinations);
        assertThat(isJob(yaml)).isTrue();
        assertThat(errors(yaml)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{job: a, model: m, source: {parquet: p}, destination: {several: [{parquet: a}]}}",
                "{job: a, model: m, source: {parquet: p}, destination: {several: {parquet: a}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {several: [{parquet: a}, {}]}}",
                "{job: a, model: m, source: {parquet: p}, destination: {several: [{parquet: a}, {csv: b, schema: new}]}}",
                "{job: a, model: m, source: {parquet: p}, destination: {several: [{parquet: a}, {csv: b}], csv: c}}",
                "{}",
                "{job: A, model: m, source: {parquet: p}, destination: {parquet: d}}",
                "{job: 1, model: m, source: {parquet: p}, destination: {parquet: d}}",
                "{job: a, model: m@0, source: {parquet: p}, destination: {parquet: d}}",
                "{job: a, model: s3://m, source: {parquet: p}, destination: {parquet: d}}",
                "{job: a, model: m, source: p, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: []}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: [p, p]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: 'jdbc:x'}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: http://d}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: ~/d}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: [d]}}",
                "{job: a, model: m, source: {parquet: p}, destination: {}}",
                "{job: a, model: m, source: {parquet: p}, destination: {schema: new}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: d, schema: old}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {codec: zstd}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {folder: d, codec: zip}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {folder: d, level: 23}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {folder: d, row-group-rows: 1}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {folder: d, order-by: [a, a]}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: {folder: d, bloom-filters: {a: 1}}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {parquet: d, postgres: {data-source: s, table: t}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {table: t}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: 'jdbc:postgresql:x', table: t}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: a.b.c}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: '\"T\"'}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: t, indexes: [a]}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: t, indexes: [[]]}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: t, indexes: [[a, a]]}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: t, indexes: [[a], [a]]}}}",
                "{job: a, model: m, source: {parquet: p}, destination: {postgres: {data-source: s, table: t, url: x}}}",
                "{job: a, model: m, source: {parquet: p, unique-id: true}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, id: a, unique-id: 'true'}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, unseen-categories: ignore}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, unseen-categories: true}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, on-empty: ignore}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, on-empty: true}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, select: [a]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, select: {'': a}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, select: {a: ''}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, select: {a: null}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, csv: p}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: []}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {delimiter: ';'}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, delimiter: ab}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, encoding: utf8}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, nulls: NA}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, date-format: yyyy}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, columns: {a: NUMBER}}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {csv: {files: p, columns: {a: 'INTEGER[]'}}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {ndjson: {files: p, columns: [a]}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {ndjson: {files: p, header: true}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: {parquet: c, on: a, columns: b}}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{on: a, columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, on: [], columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, on: {}, columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, on: {a: 1}, columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, on: a, columns: b, type: outer}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, csv: c, on: a, columns: b}]}, destination: {parquet: d}}",
                "{job: a, model: m, source: {parquet: p, join: [{parquet: c, on: a, columns: b, where: c}]}, destination: {parquet: d}}",
            })
    void aFrameThatTheParserRefusesTheSchemaRefuses(String yaml) {
        assertThat(isJob(yaml)).isFalse();
        assertThat(errors(yaml)).isNotEmpty();
    }

    static List<String> examples() {
        List<String> jobs = new ArrayList<>();
        for (JobKey key : JobKeys.ROOT.keys()) {
            if (!(key.type() instanceof Section section)) {
                jobs.add(jobWith("", key));
                continue;
            }
            for (JobKey inner : section.keys()) {
                Section innermost = ValueType.sectionOf(inner.type());
                if (innermost != null) {
                    jobs.addAll(jobsWith(JobKey.path(key.name(), inner.name()), innermost));
                } else {
                    jobs.add(jobWith(key.name(), inner));
                }
            }
        }
        return jobs;
    }

    @Test
    void everyCaseOfASourceAndADestinationIsInTheListOfKinds() {
        assertThat(Input.cases().values()).containsExactlyInAnyOrder(cases(Input.class));
        assertThat(Destination.kinds().values()).containsExactlyInAnyOrder(cases(Destination.class));
    }

    @SuppressWarnings("unchecked")
    private static <T> Class<? extends T>[] cases(Class<T> sealed) {
        return (Class<? extends T>[]) sealed.getPermittedSubclasses();
    }

    /// One with the keys that a section must have, for each key one with that too.
    private static List<String> jobsWith(String path, Section section) {
        List<String> jobs = new ArrayList<>();
        for (JobKey key : section.keys()) {
            Map<String, String> examples = new TreeMap<>(Map.of(key.name(), key.example()));
            section.keys().stream().filter(JobKey::required).forEach(one -> examples.put(one.name(), one.example()));
            if (!section.kinds().isEmpty() && section.kinds().stream().noneMatch(examples::containsKey)) {
                JobKey kind = Objects.requireNonNull(section.key(section.kinds().getFirst()));
                examples.put(kind.name(), kind.example());
            }
            String keys = examples.entrySet().stream()
                    .map(entry -> entry.getKey() + ": " + entry.getValue())
                    .collect(Collectors.joining(", ", "{", "}"));
            String[] steps = path.split("\\.", 2);
            String frame = switch (steps[0]) {
                case "destination" -> "{job: a, model: m, source: {parquet: p}, ";
                case "source" -> "{job: a, model: m, destination: {parquet: d}, ";
                case "rollout" -> "{job: a, model: m, source: {parquet: p}, destination: {parquet: d}, ";
                default -> FRAME;
            };
            boolean isKind = Destination.kinds().containsKey(steps[1]) || !steps[0].equals("destination");
            String others = steps[0].equals("rollout") ? ", candidate: m@2" : isKind ? "" : ", parquet: d";
            jobs.add("%s%s: {%s: %s%s}}".formatted(frame, steps[0], steps[1], keys, others));
        }
        return jobs;
    }

    private static String jobWith(String section, JobKey key) {
        String root =
                (key.name().equals("job") ? "" : "job: a\n") + (key.name().equals("model") ? "" : "model: flights\n");
        String neighbour = switch (section) {
            case "partitions" -> besidePartitionKey(key.name());
            case "incremental" -> besideIncremental(key.name());
            case "rollout" -> besideRollout(key.name());
            default -> key.needs() == null ? "" : ", " + key.needs() + ": x";
        };
        String others = "";
        for (String required : List.of("source", "destination")) {
            boolean isKind = Stream.concat(Kinds.INPUTS.stream(), Kinds.DESTINATIONS.stream())
                    .anyMatch(kind -> kind.name().equals(key.name()));
            String parquet = section.equals(required) && !isKind ? ", parquet: p" : "";
            String id = required.equals("source") && key.name().equals("changed") ? ", id: id" : "";
            others += section.equals(required) ? "" : required + ": {parquet: p" + id + "}\n";
            neighbour += parquet;
        }
        Section place = section.isEmpty()
                ? JobKeys.ROOT
                : (Section) Objects.requireNonNull(JobKeys.ROOT.key(section)).type();
        if (!section.isEmpty() && !section.equals("source")) {
            for (JobKey required : place.keys()) {
                if (required.required() && !required.name().equals(key.name())) {
                    neighbour += ", " + required.name() + ": " + required.example();
                }
            }
        }
        String example = key.name() + ": " + key.example();
        return root + others + (section.isEmpty() ? example : section + ": {" + example + neighbour + "}");
    }

    /// A canary has guards, and a shadow has none.
    private static String besideRollout(String key) {
        return key.equals("sample") || key.equals("differences") ? ", mode: shadow" : ", guards: {latency: 2}";
    }

    /// What is new is found in one way.
    private static String besideIncremental(String key) {
        return switch (key) {
            case "column" -> ", lateness: 1h";
            case "lateness" -> ", column: x";
            case "time-zone" -> ", column: x, lateness: 1h";
            case "full" -> ", files: new";
            default -> "";
        };
    }

    /// A partition key is divided in one way.
    private static String besidePartitionKey(String key) {
        return switch (key) {
            case "rows" -> "";
            case "by" -> ", count: 2";
            case "count", "ranges", "every" -> ", by: x";
            default -> ", by: x, every: 1d";
        };
    }

    private static boolean isJob(String yaml) {
        try {
            JobFile.parse(yaml, Path.of("job.yaml"), List.of());
            return true;
        } catch (JobFileException e) {
            assertThat(e).hasMessageNotContaining("not YAML");
            return false;
        }
    }

    private static List<Error> errors(String yaml) {
        try {
            Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(JSON.readTree(SCHEMA.toFile()));
            return schema.validate(json(Objects.requireNonNull(YamlReader.file(yaml, new ArrayList<>()))));
        } catch (IOException | YamlReader.Unreadable e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode json(YamlValue value) {
        return switch (value) {
            case YamlValue.Mapping mapping -> {
                ObjectNode object = JsonNodeFactory.instance.objectNode();
                mapping.entries().forEach(entry -> object.set(entry.key(), json(entry.value())));
                yield object;
            }
            case YamlValue.Sequence sequence -> {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                sequence.items().forEach(item -> array.add(json(item)));
                yield array;
            }
            case YamlValue.Scalar scalar ->
                switch (scalar.kind()) {
                    case TEXT -> TextNode.valueOf(scalar.text());
                    case WHOLE, DECIMAL -> DecimalNode.valueOf(new BigDecimal(scalar.text()));
                    case BOOLEAN -> BooleanNode.valueOf(Boolean.parseBoolean(scalar.text()));
                    case NOTHING -> NullNode.instance;
                };
        };
    }

    private static String schema() throws JsonProcessingException {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(JobSchema.of(JobKeys.ROOT));
    }

    private static String table() {
        StringBuilder table =
                new StringBuilder("| Key | Holds | Default | Meaning | Example |\n|---|---|---|---|---|\n");
        rows(table, "", JobKeys.ROOT);
        return table.toString();
    }

    private static final Pattern STAR_OR_CODE = Pattern.compile("`[^`]*`|\\*");

    private static void rows(StringBuilder table, String path, Section section) {
        for (JobKey key : section.keys()) {
            row(table, path, key);
            Section inner = ValueType.sectionOf(key.type());
            if (key.type() instanceof ValueType.Lookups) {
                // The keys of the kinds are those of the source.
                String items = JobKey.path(path, key.name()) + "[]";
                Lookup.KEYS.keys().stream()
                        .filter(own -> !Lookup.KEYS.kinds().contains(own.name()))
                        .forEach(own -> row(table, items, own));
            } else if (inner != null) {
                rows(table, JobKey.path(path, key.name()), inner);
            }
        }
    }

    private static void row(StringBuilder table, String section, JobKey key) {
        String fallback = key.required() ? "required" : key.fallback() == null ? "" : "`" + key.fallback() + "`";
        String holds = switch (key.type()) {
            case Section ignored -> "a map";
            case ValueType.SectionOr either -> either.only().type().expectation() + ", or a map";
            default -> key.type().expectation();
        };
        String example = key.example().isEmpty() ? "" : "`" + key.example().replace("|", "\\|") + "`";
        table.append(withStars("| `%s` | %s | %s | %s | %s |\n"
                .formatted(JobKey.path(section, key.name()), holds, fallback, key.meaning(), example)));
    }

    /// Markdown in which a star is a star. In a code span it is one already, and a backslash there is text.
    private static String withStars(String markdown) {
        return STAR_OR_CODE
                .matcher(markdown)
                .replaceAll(found -> Matcher.quoteReplacement(found.group().equals("*") ? "\\*" : found.group()));
    }

    private static void hold(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("nightshift.regenerate")) {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, expected);
        }
        assertThat(Files.readString(file))
                .as("%s differs from JobKeys; run this test with -Dnightshift.regenerate=true", file)
                .isEqualTo(expected);
    }
}
