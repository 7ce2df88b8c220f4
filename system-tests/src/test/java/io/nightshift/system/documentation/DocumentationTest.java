package io.nightshift.system.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.cli.Main;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.system.documentation.DocumentationPage.CodeBlock;
import io.nightshift.system.documentation.DocumentationPage.Command;
import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// The commands, job files and configuration files of every page are such that the program accepts them.
/// [DocumentationIT] runs the commands of the pages that need nothing but the example.
final class DocumentationTest {

    /// The languages of code blocks. `bash` holds commands and their output; `txt` output and configuration
    /// files.
    private static final Set<String> LANGUAGES =
            Set.of("bash", "txt", "yaml", "json", "sql", "java", "python", "xml", "ini");

    private static final Pattern TOP_LEVEL_KEY = Pattern.compile("(?m)^([A-Za-z][\\w-]*):");

    /// Keys of the YAML files of other programs: Kubernetes, Prometheus.
    private static final Set<String> OTHER_PROGRAMS = Set.of("apiVersion", "scrape_configs", "groups");

    /// The parts that a job cannot do without, for blocks that show other parts.
    private static final Map<String, String> REQUIRED = Map.of(
            "job", "example",
            "model", "example",
            "source", "{ parquet: example.parquet }",
            "destination", "{ parquet: predictions }");

    private static final Pattern CONFIGURATION = Pattern.compile("(?s)(#[^\n]*\n)*nightshift( \\{|\\.).*");

    private static final CommandLine PROGRAM = Main.commandLine();

    private static List<DocumentationPage> pages;

    @TempDir
    private Path folder;

    @BeforeAll
    static void read() throws IOException {
        pages = DocumentationPage.all();
    }

    @Test
    void everyBlockNamesALanguageThatTheSiteHighlights() {
        List<String> others = pages.stream()
                .flatMap(page -> page.blocks().stream()
                        .filter(block -> !block.isInline() && !LANGUAGES.contains(block.language()))
                        .map(block -> "%s: \"%s\"".formatted(page.place(block), block.language())))
                .toList();

        assertThat(others)
                .as("blocks without one of the languages %s", LANGUAGES)
                .isEmpty();
    }

    /// The documentation site takes its sidebar from the contents, and isn't built without a page in it.
    @Test
    void theContentsListEveryPage() throws IOException {
        Path docs = Checkout.path("docs");
        String contents = Files.readString(docs.resolve("README.md"));
        try (Stream<Path> files = Files.walk(docs)) {
            List<String> missing = files.map(file -> docs.relativize(file).toString())
                    .filter(page -> page.endsWith(".md") && !page.equals("README.md"))
                    .filter(page -> !contents.contains("](" + page + ")"))
                    .toList();

            assertThat(missing).as("pages that docs/README.md does not list").isEmpty();
        }
    }

    @Test
    void theProgramKnowsEveryCommandAndOptionOfThePages() {
        List<Command> commands =
                pages.stream().flatMap(page -> page.commands().stream()).toList();

        assertThat(commands).as("all pages are read").hasSizeGreaterThan(50);
        assertThat(mistakes(commands, DocumentationTest::mistake)).isEmpty();
    }

