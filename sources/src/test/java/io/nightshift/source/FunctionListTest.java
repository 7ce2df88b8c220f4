package io.nightshift.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.source.FunctionList.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Holds the list of functions to DuckDB's catalogue, and the page to the list. `-Dnightshift.regenerate=true`
/// writes the page anew.
class FunctionListTest {

    private static final Path PAGE = Path.of("../docs/reference/job-file.md");
    private static final String BEGIN = "<!-- functions: written by FunctionListTest -->\n";
    private static final String END = "<!-- end of functions -->\n";

    /// What DuckDB's parser knows as functions, but not the catalogue.
    private static final Set<String> PARSED = Set.of("->");

    @Test
    void eachFunctionOfTheCatalogueIsReviewedAndNoOtherIsListed(@TempDir Path folder) {
        Set<String> catalogue = new TreeSet<>(PARSED);
        try (TestData node = new TestData(folder)) {
            catalogue.addAll(node.rows("""
                SELECT DISTINCT replace(lower(function_name), ' ', '_') FROM duckdb_functions()
                WHERE function_type IN ('scalar', 'macro') AND NOT starts_with(function_name, 'nightshift_')
                """));
        }
        FunctionList list = FunctionList.shipped();
        assertThat(catalogue.stream().filter(name -> list.of(name) == null))
                .as("new functions of DuckDB: review each, and add it to %s", FunctionList.FILE)
                .isEmpty();
        assertThat(list.all().keySet().stream().filter(name -> !catalogue.contains(name)))
                .as("functions that DuckDB no longer has: remove them from %s", FunctionList.FILE)
                .isEmpty();
    }

    @Test
    void eachAggregateFunctionThatListsMayUseExists(@TempDir Path folder) {
        try (TestData node = new TestData(folder)) {
            List<String> aggregates = node.rows(
                    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'");
            assertThat(aggregates).containsAll(FunctionList.shipped().aggregates());
        }
    }

    @Test
    void thePageListsTheFunctions() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        String expected = page.substring(0, begin) + "\n" + functions() + "\n" + page.substring(end);
        if (Boolean.getBoolean("nightshift.regenerate")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(page).as("run with -Dnightshift.regenerate=true").isEqualTo(expected);
    }

    private static String functions() {
        FunctionList list = FunctionList.shipped();
        return "Allowed: " + named(list.allowed()) + ".\n\nAggregate functions that `list_aggregate` may name: "
                + named(List.copyOf(new TreeSet<>(list.aggregates())))
                + ".\n\nRefused, because a nested value ends the process or"
                + " makes a value of the square of its size: "
                + named(list.all().entrySet().stream()
                        .filter(function -> Set.of(Kind.DEEP, Kind.WIDE)
                                .contains(function.getValue().kind()))
                        .map(java.util.Map.Entry::getKey)
                        .toList())
                + ".\n";
    }

    private static String named(List<String> names) {
        return names.stream()
                .filter(name -> Character.isLetter(name.charAt(0)))
                .map(name -> "`" + name + "`")
                .collect(Collectors.joining(", "));
    }
}
