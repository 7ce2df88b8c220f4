package io.nightshift.system.documentation;

import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Block;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Node;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/// A page of the documentation with the code in it.
///
/// A comment `<!-- not run: REASON -->` above a block says that no test can run its commands here. They are
/// parsed all the same.
///
/// @param name the page's path in the checkout
/// @param blocks fenced blocks and code in sentences, in the order of the page
record DocumentationPage(String name, List<CodeBlock> blocks) {

    private static final Pattern NOT_RUN = Pattern.compile("<!-- not run: .{10,} -->\\s*");

    /// Blocks in which a line can be a command.
    private static final List<String> WITH_COMMANDS = List.of("bash", "ini");

    /// Not the line `nightshift {` of a configuration file.
    private static final Pattern CALL = Pattern.compile("(^|[\\s/=])nightshift\\s(?!\\{)");

    /// A synopsis has optional parts, repetitions or alternatives.
    private static final Pattern SYNOPSIS = Pattern.compile("(^|\\s)[\\[(]-|\\.\\.\\.|…|\\w\\|\\w");

    /// @param line the first line of the code in the page, from 1
    /// @param language the first word of the fence; `inline` for code in a sentence
    /// @param isRun false if the page says why its commands cannot be run
    record CodeBlock(int line, String language, String text, boolean isRun) {

        static final String INLINE = "inline";

        boolean isInline() {
            return language.equals(INLINE);
        }

        boolean is(String... languages) {
            return List.of(languages).contains(language);
        }
    }

    /// A call of `nightshift`.
    ///
    /// @param place page and line, for messages
    /// @param text the whole line, with the lines that continue it
    /// @param arguments of `nightshift`
    /// @param isSynopsis whether it shows what a user may write, rather than what to write
    /// @param isInline whether it stands in a sentence
    record Command(
            String place, String text, List<String> arguments, boolean isSynopsis, boolean isInline, boolean isRun) {}

    /// All pages that users read: the README, `docs` and `examples`.
    static List<DocumentationPage> all() throws IOException {
        List<Path> files = new ArrayList<>(List.of(Checkout.path("README.md")));
        for (String folder : List.of("docs", "examples")) {
            try (Stream<Path> walk = Files.walk(Checkout.path(folder))) {
                walk.filter(file -> file.toString().endsWith(".md")).sorted().forEach(files::add);
            }
        }
        List<DocumentationPage> pages = new ArrayList<>();
        for (Path file : files) {
            pages.add(read(Checkout.path("").relativize(file).toString()));
        }
        return pages;
    }

    /// @param name the page's path in the checkout
    static DocumentationPage read(String name) throws IOException {
        return parse(name, Files.readString(Checkout.path(name)));
    }

    static DocumentationPage parse(String name, String markdown) {
        List<CodeBlock> blocks = new ArrayList<>();
        Parser.builder()
                .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
                .build()
                .parse(markdown)
                .accept(new AbstractVisitor() {
                    @Override
                    public void visit(FencedCodeBlock block) {
                        String language = block.getInfo().strip().split("\\s", -1)[0];
                        blocks.add(new CodeBlock(line(block) + 1, language, block.getLiteral(), !isNotRun(block)));
                    }

                    @Override
                    public void visit(Code code) {
                        blocks.add(new CodeBlock(line(code), CodeBlock.INLINE, code.getLiteral(), true));
                    }
                });
        return new DocumentationPage(name, blocks);
    }

    private static boolean isNotRun(Block block) {
        return block.getPrevious() instanceof HtmlBlock comment
                && NOT_RUN.matcher(comment.getLiteral()).matches();
    }

    private static int line(Node node) {
        return node.getSourceSpans().isEmpty()
                ? 1
                : node.getSourceSpans().getFirst().getLineIndex() + 1;
    }

    String place(CodeBlock block) {
        return name + ":" + block.line();
    }

    /// The calls of `nightshift` in blocks and in sentences, in the order of the page.
    List<Command> commands() {
        return blocks.stream().flatMap(block -> commands(block).stream()).toList();
    }

    List<Command> commands(CodeBlock block) {
        if (!block.isInline() && !WITH_COMMANDS.contains(block.language())) {
            return List.of();
        }
        List<Command> commands = new ArrayList<>();
        int number = block.line();
        for (String line : joined(block.text())) {
            String text = line.replaceFirst("^\\s*\\$ ", "").strip();
            // A synopsis is not a line of the shell: its brackets and bars mean something else.
            boolean isSynopsis = SYNOPSIS.matcher(text).find();
            String place = name + ":" + number;
            if (CALL.matcher(text).find()) {
                for (List<String> arguments : isSynopsis ? synopsis(text) : ShellLine.calls(text)) {
                    commands.add(new Command(place, text, arguments, isSynopsis, block.isInline(), block.isRun()));
                }
            }
            number += (int) line.chars().filter(character -> character == '\n').count() + 1;
        }
        return commands;
    }

    private static List<List<String>> synopsis(String text) {
        Matcher program = Pattern.compile("(?:[A-Z_]+=\\S* )*(?:\\S*/)?nightshift(?: +(.*))?", Pattern.DOTALL)
                .matcher(text);
        return program.matches() && program.group(1) != null
                ? List.of(List.of(program.group(1).strip().split("\\s+")))
                : List.of();
    }

    /// The lines of a block. A line that ends in a backslash, or that leaves a synopsis's brackets to the next
    /// line, which is indented, is one with the next.
    private static List<String> joined(String text) {
        List<String> lines = new ArrayList<>();
        for (String line : text.lines().toList()) {
            boolean continues =
                    !lines.isEmpty() && (lines.getLast().endsWith("\\") || line.matches("\\s{8,}[\\[(-].*"));
            if (continues) {
                lines.set(lines.size() - 1, lines.getLast().replaceFirst("\\\\$", "") + "\n" + line);
            } else {
                lines.add(line);
            }
        }
        return lines;
    }
}