    @Test
    void theTestsAndFaultsOfTheReliabilityPageExist() throws IOException {
        Set<String> classes = testClasses();
        String faults = Files.readString(Checkout.path("docs/how-to/nemesis.md"));
        List<String> rows = Files.readAllLines(Checkout.path("docs/reliability.md")).stream()
                .dropWhile(line -> !line.startsWith("| fault | what the system does |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();

        assertThat(rows).hasSizeGreaterThan(10).allSatisfy(row -> {
            String[] cells = row.split("\\|", -1);
            assertThat(cells).hasSize(6);
            assertThat(cells[3] + cells[4]).as("a proof").contains("`");
            assertThat(quoted(cells[3])).isSubsetOf(classes);
            assertThat(quoted(cells[4]))
                    .allSatisfy(fault ->
                            assertThat(faults).contains("`" + fault.replaceFirst("^freeze-(15|60)$", "-$1") + "`"));
        });
    }

    @Test
    void theTestsOfTheSecurityPageExist() throws IOException {
        List<String> named = quoted(Files.readString(Checkout.path("docs/security.md"))).stream()
                .filter(name -> name.matches("[A-Z]\\w*(Test|IT)"))
                .toList();

        assertThat(named).hasSizeGreaterThan(20).isSubsetOf(testClasses());
    }

    private static Set<String> testClasses() throws IOException {
        try (Stream<Path> files = Files.walk(Checkout.path("."))) {
            return files.filter(file -> file.toString().contains("/src/test/java/"))
                    .map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
    }

    private static List<String> quoted(String cell) {
        return Pattern.compile("`([^`]+)`")
                .matcher(cell)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void theJobFilesOfThePagesHaveNoMistake() {
        List<String> mistakes = new ArrayList<>();
        int checked = 0;
        for (DocumentationPage page : pages) {
            for (CodeBlock block : page.blocks()) {
                Set<String> keys = topLevelKeys(block);
                if (block.is("yaml", "yml") && keys.stream().noneMatch(OTHER_PROGRAMS::contains)) {
                    mistakes.addAll(mistakes(page.place(block), block.text(), keys));
                    checked++;
                }
            }
        }

        assertThat(checked).isGreaterThan(4);
        assertThat(mistakes).isEmpty();
    }

    @Test
    void theOverridesOfThePagesFitTheExample() throws IOException {
        Path example = Checkout.path("examples/flights/job.yaml");
        byte[] job = Files.readAllBytes(example);
        List<String> mistakes = new ArrayList<>();
        for (DocumentationPage page : pages) {
            for (CodeBlock block : page.blocks()) {
                if (block.isInline() || !block.text().startsWith("--set ")) {
                    continue;
                }
                for (String line : block.text().lines().toList()) {
                    List<String> words = ShellLine.calls("nightshift " + line).getFirst();
                    try {
                        JobFile.parse(job, example, words.subList(1, words.size()));
                    } catch (JobFileException e) {
                        mistakes.add(page.place(block) + ": " + e.getMessage());
                    }
                }
            }
        }

        assertThat(mistakes).isEmpty();
    }

    @Test
    void theConfigurationsOfThePagesHaveNoUnknownKey() throws IOException {
        List<String> mistakes = new ArrayList<>();
        int checked = 0;
        for (DocumentationPage page : pages) {
            for (CodeBlock block : page.blocks()) {
                if (!block.isInline() && CONFIGURATION.matcher(block.text()).matches()) {
                    Path file = Files.writeString(folder.resolve("node.conf"), block.text());
                    unknownKeys(file).forEach(mistake -> mistakes.add(page.place(block) + ": " + mistake));
                    checked++;
                }
            }
        }

        assertThat(checked).isGreaterThan(5);
        assertThat(mistakes).isEmpty();
    }

    @Test
    void aMistakeInAPageIsFound() {
        DocumentationPage page = DocumentationPage.parse("page.md", """
            Run `nightshift batch lst`, or:

            ```bash
            $ FLAG=1 ./nightshift run job.yaml --thread 2 | tee log   # a comment
            nightshift batch show|history BATCH [--hme DIR]
            nightshift plan --set 'a=b c' \\
                job.yaml
            ```

            - in a list
              ```bash
              kubectl exec pod -- nightshift token create --role admin
              ```

            ```yaml
            errors:
              max-rat: 1%
            ```
            """);

        assertThat(mistakes(page.commands(), DocumentationTest::mistake))
                .satisfiesExactly(
                        inline -> assertThat(inline).startsWith("page.md:1: ").contains("lst"),
                        option -> assertThat(option).startsWith("page.md:4: ").contains("--thread"),
                        synopsis ->
                                assertThat(synopsis).startsWith("page.md:5: ").contains("history"),
                        inList -> assertThat(inList).startsWith("page.md:12: ").contains("--name"));
        CodeBlock yaml = page.blocks().getLast();
        assertThat(mistakes(page.place(yaml), yaml.text(), topLevelKeys(yaml)))
                .singleElement()
                .asString()
                .contains("page.md:16", "max-rat");
        assertThatThrownBy(() -> ShellLine.calls("nightshift plan 'job.yaml")).hasMessageContaining("quote");
    }

    private static List<String> mistakes(List<Command> commands, Function<Command, String> check) {
        List<String> mistakes = new ArrayList<>();
        for (Command command : commands) {
            String mistake = check.apply(command);
            if (mistake != null) {
                mistakes.add("%s: %s: %s".formatted(command.place(), command.text(), mistake));
            }
        }
        return mistakes;
    }

    /// Why the program would refuse the command, or null. Of a command in a sentence, which may leave out what
    /// is required, the names are checked.
    private static String mistake(Command command) {
        if (command.isSynopsis() || command.isInline()) {
            return unknownName(command.arguments());
        }
        try {
            PROGRAM.parseArgs(command.arguments().toArray(String[]::new));
            return null;
        } catch (ParameterException e) {
            return e.getMessage();
        }
    }

    private static String unknownName(List<String> arguments) {
        CommandLine command = PROGRAM;
        for (String argument : arguments) {
            List<String> alternatives =
                    List.of(argument.replaceAll("[\\[\\](){}]|\\.\\.\\.|…", "").split("[|/]", -1));
            for (String name : alternatives) {
                String option = name.replaceFirst("=.*", "");
                if (name.startsWith("-") && command.getCommandSpec().findOption(option) == null) {
                    return "there is no option " + option;
                }
                boolean isCommand = name.matches("[a-z][a-z-]*")
                        && !command.getSubcommands().isEmpty();
                if (isCommand && !command.getSubcommands().containsKey(name)) {
                    return "there is no command " + name;
                }
            }
            if (alternatives.size() == 1 && command.getSubcommands().containsKey(alternatives.getFirst())) {
                command = command.getSubcommands().get(alternatives.getFirst());
            }
        }
        return null;
    }

    private static Set<String> topLevelKeys(CodeBlock block) {
        return TOP_LEVEL_KEY
                .matcher(block.text())
                .results()
                .map(key -> key.group(1))
                .collect(Collectors.toSet());
    }

    /// The mistakes of a job file, or of a part of one: what a part leaves out is not a mistake, and
    /// neither are the values of parameters, which the caller gives.
    /// What a part of a job file may leave out.
    private static final Set<String> LEFT_OUT = Set.of("missing", "no kind of source");

    private static List<String> mistakes(String place, String yaml, Set<String> keys) {
        StringBuilder job = new StringBuilder(yaml.endsWith("\n") ? yaml : yaml + "\n");
        boolean isPart = !keys.containsAll(REQUIRED.keySet());
        REQUIRED.forEach((key, value) -> {
            if (!keys.contains(key)) {
                job.append(key).append(": ").append(value).append('\n');
            }
        });
        try {
            JobFile.parse(job.toString(), Path.of("job.yaml"), List.of());
            return List.of();
        } catch (JobFileException e) {
            return e.mistakes().stream()
                    .filter(mistake -> !isPart || !LEFT_OUT.contains(mistake.found()))
                    .filter(mistake -> !mistake.found().equals("no value"))
                    .map(mistake -> "%s: %s".formatted(place, mistake.in("line")))
                    .toList();
        }
    }

    private static List<String> unknownKeys(Path file) {
        try {
            Configuration.load(file, file);
            return List.of();
        } catch (FailureException e) {
            // Files that a page names, such as certificates, are not here.
            return e.getMessage()
                    .lines()
                    .filter(line -> !line.contains("there is no such file"))
                    .toList();
        }
    }
}
